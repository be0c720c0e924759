import { describe, expect, test } from 'vitest'
import { appraiseDevices, explainDevices } from '../../../attestation/appraise-devices.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { NVIDIA_DEVICE_ROOT } from '../../../attestation/nvidia/anchors.ts'
import { assessDevices } from '../../../attestation/nvidia/assess.ts'
import { verifyDevice } from '../../../attestation/nvidia/device.ts'
import { parseDeviceEvidence } from '../../../attestation/nvidia/evidence.ts'
import { rimNames } from '../../../attestation/nvidia/rim-names.ts'
import { PRODUCTION_POLICY } from '../../../attestation/policy.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { HAS_VECTORS, readNvidiaText, WHERE } from './vectors.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const NONCE = new Uint8Array(32).fill(3)
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const rules = {
  ...PRODUCTION_POLICY.devices,
  deviceRoots: [root.deviceRoot.certificate],
  rimRoots: [root.rimRoot.certificate],
  topology: 'single'
} as const

function faultsOf(arch: 'HOPPER' | 'BLACKWELL', driverVersion: string): readonly string[] {
  // Before 550 a report did not name its firmware.
  const fwid = driverVersion < '550' ? 'absent' : 'same'
  const device = createVirtualDevice(root, { arch, driverVersion, fwid }, NOW)
  const { rims, ocsp } = createVirtualDeviceEndorsements(root, [device], {}, NOW)
  const [evidence] = [reportVirtualDevice(device, NONCE)]
  const given = { rims: rims.map(({ xml }) => xml), ocsp: ocsp.map(({ der }) => der), crls: [] }
  const { devices } = assessDevices({ devices: [{ evidence, nonce: NONCE }], ...given }, rules, NOW)
  return devices.flatMap(({ faults }) => faults.map(({ code }) => code))
}

describe('a report under production’s rules, by driver', () => {
  test.each([
    ['535.86.09', ['DRIVER_TOO_OLD']],
    ['545.00', ['DRIVER_TOO_OLD']],
    ['550.54.15', ['DRIVER_TOO_OLD']],
    ['550.90.07', []],
    ['550.144.03', []],
    ['560.35.03', []],
    ['570.172.08', []],
    ['575.57.08', []],
    ['580.95.05', []],
    ['590.12', []],
    ['595.71.05', []]
  ])('of Hopper and %s: %j', (driver, expected) => {
    expect(faultsOf('HOPPER', driver)).toEqual(expected)
  })

  test.each([
    ['570.86.15', ['DRIVER_TOO_OLD']],
    ['570.172.08', []],
    ['575.32', []],
    ['580.95.05', []],
    ['595.71.05', []]
  ])('of Blackwell and %s: %j', (driver, expected) => {
    expect(faultsOf('BLACKWELL', driver)).toEqual(expected)
  })
})

describe.skipIf(!HAS_VECTORS)(`real reports${WHERE}`, () => {
  const read = (name: string) => parseDeviceEvidence(encodeUtf8(readNvidiaText(name)))

  test.each([
    ['h100-545-full-match.json', 'NV_GPU_VBIOS_1010_0200_882_96005E0001', 'NV_GPU_DRIVER_GH100_545.00'],
    ['h100-590-12.sdk.json', 'NV_GPU_VBIOS_G520_0200_885_9600A50001', 'NV_GPU_DRIVER_GH100_590.12'],
    ['gb100-575-32.json', 'NV_GPU_VBIOS_G525_0220_886_970088000F', 'NV_GPU_DRIVER_GB100_575.32'],
    ['ls10.sdk.json', 'NV_SWITCH_BIOS_5612_0002_890_9610550001', undefined]
  ])('of %s are compared with %s and %s', (name, vbios, driver) => {
    const [device] = read(name)
    const { arch, device: authentic, report } = verifyDevice(device!.evidence, device!.nonce, [NVIDIA_DEVICE_ROOT], NOW)
    expect(rimNames(arch, authentic.chip, report.response.opaque)).toEqual({ vbios, driver })
  })

  test('of a whole machine say once what is the same of all', () => {
    const devices = [...read('ppcie-8xh100.json'), ...read('ppcie-4xls10.json')]
    const result = appraiseDevices({ devices, rims: [], ocsp: [], crls: [] }, PRODUCTION_POLICY, NOW)
    const said = explainDevices(result).filter((sentence) => sentence.startsWith('Refused'))
    expect(said).toHaveLength(2)
    for (const sentence of said) {
      expect(sentence.length).toBeLessThan(1_024)
      expect(sentence).toContain('2921CE551E4EEDA3, 9BDFFE09391C64D4')
    }
    expect(said[1]).toContain('NV_SWITCH_BIOS_5612_0002_890_9610730001')
  })
})
