import { describe, expect, test } from 'vitest'
import { encodeBase64, encodeHex } from '../../../attestation/encoding.ts'
import { parseDeviceReport } from '../../../attestation/nvidia/report.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { loadNscq, loadNvml } from '../../../services/host/native-library.ts'
import { nvattestProgram, parseNvattestEvidence, type RunNvattest } from '../../../services/host/nvattest.ts'
import { openNvidiaDevices } from '../../../services/host/nvidia-devices.ts'
import { fakeNscq, fakeNvml, type NvidiaDriver } from '../../fakes/nvidia-driver.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const NONCE = new Uint8Array(32).fill(0x5a)
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const hopper = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
const blackwell = createVirtualDevice(root, { arch: 'BLACKWELL' }, NOW)
const machine = createVirtualPpcie(root, NOW)
const ON = { ccFeature: true, devTools: false, multiGpu: 'none' } as const
const PROTECTED = { ccFeature: true, devTools: false, multiGpu: 'protected-pcie' } as const

async function open(driver: NvidiaDriver, nvattest?: RunNvattest) {
  const { nvml, log } = fakeNvml(driver)
  const { nscq, log: nscqLog } = fakeNscq(driver)
  const libraries = { nvml: () => nvml, nscq: () => nscq }
  const collector = await openNvidiaDevices(nvattest === undefined ? libraries : { ...libraries, nvattest })
  return { collector, log, nscqLog }
}

const nonceOf = (evidence: Uint8Array): string => encodeHex(parseDeviceReport(evidence).request.nonce)

describe('NVML', () => {
  test('gives the mode of all GPUs, and a report of each over the nonce with its certificates', async () => {
    const { collector } = await open({ devices: [hopper, blackwell], mode: ON })
    expect(await collector.mode()).toEqual(ON)
    const collected = await collector.collect(NONCE)
    expect(collected.map(({ arch }) => arch)).toEqual(['HOPPER', 'BLACKWELL'])
    expect(collected.map(({ evidence }) => nonceOf(evidence))).toEqual([encodeHex(NONCE), encodeHex(NONCE)])
    expect(collected.map(({ certificate }) => new TextDecoder().decode(certificate))).toEqual([
      hopper.chain,
      blackwell.chain
    ])
  })

  test('of a driver without multi-GPU modes is asked in the older way', async () => {
    const mode = { ccFeature: true, devTools: true, multiGpu: 'none' } as const
    const { collector } = await open({ devices: [hopper], mode, missing: ['systemGetConfComputeSettings'] })
    expect(await collector.mode()).toEqual(mode)
  })

  test('opens the GPUs to CUDA when it is told, and is shut down at the end', async () => {
    const { collector, log } = await open({ devices: [hopper], mode: ON })
    expect(log.ready).toBe(false)
    await collector.setReady(true)
    expect(log.ready).toBe(true)
    await collector[Symbol.asyncDispose]()
    expect(log.calls.at(-1)).toBe('shutdown')
  })

  test.each<[string, Partial<NvidiaDriver>, string]>([
    ['the driver is not loaded', { returns: { init: 9 } }, 'DEVICE_UNAVAILABLE'],
    ['there is no GPU', { devices: [] }, 'DEVICE_UNAVAILABLE'],
    ['nothing may be asked', { returns: { deviceGetHandleByIndex: 4 } }, 'DEVICE_FORBIDDEN'],
    ['a function fails as never before', { returns: { deviceGetCount: 999 } }, 'DEVICE_REFUSED'],
    [
      'the driver knows no confidential computing',
      { missing: ['systemGetConfComputeSettings', 'systemGetConfComputeState'] },
      'DEVICE_LIBRARY_MISSING'
    ]
  ])('refuses to open when %s', async (_, change, code) => {
    await expect(open({ devices: [hopper], mode: ON, ...change })).rejects.toMatchObject({ code })
  })

  test.each<[string, Partial<NvidiaDriver>, string]>([
    ['confidential computing is off', { returns: { deviceGetConfComputeGpuAttestationReport: 3 } }, 'DEVICE_REFUSED'],
    ['a GPU has fallen off the bus', { returns: { deviceGetConfComputeGpuCertificate: 15 } }, 'DEVICE_UNAVAILABLE'],
    ['the function is not there', { missing: ['deviceGetConfComputeGpuAttestationReport'] }, 'DEVICE_LIBRARY_MISSING'],
    ['the driver says that it wrote more than there is room for', { claimedLength: 0x2001 }, 'DEVICE_REFUSED'],
    ['the driver says that it wrote nothing', { claimedLength: 0 }, 'DEVICE_REFUSED']
  ])('refuses to collect when %s', async (_, change, code) => {
    const { collector } = await open({ devices: [hopper], mode: ON, ...change })

    await expect(collector.collect(NONCE)).rejects.toMatchObject({ code })
  })

  test('refuses to open GPUs to CUDA without root', async () => {
    const returns = { systemSetConfComputeGpusReadyState: 4 }
    const { collector } = await open({ devices: [hopper], mode: ON, returns })
    await expect(collector.setReady(true)).rejects.toMatchObject({ code: 'DEVICE_FORBIDDEN' })
  })
})

