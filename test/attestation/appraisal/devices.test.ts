import { beforeAll, describe, expect, it } from 'vitest'
import { type GpuMode, gpuModeEventPayload } from '../../../attestation/appraisal/gpu-mode-event.ts'
import { type Appraisal, appraiseBundle } from '../../../attestation/appraise.ts'
import { type DeviceEvidence, parseBundle } from '../../../attestation/bundle.ts'
import { sha256 } from '../../../attestation/crypto.ts'
import { type Endorsements, encodeEndorsements, parseEndorsements } from '../../../attestation/endorsements.ts'
import { explainResult } from '../../../attestation/explain.ts'
import { type Policy, virtualPolicy } from '../../../attestation/policy.ts'
import { encodeResult, parseResult } from '../../../attestation/result.ts'
import { challengeNonce, gpuNonce, type KeysetDevice } from '../../../attestation/session/keyset.ts'
import {
  createVirtualDevice,
  type VirtualDevice,
  type VirtualDeviceOptions
} from '../../../attestation/virtual/device.ts'
import {
  createVirtualDeviceEndorsements,
  type VirtualEndorsementOptions
} from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { parseCertificateChain } from '../../../attestation/x509.ts'
import { createEvidence, createLabRoot, NOW, policyWith } from '../../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const deviceRoot = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const anchors = { deviceRoots: [deviceRoot.deviceRoot.certificate], rimRoots: [deviceRoot.rimRoot.certificate] }
const policy = virtualPolicy(root.root.certificate, anchors)
const GPU = createVirtualDevice(deviceRoot, { arch: 'HOPPER' }, NOW)
const ON: GpuMode = { ccFeature: true, devTools: false, multiGpu: 'none' }

interface Changes {
  readonly devices?: readonly VirtualDevice[]
  /** What the keyset names; the devices, unless it says otherwise. */
  readonly named?: readonly VirtualDevice[]
  readonly endorsed?: Partial<VirtualEndorsementOptions>
  /** Null: the guest says nothing of its GPUs. */
  readonly mode?: GpuMode | null
  readonly reports?: (reports: readonly DeviceEvidence[]) => readonly DeviceEvidence[]
}

interface Host {
  readonly bundleBytes: Uint8Array
  readonly endorsements: Endorsements
  readonly reports: readonly DeviceEvidence[]
}

function keysetDevice(device: VirtualDevice): KeysetDevice {
  const { arch, certificate } = reportVirtualDevice(device, new Uint8Array(32))
  const [leaf] = parseCertificateChain(Buffer.from(certificate).toString())
  return { arch, certificateSha256: sha256(leaf?.der ?? new Uint8Array()) }
}

async function createHost(changes: Changes = {}): Promise<Host> {
  const devices = changes.devices ?? [GPU]
  const named = (changes.named ?? devices).map(keysetDevice)
  const gpuMode = changes.mode === null ? {} : { gpuMode: gpuModeEventPayload(changes.mode ?? ON) }
  let reports: readonly DeviceEvidence[] = []
  const evidence = await createEvidence(root, {
    keyset: {
      gpus: named.filter(({ arch }) => arch !== 'LS10'),
      switches: named.filter(({ arch }) => arch === 'LS10')
    },
    app: gpuMode,
    bundle: ({ keyset, challenge }) => {
      const nonce = gpuNonce(sha256(keyset), challengeNonce(challenge))
      reports = devices.map((device) => reportVirtualDevice(device, nonce))
      return { devices: changes.reports?.(reports) ?? reports }
    }
  })
  const { rims, ocsp } = createVirtualDeviceEndorsements(deviceRoot, devices, changes.endorsed ?? {}, NOW)
  const { tdx } = parseEndorsements(evidence.collateralBytes)
  const fields = { tdx, rims: rims.map(({ xml }) => xml), ocsp: ocsp.map(({ der }) => der), crls: [], nras: [] }
  const endorsements = parseEndorsements(encodeEndorsements(fields))
  return { bundleBytes: evidence.bundleBytes, endorsements, reports }
}

