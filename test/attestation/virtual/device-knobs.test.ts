import { describe, expect, test } from 'vitest'
import { NVIDIA_DEVICE_ROOT, NVIDIA_RIM_ROOT } from '../../../attestation/nvidia/anchors.ts'
import { allFaults, assessDevices, type DeviceRules } from '../../../attestation/nvidia/assess.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import {
  createVirtualDeviceEndorsements,
  type VirtualEndorsementOptions
} from '../../../attestation/virtual/device-endorsements.ts'
import { VIRTUAL_DEVICE_KNOBS } from '../../../attestation/virtual/device-knobs.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const NONCE = new Uint8Array(32).fill(0x5a)
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const machine = createVirtualPpcie(root, NOW)

const RULES: DeviceRules = {
  deviceRoots: [root.deviceRoot.certificate],
  rimRoots: [root.rimRoot.certificate],
  architectures: [
    { arch: 'HOPPER', minimumDriver: '550', minimumVbios: '96.00.5E.00.01' },
    { arch: 'BLACKWELL', minimumDriver: '570', minimumVbios: '97.00.50.00.01' },
    { arch: 'LS10', minimumDriver: '0', minimumVbios: '96.10.55.00.01' }
  ],
  topology: 'any',
  fwid: 'required-from-driver-550',
  rim: { required: true, acceptExpiredCertificate: false },
  ocsp: { required: true, acceptUnknown: false, acceptCertificateHold: false, graceAfterLastGoodSeconds: 48 * 3600 }
}

function assess(
  devices: readonly VirtualDevice[],
  options: Partial<VirtualEndorsementOptions> = {},
  rules: Partial<DeviceRules> = {}
) {
  const { rims, ocsp } = createVirtualDeviceEndorsements(root, devices, options, NOW)
  const evidence = devices.map((device) => ({ evidence: reportVirtualDevice(device, NONCE), nonce: NONCE }))
  return assessDevices(
    { devices: evidence, rims: rims.map(({ xml }) => xml), ocsp: ocsp.map(({ der }) => der), crls: [] },
    { ...RULES, ...rules },
    NOW
  )
}

function codesOf(assessment: ReturnType<typeof assess>): readonly string[] {
  return [...new Set(allFaults(assessment).map(({ code }) => code))]
}

describe('devices in order pass', () => {
  test.each([
    ['HOPPER', 33],
    ['BLACKWELL', 33],
    ['LS10', 31]
  ] as const)('one %s, of which %s measurements are compared', (arch, compared) => {
    const assessment = assess([createVirtualDevice(root, { arch }, NOW)])
    expect(codesOf(assessment)).toEqual([])
    expect(assessment.devices[0]?.measurements).toEqual({ compared, mismatches: [] })
    expect(assessment.devices[0]?.revocation).toBe('good')
  })

  test('8 GPUs and 4 switches of one machine', () => {
    const assessment = assess(machine, {}, { topology: 'ppcie' })
    expect(codesOf(assessment)).toEqual([])
    expect(assessment.devices.map(({ measurements }) => measurements?.mismatches)).toEqual(Array(12).fill([]))
  })
})

describe('a knob is found, and nothing else', () => {
  const single = Object.entries(VIRTUAL_DEVICE_KNOBS).filter(([, knob]) => !knob.machine && !knob.mode)

  test.each(single)('%s', (_, knob) => {
    const device = createVirtualDevice(root, { arch: 'HOPPER', ...knob.device }, NOW)
    const codes = codesOf(assess([device], knob.endorsements))
    // Where a manifest is refused, none is left.
    expect(codes.filter((code) => code !== 'RIM_MISSING' || code === knob.fault)).toEqual([knob.fault])
  })

  test.each(Object.entries(VIRTUAL_DEVICE_KNOBS).filter(([, knob]) => knob.machine))(
    '%s',
    (_, { machine: change, fault }) => {
      const devices = change?.(machine, createVirtualPpcie(root, NOW)[0] as VirtualDevice) ?? []
      const codes = codesOf(assess(devices, {}, { topology: 'ppcie' }))
      // A device in another's place is also the machine's loss.
      expect(codes.filter((code) => code !== 'TOPOLOGY_INVALID' || code === fault)).toEqual([fault])
    }
  )
})

test('NVIDIA’s roots accept no virtual device, and no virtual manifest', () => {
  const rules = { deviceRoots: [NVIDIA_DEVICE_ROOT], rimRoots: [NVIDIA_RIM_ROOT] }
  const codes = codesOf(assess([createVirtualDevice(root, { arch: 'HOPPER' }, NOW)], {}, rules))
  expect(codes).toEqual(['DEVICE_ROOT_UNTRUSTED', 'RIM_CHAIN_INVALID'])
})
