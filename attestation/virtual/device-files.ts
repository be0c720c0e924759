import type { GpuMode } from '../appraisal/gpu-mode-event.ts'
import {
  base64,
  constant,
  flag,
  hex,
  integer,
  list,
  nullable,
  object,
  oneOf,
  type Shape,
  text
} from '../appraisal/shape.ts'
import { encodeJcs } from '../jcs.ts'
import { DEVICE_FAULTS, DEVICE_FEATURES, type DeviceFeature, type VirtualDevice } from './device.ts'
import {
  completeDeviceRoot,
  DEVICE_AUTHORITIES,
  type DeviceAuthority,
  deviceAuthorityName,
  type VirtualDeviceRoot
} from './device-root.ts'
import { privateKey, readVirtualFile } from './files.ts'

/** More than the 8 GPUs and 4 switches of the largest machine. */
const MOST_DEVICES = 16

/** The devices of one virtual guest, and what its driver would say of their mode. */
export interface VirtualDevices {
  readonly devices: readonly VirtualDevice[]
  readonly mode: GpuMode
}

const issuer = object({ certificate: base64(4096), key: privateKey })

const rootShape = object({
  ...(Object.fromEntries(DEVICE_AUTHORITIES.map((role) => [role, issuer])) as Record<DeviceAuthority, typeof issuer>),
  kind: constant('bombyx-virtual-device-root'),
  responderKey: privateKey,
  rimSignerKey: privateKey,
  v: constant(1)
})

const device: Shape<VirtualDevice> = object({
  arch: oneOf(['HOPPER', 'BLACKWELL', 'LS10']),
  chain: text('^-----BEGIN CERTIFICATE-----', 16 * 1024),
  changedMeasurements: list(integer(0, 63), 64),
  driverVersion: text('^[0-9.]*$', 32),
  faults: list(oneOf(DEVICE_FAULTS), DEVICE_FAULTS.length),
  feature: oneOf(Object.keys(DEVICE_FEATURES) as DeviceFeature[]),
  firmwareId: hex(48),
  fwid: oneOf(['same', 'absent', 'other']),
  key: privateKey,
  opaque: list(object({ data: nullable(base64(1024)), type: integer(0, 0xffff) }), 64),
  pdi: hex(8),
  peers: list(hex(8), MOST_DEVICES),
  position: integer(0, 0xffff),
  vbiosVersion: text('^[0-9A-F.]*$', 32)
})

const mode: Shape<GpuMode> = object({
  ccFeature: flag,
  devTools: flag,
  multiGpu: oneOf(['none', 'protected-pcie', 'nvle'])
})

const devicesShape = object({
  devices: list(device, MOST_DEVICES),
  kind: constant('bombyx-virtual-devices'),
  mode,
  v: constant(1)
})

/** JSON (RFC 8785) with every private key in it: a secret of whoever runs the virtual hierarchy. */
export function encodeVirtualDeviceRoot(root: VirtualDeviceRoot): Uint8Array {
  return encodeJcs(rootShape.write({ ...root, kind: 'bombyx-virtual-device-root', v: 1 }))
}

/** Reads what `encodeVirtualDeviceRoot` wrote. Throws `JCS_MALFORMED`. */
export function parseVirtualDeviceRoot(bytes: Uint8Array): VirtualDeviceRoot {
  const read = readVirtualFile(rootShape, bytes)
  const issuers = DEVICE_AUTHORITIES.map((role) => [role, { ...read[role], name: deviceAuthorityName(role) }] as const)
  return completeDeviceRoot(Object.fromEntries(issuers), read.rimSignerKey, read.responderKey)
}

/** The mode that goes with devices in order: what their reports say, confidential computing on. */
export function virtualGpuMode(devices: readonly VirtualDevice[]): GpuMode {
  const features = new Set(devices.map(({ feature }) => feature))
  const multiGpu = features.has('protected-pcie') ? 'protected-pcie' : features.has('multiple') ? 'nvle' : 'none'
  return { ccFeature: true, devTools: false, multiGpu }
}

/** JSON (RFC 8785) with the key of each device in it: the file that a virtual host is given beside its platform's. */
export function encodeVirtualDevices(machine: VirtualDevices): Uint8Array {
  return encodeJcs(devicesShape.write({ ...machine, kind: 'bombyx-virtual-devices', v: 1 }))
}

/** Reads what `encodeVirtualDevices` wrote. Throws `JCS_MALFORMED`. */
export function parseVirtualDevices(bytes: Uint8Array): VirtualDevices {
  const { devices, mode } = readVirtualFile(devicesShape, bytes)
  return { devices, mode }
}
