import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DeviceAnchors } from '../../../attestation/nvidia/anchors.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import {
  encodeVirtualDeviceRoot,
  encodeVirtualDevices,
  parseVirtualDeviceRoot,
  parseVirtualDevices,
  virtualGpuMode
} from '../../../attestation/virtual/device-files.ts'
import {
  createVirtualDeviceRoot,
  generateVirtualDeviceRootKeys,
  type VirtualDeviceRoot
} from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { openFile, writeWhole } from '../../runtime/stored-files.ts'

/** What a machine of the demonstration has: one GPU, or 8 and 4 switches with protected PCIe. */
export type MachineDevices = 'HOPPER' | 'BLACKWELL' | 'protected-pcie'

export interface NamedMachine {
  /** Of its file. */
  readonly name: string
  readonly devices: MachineDevices
}

/** What stands in for NVIDIA on this machine. */
export interface VirtualDevicesOnDisk {
  readonly anchors: DeviceAnchors
  /** One a machine, in order. */
  readonly files: readonly string[]
}

const DAY = 24 * 3600

/**
 * Opens the virtual devices of a data folder, making root and devices on first use. What NVIDIA would serve about them is
 * issued anew at every start, into `rims` and `ocsp` of the collateral folder.
 */
export async function openVirtualDevices(
  folder: string,
  collateralFolder: string,
  machines: readonly NamedMachine[],
  now: Date
): Promise<VirtualDevicesOnDisk> {
  if (machines.length === 0) return { anchors: { deviceRoots: [], rimRoots: [] }, files: [] }
  const make = (): Uint8Array => encodeVirtualDeviceRoot(createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), now))
  const root = parseVirtualDeviceRoot(await openFile(join(folder, 'device-root.json'), make))
  const opened = await Promise.all(
    machines.map(async ({ name, devices }) => {
      const file = join(folder, `devices-${name}.json`)
      const stored = await openFile(file, () => encodeMachine(createDevices(root, devices, now)))
      return { file, devices: parseVirtualDevices(stored).devices }
    })
  )
  const devices = opened.flatMap((machine) => machine.devices)
  await writeEndorsements(root, devices, collateralFolder, now)
  return {
    anchors: { deviceRoots: [root.deviceRoot.certificate], rimRoots: [root.rimRoot.certificate] },
    files: opened.map(({ file }) => file)
  }
}

function createDevices(root: VirtualDeviceRoot, machine: MachineDevices, now: Date): readonly VirtualDevice[] {
  return machine === 'protected-pcie'
    ? createVirtualPpcie(root, now)
    : [createVirtualDevice(root, { arch: machine }, now)]
}

function encodeMachine(devices: readonly VirtualDevice[]): Uint8Array {
  return encodeVirtualDevices({ devices, mode: virtualGpuMode(devices) })
}

async function writeEndorsements(
  root: VirtualDeviceRoot,
  devices: readonly VirtualDevice[],
  collateralFolder: string,
  now: Date
): Promise<void> {
  const [rimFolder, ocspFolder] = [join(collateralFolder, 'rims'), join(collateralFolder, 'ocsp')]
  await Promise.all([rimFolder, ocspFolder].map((folder) => mkdir(folder, { recursive: true })))
  // As long as the collateral of platforms: a demonstration has nobody who renews either.
  const options = { ocspValid: { from: -3600, until: 30 * DAY } }
  const { rims, ocsp } = createVirtualDeviceEndorsements(root, devices, options, now)
  await Promise.all([
    ...rims.map(({ id, xml }) => writeWhole(join(rimFolder, `${id}.xml`), xml, 0o644)),
    ...ocsp.map(({ id, der }) => writeWhole(join(ocspFolder, `${id}.der`), der, 0o644))
  ])
}
