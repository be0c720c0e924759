import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodePolicy, virtualPolicy } from '../../../attestation/policy.ts'
import { parseResult } from '../../../attestation/result.ts'
import { verifyResultToken } from '../../../attestation/result-token.ts'
import { challengeNonce } from '../../../attestation/session/keyset.ts'
import { virtualKnob } from '../../../attestation/virtual/knobs.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import type { VerifierClient } from '../../../proto/gen/bombyx/v1/Verifier.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { hashToken } from '../../../services/runtime/tokens.ts'
import type { VerifierConfig } from '../../../services/verifier/config.ts'
import { startVerifier, type VerifierService } from '../../../services/verifier/start.ts'
import { type FakePcs, startFakePcs } from '../../fakes/pcs.ts'
import {
  createEvidence,
  createLabRoot,
  type Evidence,
  type EvidenceChanges,
  NOW
} from '../../fakes/virtual-evidence.ts'

const LIMITS = { attempts: 2, timeoutMs: 500, firstDelayMs: 2, maxDelayMs: 10, maxBytes: 1 << 20 }
const FMSPC = Buffer.from('b04b79000000', 'hex')
const DAY = 24 * 3_600_000

let folder: string
let root: VirtualRoot
let good: Evidence
let pcs: FakePcs
let stack: AsyncDisposableStack
let now: Date

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-verifier-'))
  root = await createLabRoot()
  good = await createEvidence(root)
  await writeFile(join(folder, 'policy.json'), encodePolicy(virtualPolicy(root.root.certificate)))
})

afterAll(() => rm(folder, { recursive: true }))

beforeEach(async () => {
  now = NOW
  stack = new AsyncDisposableStack()
  pcs = stack.use(await startFakePcs(good.collateralBytes))
})

afterEach(() => stack.disposeAsync())

async function start(changes: Partial<VerifierConfig> = {}): Promise<VerifierService> {
  const config: VerifierConfig = {
    listen: { listen: '127.0.0.1:0' },
    policy: join(folder, 'policy.json'),
    collateral: {
      service: { url: pcs.url, rootCrlUrl: `${pcs.url}/IntelSGXRootCA.der`, limits: LIMITS },
      refresh: { aheadMs: DAY, everyMs: DAY / 2 }
    },
    signingKey: join(folder, 'key.pem'),
    issuer: 'bombyx-verifier',
    threads: 1,
    ...changes
  }
  return stack.use(await startVerifier(config, { now: () => now }))
}

async function dial({ authority }: VerifierService, token?: string): Promise<VerifierClient> {
  const client = await connect(bombyxV1.Verifier, authority, token === undefined ? {} : { token })
  stack.defer(() => client.close())
  return client
}

function nonceOf({ fields }: Evidence): Buffer {
  return Buffer.from(challengeNonce(fields.challenge))
}

function requestOf(evidence: Evidence) {
  return { bundle: Buffer.from(evidence.bundleBytes), expectedNonce: nonceOf(evidence) }
}

async function appraise(client: VerifierClient, evidence: Evidence) {
  const { verdict, collateral } = await callUnary(client, 'Appraise', requestOf(evidence))
  return { verdict: verdict!, collateral: new Uint8Array(collateral), result: parseResult(verdict!.result) }
}

/** Evidence, with its collateral served by the fake. */
async function evidenceOf(changes: EvidenceChanges): Promise<Evidence> {
  const evidence = await createEvidence(root, changes)
  await pcs[Symbol.asyncDispose]()
  pcs = stack.use(await startFakePcs(evidence.collateralBytes))
  return evidence
}