describe('NSCQ', () => {
  test('gives a report of each switch of a machine with protected PCIe, after the GPUs’', async () => {
    const { collector } = await open({ devices: machine, mode: PROTECTED })
    const collected = await collector.collect(NONCE)
    expect(collected.map(({ arch }) => arch)).toEqual([...Array(8).fill('HOPPER'), ...Array(4).fill('LS10')])
    expect(new Set(collected.map(({ evidence }) => nonceOf(evidence)))).toEqual(new Set([encodeHex(NONCE)]))
    const chains = collected.map(({ certificate }) => new TextDecoder().decode(certificate))
    expect(chains).toEqual(machine.map(({ chain }) => chain))
  })

  test('is not asked where PCIe is not protected', async () => {
    const { collector, nscqLog } = await open({ devices: [hopper], mode: ON })
    await collector.collect(NONCE)
    expect(nscqLog.calls).toEqual([])
  })

  test.each<[string, Partial<NvidiaDriver>, string]>([
    ['library and driver differ', { nscqReturns: { create: -6 } }, 'DEVICE_LIBRARY_MISSING'],
    ['a switch cannot be opened', { nscqReturns: { uuid: -3 } }, 'DEVICE_REFUSED'],
    ['there is no switch', { devices: machine.slice(0, 8) }, 'DEVICE_UNAVAILABLE']
  ])('refuses to open when %s, and ends what it began', async (_, change, code) => {
    await expect(open({ devices: machine, mode: PROTECTED, ...change })).rejects.toMatchObject({ code })
  })

  test.each<[string, Partial<NvidiaDriver>]>([
    ['a switch is not locked', { switchMode: 1 }],
    ['the nonce is not taken', { nscqReturns: { input: -5 } }],
    ['a switch gives no certificate', { nscqReturns: { certificate: -7 } }],
    ['a switch gives no report', { nscqReturns: { attestation_report: -8 } }]
  ])('refuses to collect when %s', async (_, change) => {
    const { collector } = await open({ devices: machine, mode: PROTECTED, ...change })
    await expect(collector.collect(NONCE)).rejects.toMatchObject({ code: 'DEVICE_REFUSED' })
  })

  test('gives warnings no weight', async () => {
    const { collector } = await open({ devices: machine, mode: PROTECTED, nscqReturns: { create: 1 } })
    await expect(collector.collect(NONCE)).resolves.toHaveLength(12)
  })
})

describe('a library that is not installed', () => {
  test.each([
    ['NVML', () => loadNvml('libbombyx-no-such-library.so.1')],
    ['NSCQ', () => loadNscq('libbombyx-no-such-library.so.2')]
  ])('%s', (_, load) => {
    expect(load).toThrow(expect.objectContaining({ code: 'DEVICE_LIBRARY_MISSING' }))
  })
})

describe('nvattest', () => {
  const documentOf = (devices: readonly VirtualDevice[], nonce: Uint8Array): string => {
    const evidences = devices.map((device) => {
      const { arch, evidence, certificate } = reportVirtualDevice(device, nonce)
      return { arch, nonce: encodeHex(nonce), evidence: encodeBase64(evidence), certificate: encodeBase64(certificate) }
    })
    return JSON.stringify({ evidences, result_code: 0, result_message: 'Ok' })
  }

  test('is asked for GPUs, and for switches where PCIe is protected', async () => {
    const asked: string[] = []
    const run: RunNvattest = async (parameters) => {
      asked.push(parameters.join(' '))
      const kind = parameters.includes('gpu') ? 'HOPPER' : 'LS10'
      return documentOf(
        machine.filter(({ arch }) => arch === kind),
        NONCE
      )
    }
    const { collector } = await open({ devices: machine, mode: PROTECTED }, run)
    const collected = await collector.collect(NONCE)
    expect(collected.map(({ evidence }) => nonceOf(evidence))).toEqual(Array(12).fill(encodeHex(NONCE)))
    expect(asked).toEqual([
      `collect-evidence --device gpu --nonce ${'5a'.repeat(32)} --format json`,
      `collect-evidence --device nvswitch --nonce ${'5a'.repeat(32)} --format json`
    ])
  })

  test('may print the list alone, as its files have it, and spell architectures its own way', () => {
    const { evidences } = JSON.parse(documentOf([hopper], NONCE)) as { evidences: { arch: string }[] }
    const [device] = parseNvattestEvidence(JSON.stringify(evidences.map((entry) => ({ ...entry, arch: 'Hopper' }))))
    expect(device?.arch).toBe('HOPPER')
  })

  test.each([
    ['is not JSON', 'nvattest: command failed'],
    ['says that it failed', JSON.stringify({ evidences: [], result_code: 7, result_message: 'NVML' })],
    ['lists nothing', JSON.stringify({ evidences: [], result_code: 0 })],
    ['says nothing of its result', JSON.stringify({ evidences: [{}] })],
    ['lists a device of another kind', documentOf([hopper], NONCE).replace('HOPPER', 'AMPERE')],
    ['lists a device without a report', documentOf([hopper], NONCE).replace('"evidence"', '"report"')],
    ['has a report that is not base64', documentOf([hopper], NONCE).replace(/"evidence":"./, '"evidence":"!')]
  ])('is refused when what it prints %s', (_, text) => {
    expect(() => parseNvattestEvidence(text)).toThrow(expect.objectContaining({ code: 'DEVICE_REFUSED' }))
  })

  test.each([
    ['is not installed', '/nowhere/nvattest', 'DEVICE_LIBRARY_MISSING'],
    ['ends with an error', process.execPath, 'DEVICE_REFUSED']
  ])('is refused when it %s', async (_, program, code) => {
    await expect(nvattestProgram(program)(['--no-such-option'])).rejects.toMatchObject({ code })
  })
})
