import { describe, expect, test } from 'vitest'
import { type GpuMode, gpuModeEventPayload } from '../../../attestation/appraisal/gpu-mode-event.ts'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { decodePem } from '../../../attestation/pem.ts'
import {
  createVirtualDevice,
  type VirtualDevice,
  type VirtualDeviceOptions
} from '../../../attestation/virtual/device.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { admitDevices, checkSameMode } from '../../../services/host/device-gate.ts'
import { type DeviceCollector, NO_DEVICES } from '../../../services/host/devices.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const ON: GpuMode = { ccFeature: true, devTools: false, multiGpu: 'none' }
const PROTECTED: GpuMode = { ...ON, multiGpu: 'protected-pcie' }
const machine = createVirtualPpcie(root, NOW)

function collectorOf(devices: readonly VirtualDevice[], mode: GpuMode): DeviceCollector {
  return {
    ...NO_DEVICES,
    deviceRoots: [root.deviceRoot.certificate],
    mode: async () => mode,
    collect: async (nonce) => devices.map((device) => reportVirtualDevice(device, nonce))
  }
}

function gpu(options: Partial<VirtualDeviceOptions> = {}): VirtualDevice {
  return createVirtualDevice(root, { arch: 'HOPPER', ...options }, NOW)
}

function leafDigest({ chain }: VirtualDevice): string {
  return encodeHex(sha256(decodePem(chain)[0] ?? new Uint8Array()))
}

describe('devices that attest to their own agent', () => {
  test('are named by architecture and leaf, and their mode is what is measured', async () => {
    const device = gpu()
    const { gpus, switches, gpuMode } = await admitDevices(collectorOf([device], ON), NOW)
    expect(gpus.map(({ arch, certificateSha256 }) => [arch, encodeHex(certificateSha256)])).toEqual([
      ['HOPPER', leafDigest(device)]
    ])
    expect(switches).toEqual([])
    expect(gpuMode).toEqual(gpuModeEventPayload(ON))
  })

  test('are 8 GPUs and 4 switches where PCIe is protected', async () => {
    const { gpus, switches } = await admitDevices(collectorOf(machine, PROTECTED), NOW)
    expect([...gpus, ...switches].map(({ certificateSha256 }) => encodeHex(certificateSha256))).toEqual(
      machine.map(leafDigest)
    )
    expect([gpus.length, switches.length]).toEqual([8, 4])
  })

  test('are none where the guest has none', async () => {
    expect(await admitDevices(NO_DEVICES, NOW)).toEqual({ gpus: [], switches: [], gpuMode: undefined })
  })
})

describe('no key is made', () => {
  test.each<[string, readonly VirtualDevice[], GpuMode, string]>([
    ['with confidential computing off', [gpu()], { ...ON, ccFeature: false }, 'CC_MODE_OFF'],
    ['in the developer’s mode', [gpu()], { ...ON, devTools: true }, 'CC_MODE_DEVTOOLS'],
    [
      'for a report in a mode that nobody knows',
      [gpu({ opaque: [{ type: 36, data: Uint8Array.of(9, 0) }] })],
      ON,
      'CC_MODE_OFF'
    ],
    ['for a report by another key', [gpu({ faults: ['signed-by-stranger'] })], ON, 'REPORT_SIGNATURE_INVALID'],
    ['for a report that was made before', [gpu({ faults: ['other-nonce'] })], ON, 'NONCE_MISMATCH'],
    ['for another firmware than the certificate’s', [gpu({ fwid: 'other' })], ON, 'FWID_MISMATCH'],
    ['for a device of nobody’s', [gpu({ strangerRoot: true })], ON, 'DEVICE_ROOT_UNTRUSTED'],
    ['for a device that is there twice', [machine[0], machine[0]] as VirtualDevice[], ON, 'DEVICE_DUPLICATED'],
    ['for a machine that lacks a GPU', machine.slice(1), PROTECTED, 'TOPOLOGY_INVALID'],
    ['for a machine that lacks a switch', machine.slice(0, -1), PROTECTED, 'TOPOLOGY_INVALID']
  ])('%s', async (_, devices, mode, code) => {
    await expect(admitDevices(collectorOf(devices, mode), NOW)).rejects.toMatchObject({ code })
  })
})

test('a mode that changed since it was measured is refused', () => {
  const [on, off] = [gpuModeEventPayload(ON), gpuModeEventPayload(PROTECTED)]
  expect(() => checkSameMode(on, gpuModeEventPayload(ON))).not.toThrow()
  expect(() => checkSameMode(undefined, undefined)).not.toThrow()
  for (const [before, after] of [
    [on, off],
    [on, undefined],
    [undefined, on]
  ] as const) {
    expect(() => checkSameMode(before, after)).toThrow(expect.objectContaining({ code: 'DEVICE_REFUSED' }))
  }
})