function appraise({ bundleBytes, endorsements }: Host, under: Policy = policy): Appraisal {
  const evidence = { bundle: parseBundle(bundleBytes), endorsements, challenge: { kind: 'any-fresh' } } as const
  return appraiseBundle(evidence, under, NOW)
}

const codes = ({ result }: Appraisal): readonly string[] => result.findings.map(({ code }) => code)

const gpu = (options: Partial<VirtualDeviceOptions>): Changes => ({
  devices: [createVirtualDevice(deviceRoot, { arch: 'HOPPER', ...options }, NOW)]
})

describe('a host with a GPU', () => {
  let host: Host
  let appraisal: Appraisal
  beforeAll(async () => {
    host = await createHost()
    appraisal = appraise(host)
  })

  it('is trusted, and says that the GPU’s place rests on the measured guest', () => {
    expect([appraisal.kind, codes(appraisal)]).toEqual(['trusted', []])
    expect(appraisal.result.colocation).toBe('measured-gate')
    expect(appraisal.result.collateralDigest).toEqual(sha256(encodeEndorsements(host.endorsements)))
    expect(appraisal.result.devices).toMatchObject([
      { arch: 'HOPPER', verification: 'verified', chip: 'GH100', revocation: 'good', measurements: { compared: 33 } }
    ])
  })

  it('says so in its own words, and in its document', () => {
    const sentences = explainResult(appraisal.result)
    expect(sentences.some((said) => said.includes('NVIDIA GPU of the Hopper generation: GH100'))).toBe(true)
    expect(parseResult(encodeResult(appraisal.result))).toEqual(appraisal.result)
  })

  it('is trusted under a policy that demands devices, as none is without', async () => {
    const demanding = policyWith(policy, { devices: { required: true } })
    const lenient = policyWith(policy, { devices: { required: false } })
    expect(appraise(host, demanding).kind).toBe('trusted')
    const bare = await createHost({ devices: [], mode: null })
    expect(appraise(bare, lenient).kind).toBe('trusted')
    expect(codes(appraise(bare, demanding))).toEqual(['DEVICE_EVIDENCE_MISSING'])
  })

  it('is trusted no longer than what endorses its devices', async () => {
    const until = await createHost({ endorsed: { ocspValid: { from: -60, until: 120 } } })
    expect(appraise(until).result.notAfter).toEqual(new Date(NOW.getTime() + 120_000))
  })

  it('is a warning while an outage of the OCSP service is bridged', async () => {
    const lapsed = await createHost({ endorsed: { ocspValid: { from: -7200, until: -3600 } } })
    const { result } = appraise(lapsed)
    expect([result.status, result.devices[0]?.revocation]).toEqual(['warning', 'grace'])
  })

  const refused: readonly (readonly [string, Changes, readonly string[]])[] = [
    ['confidential computing is off', { mode: { ...ON, ccFeature: false } }, ['CC_MODE_OFF']],
    ['the developer’s mode is on', { mode: { ...ON, devTools: true } }, ['CC_MODE_DEVTOOLS']],
    ['the guest did not look', { mode: null }, ['EVENT_MISSING']],
    ['its report answers another nonce', gpu({ faults: ['other-nonce'] }), ['NONCE_MISMATCH']],
    ['its certificate is revoked', { endorsed: { statuses: { brom: 'revoked' } } }, ['OCSP_REVOKED']],
    ['one measurement is another', gpu({ changedMeasurements: [5] }), ['MEASUREMENT_MISMATCH']],
    ['its VBIOS is old', gpu({ vbiosVersion: '96.00.30.00.01' }), ['VBIOS_TOO_OLD']],
    [
      'another device is named',
      { named: [createVirtualDevice(deviceRoot, { arch: 'HOPPER' }, NOW)] },
      ['DEVICE_NOT_IN_KEYSET', 'DEVICE_NOT_IN_EVIDENCE']
    ],
    ['its device is not named', { named: [] }, ['DEVICE_NOT_IN_KEYSET']],
    ['its report is not there', { reports: () => [] }, ['DEVICE_EVIDENCE_MISSING', 'DEVICE_NOT_IN_EVIDENCE']],
    ['its report is there twice', { reports: ([one]) => (one === undefined ? [] : [one, one]) }, ['DEVICE_DUPLICATED']]
  ]
  it.each(refused)('is refused where %s, by that alone', async (_, changes, expected) => {
    const found = appraise(await createHost(changes))
    expect([found.kind, ...codes(found)]).toEqual(['refused', ...expected])
  })

  it('is refused with a GPU’s report of another host, for that reason', async () => {
    const other = await createHost(gpu({}))
    const swapped = await createHost({ reports: () => other.reports })
    const both = { ...swapped, endorsements: other.endorsements }
    expect(codes(appraise(both))).toEqual(['NONCE_MISMATCH', 'DEVICE_NOT_IN_KEYSET', 'DEVICE_NOT_IN_EVIDENCE'])
  })

  it('says which VBIOS it has, which is wanted, and what to do', async () => {
    const { result } = appraise(await createHost(gpu({ vbiosVersion: '96.00.30.00.01' })))
    const said = explainResult(result).join('\n')
    expect(said).toContain("VBIOS 96.00.30.00.01 is older than the policy's 96.00.5E.00.01")
    expect(said).toContain('updates the VBIOS through the vendor')
  })

  it('is refused under a policy that trusts no device, or others', () => {
    for (const under of [
      virtualPolicy(root.root.certificate),
      virtualPolicy(root.root.certificate, { ...anchors, deviceRoots: anchors.rimRoots })
    ]) {
      expect(codes(appraise(host, under))).toContain('DEVICE_ROOT_UNTRUSTED')
    }
  })

  it('needs a second opinion where the policy asks for one', () => {
    const asking = policyWith(policy, { devices: { remote_attestation: 'required' } })
    expect(codes(appraise(host, asking))).toEqual(['REMOTE_ATTESTATION_MISSING'])
  })
})

