import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { generateEd25519 } from '../../../attestation/crypto.ts'
import { parseEndorsements } from '../../../attestation/endorsements.ts'
import { type Policy, virtualPolicy } from '../../../attestation/policy.ts'
import type { RemoteIssuer } from '../../../attestation/remote-opinion.ts'
import { challengeNonce } from '../../../attestation/session/challenge.ts'
import { createVirtualDevice, type VirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { EvidenceChecker } from '../../../services/client/hosts/evidence.ts'
import { completeContext } from '../../../services/runtime/context.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { appraiseEvidence, appraiseUnder, type Verdict } from '../../../services/verifier/appraisal.ts'
import { nvidiaServices } from '../../../services/verifier/nvidia-services.ts'
import { createNras, type NrasChanges } from '../../fakes/nras.ts'
import { type FakeNvidia, type NvidiaFault, startFakeNvidia } from '../../fakes/nvidia-services.ts'
import { createEvidence, createLabRoot, type Evidence, NOW, policyWith } from '../../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const deviceRoot = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const anchors = { deviceRoots: [deviceRoot.deviceRoot.certificate], rimRoots: [deviceRoot.rimRoot.certificate] }
const silent = virtualPolicy(root.root.certificate, anchors)
const asking = policyWith(silent, { devices: { remote_attestation: 'required' } })
const signer = { issuer: 'test', keyId: 'k', key: generateEd25519() }
const LIMITS = { attempts: 1, timeoutMs: 3_000, firstDelayMs: 2, maxDelayMs: 10, maxBytes: 1 << 20 }

const nras = await createNras()
let nvidia: FakeNvidia
let changes: NrasChanges
let issuer: RemoteIssuer

beforeAll(async () => {
  nvidia = await startFakeNvidia({
    nras: (_, question) => nras.answer(nvidia.url, question as Parameters<typeof nras.answer>[1], changes, NOW),
    keys: () => nras.keySet
  })
  issuer = { issuer: nvidia.url, keySet: nras.keySet }
})
beforeEach(() => {
  changes = {}
  nvidia.mend()
})
afterAll(() => nvidia[Symbol.asyncDispose]())

const evidenceOf = (devices: readonly VirtualDevice[]) =>
  createEvidence(root, { machine: { root: deviceRoot, devices } })
const gpu = (options: object = {}) => createVirtualDevice(deviceRoot, { arch: 'HOPPER', ...options }, NOW)
const good = await evidenceOf([gpu()])

async function appraise(evidence: Evidence = good, policy: Policy = asking): Promise<Verdict> {
  const url = nvidia.url
  const config = { url, ocspUrl: url, crlUrl: url, nrasUrl: url, limits: LIMITS, refresh: { aheadMs: 0, everyMs: 1 } }
  await using services = nvidiaServices(config, anchors.rimRoots, completeContext('verifier', { now: () => NOW }))
  const { tdx, ...endorsements } = parseEndorsements(evidence.collateralBytes)
  const nonce = challengeNonce(evidence.fields.challenge)
  return await appraiseEvidence(
    { bundle: evidence.bundleBytes, nonce, referenceValues: [] },
    {
      now: () => NOW,
      work: appraiseUnder(policy, signer),
      getCollateral: async () => tdx,
      getDeviceEndorsements: async () => endorsements,
      getOpinion: services.opinion
    }
  )
}

const codes = ({ result }: Verdict) => result.findings.map(({ code }) => code)

/** What a client makes of what the verifier hands on. */
async function check({ collateral, result }: Verdict, remoteIssuer?: RemoteIssuer): Promise<readonly string[]> {
  const checker = new EvidenceChecker({
    policy: asking,
    now: () => NOW,
    onEvent: () => {},
    ...(remoteIssuer === undefined ? {} : { remoteIssuer })
  })
  const found = { bundle: result.bundleDigest!, collateral: result.collateralDigest }
  const fetchBlob = async (digest: Uint8Array) => (digest === found.bundle ? good.bundleBytes : collateral)
  const checked = await checker.check(found as Parameters<EvidenceChecker['check']>[0], { fetchBlob })
  return 'appraisal' in checked ? checked.appraisal.result.findings.map(({ code }) => code) : [checked.reason.code]
}

describe('a second opinion', () => {
  test('that agrees lets the host pass, for no longer than it says', async () => {
    const verdict = await appraise()
    expect([verdict.trusted, codes(verdict)]).toEqual([true, []])
    changes = { overall: { exp: NOW.getTime() / 1000 + 60 } }
    expect((await appraise()).result.notAfter).toEqual(new Date(NOW.getTime() + 60_000))
  })

  test('is asked on each architecture of a machine', async () => {
    const before = nvidia.requests.length
    expect(codes(await appraise(await evidenceOf(createVirtualPpcie(deviceRoot, NOW))))).toEqual([])
    expect(nvidia.requests.slice(before).sort()).toEqual([
      'GET /.well-known/jwks.json',
      'POST /v4/attest/gpu',
      'POST /v4/attest/switch'
    ])
  })

  test('is asked of nobody under a policy that does without, or on devices that no root vouches for', async () => {
    const before = nvidia.requests.length
    expect(codes(await appraise(good, silent))).toEqual([])
    const strangers = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
    const foreign = await evidenceOf([createVirtualDevice(strangers, { arch: 'HOPPER' }, NOW)])
    expect(codes(await appraise(foreign))).toContain('DEVICE_ROOT_UNTRUSTED')
    expect(nvidia.requests.length).toBe(before)
  })

  const seconds = NOW.getTime() / 1000
  const refused: readonly (readonly [string, NrasChanges])[] = [
    ['does not agree', { overall: { 'x-nvidia-overall-att-result': false } }],
    ['does not agree on a device', { device: { measres: 'fail' } }],
    ['is on another nonce', { overall: { eat_nonce: '00'.repeat(32) } }],
    ['is on another device', { device: { ueid: '1' } }],
    ['has lapsed', { overall: { exp: seconds - 1 } }],
    ['is of another issuer', { overall: { iss: 'https://nras.example' } }],
    ['is signed by somebody else', { stranger: true }]
  ]
  test.each(refused)('that %s refuses the host, by that alone', async (_, change) => {
    changes = change
    expect(codes(await appraise())).toEqual(['REMOTE_ATTESTATION_MISSING'])
  })

  test.each([
    ['a measurement that is another', { changedMeasurements: [5] }, 'MEASUREMENT_MISMATCH'],
    ['a report on another nonce', { faults: ['other-nonce'] }, 'NONCE_MISMATCH'],
    ['an old VBIOS', { vbiosVersion: '96.00.30.00.01' }, 'VBIOS_TOO_OLD']
  ])('that agrees does not overrule a refusal here: %s', async (_, options, code) => {
    const verdict = await appraise(await evidenceOf([gpu(options)]))
    expect([verdict.trusted, codes(verdict)]).toEqual([false, [code]])
  })

  const outages: readonly (readonly [string, 'nras' | 'keys', NvidiaFault])[] = [
    ['refuses everything', 'nras', { status: 403 }],
    ['is overloaded', 'nras', { status: 503 }],
    ['hangs', 'nras', { silent: true }],
    ['has no keys to show', 'keys', { status: 500 }]
  ]
  test.each(outages)('of a service that %s is an error, and no verdict', async (_, part, fault) => {
    nvidia.fail(part, fault)
    expect(await appraise().catch(codeOf)).toBe('COLLATERAL_UNAVAILABLE')
  })

  test('is handed on, and checked by a client with the issuer’s keys', async () => {
    const verdict = await appraise()
    expect(parseEndorsements(verdict.collateral).nras).toHaveLength(1)
    expect(await check(verdict, issuer)).toEqual([])
    expect(await check(verdict)).toEqual(['REMOTE_ATTESTATION_MISSING'])
    const other = await createNras()
    expect(await check(verdict, { ...issuer, keySet: other.keySet })).toEqual(['REMOTE_ATTESTATION_MISSING'])
  })
})
