import { describe, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { NVIDIA_DEVICE_ROOT, NVIDIA_RIM_ROOT } from '../../../attestation/nvidia/anchors.ts'
import { type VerifiedDevice, verifyDevice } from '../../../attestation/nvidia/device.ts'
import { closestRims, compareMeasurements } from '../../../attestation/nvidia/measurements.ts'
import { authenticateRim } from '../../../attestation/nvidia/rim-verify.ts'
import { duplicatedDevices, type TopologyRule, topologyFaults } from '../../../attestation/nvidia/topology.ts'
import { type Devices, HAS_VECTORS, REPORTS, readRim, reportsOf, WHERE } from './vectors.ts'

const NOW = new Date('2026-06-01T00:00:00Z')

function verify({ evidence, nonce }: Devices[number], roots = [NVIDIA_DEVICE_ROOT]): VerifiedDevice {
  return verifyDevice(evidence, nonce, roots, NOW)
}

/** [what is compared, what differs] of the one device of a file with these manifests. */
function compare(name: string, rims: readonly string[]) {
  const [device] = reportsOf(name).devices.map((evidence) => verify(evidence))
  if (device === undefined) throw new TypeError(`no device in ${name}`)
  const authentic = rims.map((rim) => authenticateRim(readRim(rim), [NVIDIA_RIM_ROOT]))
  return compareMeasurements(device, closestRims(device, authentic))
}

const good = REPORTS.filter(({ expect: { must_reject } }) => must_reject !== true)
const bad = REPORTS.filter(({ expect: { must_reject } }) => must_reject === true)

describe.skipIf(!HAS_VECTORS)(`reports of real devices${WHERE}`, () => {
  test('are all there', () => {
    expect([good.length, bad.length, good.flatMap(({ devices }) => devices).length]).toEqual([8, 1, 18])
  })

  test.each(good.map((reports) => [reports.name, reports] as const))('%s verifies to NVIDIA’s root', (_, reports) => {
    for (const device of reports.devices.map((evidence) => verify(evidence))) {
      if (reports.expect.driver !== undefined) expect(device.driverVersion).toBe(reports.expect.driver)
      if (reports.expect.vbios !== undefined) expect(device.vbiosVersion).toBe(reports.expect.vbios)
      expect(device.device.pdi).toMatch(/^[0-9A-F]{16}$/)
    }
  })

  test.each(bad.map((reports) => [reports.name, reports] as const))('%s is refused for its signature', (_, reports) => {
    for (const evidence of reports.devices) {
      expect(() => verify(evidence)).toThrow(expect.objectContaining({ code: 'REPORT_SIGNATURE_INVALID' }))
    }
  })

  test.each([
    ['gb100-575-32.json', 'match'],
    ['h100-545-full-match.json', 'absent'],
    ['h100-550-90-07.json', 'match'],
    ['h100-590-12.sdk.json', 'match'],
    ['ls10.sdk.json', 'absent']
  ] as const)('the firmware of %s is a %s', (name, fwid) => {
    expect(reportsOf(name).devices.map((evidence) => verify(evidence).fwid)).toEqual([fwid])
  })

  test('is refused for another nonce, another root, another architecture, another device’s chain', () => {
    const [first, second] = reportsOf('ppcie-8xh100.json').devices
    if (first === undefined || second === undefined) throw new TypeError('two devices wanted')
    const code = (expected: string) => expect.objectContaining({ code: expected })
    expect(() => verify({ ...first, nonce: new Uint8Array(32) })).toThrow(code('NONCE_MISMATCH'))
    expect(() => verify(first, [NVIDIA_RIM_ROOT])).toThrow(code('DEVICE_ROOT_UNTRUSTED'))
    expect(() => verify(first, [])).toThrow(code('DEVICE_ROOT_UNTRUSTED'))
    const other = { ...first, evidence: { ...first.evidence, arch: 'BLACKWELL' as const } }
    expect(() => verify(other)).toThrow(code('DEVICE_CHAIN_INVALID'))
    const swapped = { ...first, evidence: { ...first.evidence, certificate: second.evidence.certificate } }
    expect(() => verify(swapped)).toThrow(code('REPORT_SIGNATURE_INVALID'))
  })
})

describe.skipIf(!HAS_VECTORS)(`measurements of real devices${WHERE}`, () => {
  test('match in 33 of 33, and in 31 of 31', () => {
    const h100 = reportsOf('h100-545-full-match.json')
    expect(compare(h100.name, h100.expect.rims ?? [])).toEqual({ compared: 33, mismatches: [] })
    const ls10 = 'switchVBIOSRim_NV_SWITCH_BIOS_5612_0002_890_9610550001.xml'
    expect(compare('ls10.sdk.json', [ls10])).toEqual({ compared: 31, mismatches: [] })
  })

  test('are listed where they differ', () => {
    const rims = ['Driver_RIM_test_no_gpu.swidtag', '1010_0200_882_96005E0001_PROD.swidtag']
    const { compared, mismatches } = compare('h100-545-full-match.json', rims)
    expect(compared).toBe(33)
    expect(mismatches.map(({ index, source }) => `${index} ${source}`)).toEqual([
      '1 vbios',
      '2 vbios',
      '3 vbios',
      '9 vbios'
    ])
    expect(mismatches.every(({ actual }) => actual?.byteLength === 48)).toBe(true)
  })

  test('are compared with the closest of a version’s manifests, in whatever order these come', () => {
    const both = ['1010_0200_882_96005E0001_PROD.swidtag', '1010_0200_882_96005E0001_test_no_gpu.swidtag']
    for (const vbios of [both, [...both].reverse()]) {
      const rims = ['Driver_RIM_test_no_gpu.swidtag', ...vbios]
      expect(compare('h100-545-full-match.json', rims).mismatches).toEqual([])
    }
  })

  test.each([
    ['no manifest', [], 'RIM_MISSING'],
    ['its driver’s alone', ['Driver_RIM_test_no_gpu.swidtag'], 'RIM_MISSING'],
    ['its VBIOS’s alone', ['1010_0200_882_96005E0001_test_no_gpu.swidtag'], 'RIM_MISSING'],
    [
      'another VBIOS’s',
      ['Driver_RIM_test_no_gpu.swidtag', '1010_0210_886_9600740011_PROD.swidtag'],
      'RIM_VERSION_MISMATCH'
    ],
    [
      'another driver’s',
      ['NV_GPU_DRIVER_GH100_550.144.03.xml', '1010_0200_882_96005E0001_test_no_gpu.swidtag'],
      'RIM_VERSION_MISMATCH'
    ],
    ['a switch’s', ['switchVBIOSRim_NV_SWITCH_BIOS_5612_0002_890_9610550001.xml'], 'RIM_MISSING']
  ])('are not compared with %s', (_, rims, code) => {
    expect(() => compare('h100-545-full-match.json', rims)).toThrow(expect.objectContaining({ code }))
  })
})

describe.skipIf(!HAS_VECTORS)(`the machine of 8 GPUs and 4 switches${WHERE}`, () => {
  const machine = ['ppcie-8xh100.json', 'ppcie-4xls10.json']
    .flatMap((name) => (HAS_VECTORS ? reportsOf(name).devices : []))
    .map((evidence) => verify(evidence))
  const strangers = (HAS_VECTORS ? ['h100-550-90-07.json', 'ls10.sdk.json'] : [])
    .flatMap((name) => reportsOf(name).devices)
    .map((evidence) => verify(evidence))

  test.each(['any', 'whole', 'ppcie'] as const)('passes as %s, in any order', (rule) => {
    expect(topologyFaults(machine, rule)).toEqual([])
    expect(topologyFaults([...machine].reverse(), rule)).toEqual([])
  })

  test.each(machine.map((device, at) => [device.device.pdi, at] as const))('fails without %s', (_, at) => {
    for (const rule of ['whole', 'ppcie'] satisfies TopologyRule[]) {
      expect(topologyFaults(machine.toSpliced(at, 1), rule)).not.toEqual([])
    }
  })

  test.each(machine.map((device, at) => [device.device.pdi, at] as const))('fails with %s doubled', (_, at) => {
    const device = machine[at] as VerifiedDevice
    const doubled = [...machine, device]
    expect(duplicatedDevices(doubled)).toEqual([device])
    expect(topologyFaults(doubled, 'ppcie')).not.toEqual([])
    const inPlace = machine.toSpliced((at + 1) % machine.length, 1, device)
    expect(topologyFaults(inPlace, 'ppcie')).not.toEqual([])
  })

  test.each(machine.map((device, at) => [device.device.pdi, at] as const))('fails with %s replaced', (_, at) => {
    const stranger = strangers.find(({ arch }) => arch === machine[at]?.arch) as VerifiedDevice
    expect(topologyFaults(machine.toSpliced(at, 1, stranger), 'ppcie')).not.toEqual([])
  })

  test('has no device twice, and is not one GPU', () => {
    expect(duplicatedDevices(machine)).toEqual([])
    expect(topologyFaults(machine, 'single')).toEqual(['8 GPUs, 4 switches'])
    expect(new Set(machine.map(({ device }) => encodeHex(device.identity))).size).toBe(12)
  })
})