describe('a host with a whole machine', () => {
  const machine = createVirtualPpcie(deviceRoot, NOW)
  const mode: GpuMode = { ...ON, multiGpu: 'protected-pcie' }

  it('is trusted with its 8 GPUs and 4 switches, whatever topology the policy takes', async () => {
    const host = await createHost({ devices: machine, mode })
    for (const topology of ['any', 'ppcie']) {
      const found = appraise(host, policyWith(policy, { devices: { topology } }))
      expect([found.kind, codes(found), found.result.devices.length]).toEqual(['trusted', [], 12])
    }
  })

  it('is trusted where the driver calls confidential computing off beside protected PCIe', async () => {
    const found = appraise(await createHost({ devices: machine, mode: { ...mode, ccFeature: false } }))
    expect([found.kind, codes(found)]).toEqual(['trusted', []])
  })

  const off: readonly (readonly [string, Changes, readonly string[]])[] = [
    ['the driver names no mode at all', { devices: machine, mode: { ...ON, ccFeature: false } }, ['CC_MODE_OFF']],
    [
      'the driver says protected PCIe and the GPU’s report does not',
      { mode: { ...mode, ccFeature: false } },
      ['CC_MODE_OFF']
    ],
    ['the developer’s mode is on', { devices: machine, mode: { ...mode, devTools: true } }, ['CC_MODE_DEVTOOLS']]
  ]
  it.each(off)('is refused where %s', async (_, changes, expected) => {
    expect(codes(appraise(await createHost(changes)))).toEqual(expected)
  })

  it('is refused without one of them: what passes between GPUs is in plain text', async () => {
    const host = await createHost({ devices: machine.slice(1), mode })
    expect(codes(appraise(host))).toEqual(['TOPOLOGY_INVALID'])
  })
})