describe('an appraisal', () => {
  test('of good evidence is affirming, and says that it is virtual', async () => {
    const { verdict, collateral, result } = await appraise(await dial(await start()), good)
    expect(verdict).toMatchObject({
      status: 'AFFIRMING',
      tee: 'virtual',
      tcbStatus: 'UpToDate',
      trusted: true,
      appraisedAt: String(NOW.getTime() / 1000),
      notAfter: String(result.notAfter.getTime() / 1000)
    })
    expect(collateral).toEqual(good.collateralBytes)
  })

  test('comes with a token that the verifier’s keys prove', async () => {
    const client = await dial(await start())
    const { verdict, result } = await appraise(client, good)
    const { jwks } = await callUnary(client, 'GetKeys', {})
    const challenge = { kind: 'expected', nonce: nonceOf(good) } as const
    const expected = { issuer: 'bombyx-verifier', keySet: jwks, challenge, now: NOW }
    expect(await verifyResultToken(verdict.token, expected)).toEqual(result)
  })

  test.each([
    ['tcb out of date', 'OutOfDate'],
    ['debug td', ''],
    ['pck revoked', ''],
    ['swapped keyset', 'UpToDate'],
    ["pck under a stranger's root", '']
  ])('of evidence that is wrong is a refusal and no error: %s', async (knob, tcbStatus) => {
    const evidence = await evidenceOf(virtualKnob(knob))
    const { verdict, result } = await appraise(await dial(await start()), evidence)
    expect(verdict).toMatchObject({ status: 'CONTRAINDICATED', tcbStatus, trusted: false })
    expect(result.findings.length).toBeGreaterThan(0)
  })

  test.each([
    ['affirming', false],
    ['warning', true]
  ])('with a warning is trusted as the policy says: from %s', async (trustedFrom, trusted) => {
    const document = JSON.parse(new TextDecoder().decode(encodePolicy(virtualPolicy(root.root.certificate))))
    const tcb = {
      ...document.tcb,
      accepted_statuses: ['UpToDate'],
      tolerated_statuses: ['OutOfDate'],
      allowed_advisories: 'any'
    }
    const policy = join(folder, `from-${trustedFrom}.json`)
    await writeFile(policy, JSON.stringify({ ...document, trusted_from: trustedFrom, tcb }))
    const evidence = await evidenceOf(virtualKnob('tcb out of date'))
    const { verdict } = await appraise(await dial(await start({ policy })), evidence)
    expect(verdict).toMatchObject({ status: 'WARNING', tcbStatus: 'OutOfDate', trusted })
  })

  test.each(['production', 'tdx-only'])(
    'under the policy %s refuses virtual evidence, whoever serves',
    async (policy) => {
      const { verdict, result } = await appraise(await dial(await start({ policy })), good)
      expect(verdict).toMatchObject({ status: 'CONTRAINDICATED', tee: 'unverified' })
      expect(result.findings.map(({ code }) => code)).toEqual(['ROOT_CA_UNTRUSTED'])
    }
  )

  test('asks nobody for collateral of a platform that the policy’s root does not vouch for', async () => {
    const stranger = await createEvidence(root, virtualKnob("pck under a stranger's root"))
    const { verdict, collateral } = await appraise(await dial(await start()), stranger)
    expect(verdict.status).toBe('CONTRAINDICATED')
    expect(collateral).toEqual(new Uint8Array(0))
    expect(pcs.requests).toEqual([])
  })

  test('of evidence for another challenge is a refusal', async () => {
    const request = { ...requestOf(good), expectedNonce: Buffer.alloc(32, 1) }
    const { verdict } = await callUnary(await dial(await start()), 'Appraise', request)
    expect(parseResult(verdict!.result).findings.map(({ code }) => code)).toEqual(['CHALLENGE_MISMATCH'])
  })

  test.each([
    ['is no bundle', { bundle: Buffer.from('{}') }, 'BUNDLE_MALFORMED'],
    ['is too long', { bundle: Buffer.alloc((1 << 20) + 1, 0x20) }, 'BUNDLE_MALFORMED'],
    ['answers to no nonce', { expectedNonce: Buffer.alloc(0) }, 'ARGUMENT_INVALID']
  ])('of something that %s is an error', async (_, changes, code) => {
    const request = { ...requestOf(good), ...changes }
    expect(await callUnary(await dial(await start()), 'Appraise', request).catch(codeOf)).toBe(code)
  })
})

describe('collateral', () => {
  test('is fetched once for many appraisals', async () => {
    const client = await dial(await start())
    await Promise.all(Array.from({ length: 8 }, () => appraise(client, good)))
    expect(pcs.requests).toHaveLength(4)
  })

  test('is given out by family', async () => {
    const client = await dial(await start())
    const { collateral } = await callUnary(client, 'GetCollateral', { fmspc: FMSPC, ca: 'platform' })
    expect(new Uint8Array(collateral)).toEqual(good.collateralBytes)
  })

  test.each([[{ fmspc: Buffer.alloc(5), ca: 'platform' }], [{ fmspc: FMSPC, ca: 'root' }], [{ fmspc: FMSPC, ca: '' }]])(
    'is not asked for by %o',
    async (request) => {
      expect(await callUnary(await dial(await start()), 'GetCollateral', request).catch(codeOf)).toBe(
        'ARGUMENT_INVALID'
      )
      expect(pcs.requests).toEqual([])
    }
  )

  test.each([
    ['cannot be had', { status: 503 }, 'COLLATERAL_UNAVAILABLE'],
    ['does not exist', { status: 404 }, 'NOT_FOUND'],
    ['cannot be read', { body: new Uint8Array(8) }, 'COLLATERAL_UNAVAILABLE']
  ])('that %s leaves the evidence without a verdict', async (_, fault, code) => {
    pcs.fail('tcb', fault)
    expect(await appraise(await dial(await start()), good).catch(codeOf)).toBe(code)
  })

  test('comes from the folder where there is no service', async () => {
    await writeFile(join(folder, 'b04b79000000-platform.json'), good.collateralBytes)
    const service = await start({ collateral: { folder, refresh: { aheadMs: DAY, everyMs: DAY } } })
    expect((await appraise(await dial(service), good)).verdict.status).toBe('AFFIRMING')
    expect(pcs.requests).toEqual([])
  })

  test('comes from the folder where the service fails', async () => {
    await writeFile(join(folder, 'b04b79000000-platform.json'), good.collateralBytes)
    pcs.fail('rootCrl', { status: 500 })
    const limited = { url: pcs.url, rootCrlUrl: `${pcs.url}/IntelSGXRootCA.der`, limits: LIMITS }
    const service = await start({ collateral: { service: limited, folder, refresh: { aheadMs: DAY, everyMs: DAY } } })
    expect((await appraise(await dial(service), good)).verdict.status).toBe('AFFIRMING')
  })

  test('that the folder lacks is named', async () => {
    const service = await start({ collateral: { folder, refresh: { aheadMs: DAY, everyMs: DAY } } })
    const asking = callUnary(await dial(service), 'GetCollateral', { fmspc: Buffer.alloc(6), ca: 'processor' })
    await expect(asking).rejects.toMatchObject({ code: 'NOT_FOUND', message: /000000000000-processor\.json/ })
  })

  test('that has lapsed in the folder is a refusal that says so', async () => {
    const lapsed = await createEvidence(root, virtualKnob('tcb info lapsed'))
    await writeFile(join(folder, 'b04b79000000-platform.json'), lapsed.collateralBytes)
    const service = await start({ collateral: { folder, refresh: { aheadMs: DAY, everyMs: DAY } } })
    const { result } = await appraise(await dial(service), lapsed)
    expect(result.findings.map(({ code }) => code)).toEqual(['TCB_INFO_EXPIRED'])
  })

  test('that is in date outlives its service, and no longer', async () => {
    const client = await dial(await start())
    await appraise(client, good)
    pcs.fail('tcb', { status: 503 })
    now = new Date(NOW.getTime() + 29 * DAY)
    expect(await callUnary(client, 'GetCollateral', { fmspc: FMSPC, ca: 'platform' })).toBeDefined()
    now = new Date(NOW.getTime() + 31 * DAY)
    const asking = callUnary(client, 'GetCollateral', { fmspc: FMSPC, ca: 'platform' })
    expect(await asking.catch(codeOf)).toBe('COLLATERAL_UNAVAILABLE')
  })
})

describe('a verifier with tokens', () => {
  test('appraises for their holders only, and shows its keys to all', async () => {
    await writeFile(join(folder, 'tokens'), `${hashToken('registry-token')} registry\n`)
    const service = await start({ tokens: join(folder, 'tokens') })
    expect((await appraise(await dial(service, 'registry-token'), good)).verdict.status).toBe('AFFIRMING')
    expect(await appraise(await dial(service, 'another'), good).catch(codeOf)).toBe('UNAUTHENTICATED')
    const stranger = await dial(service)
    expect(await callUnary(stranger, 'GetCollateral', { fmspc: FMSPC, ca: 'platform' }).catch(codeOf)).toBe(
      'UNAUTHENTICATED'
    )
    expect((await callUnary(stranger, 'GetKeys', {})).jwks).toContain('Ed25519')
  })

  test('is not started for others to reach without TLS', async () => {
    expect(await start({ listen: { listen: '0.0.0.0:0' } }).catch(codeOf)).toBe('CONFIG_INVALID')
  })
})
