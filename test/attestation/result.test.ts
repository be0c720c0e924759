import { describe, expect, it } from 'vitest'
import { appraisalCacheKey, appraiseBundle, appraiseQuote } from '../../attestation/appraise.ts'
import { decodeUtf8, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { explainResult } from '../../attestation/explain.ts'
import { encodeJcs, type JsonValue } from '../../attestation/jcs.ts'
import { PRODUCTION_POLICY, TDX_ONLY_POLICY, virtualPolicy } from '../../attestation/policy.ts'
import { type AppraisalResult, encodeResult, parseResult } from '../../attestation/result.ts'
import { OLD_TCB } from '../../attestation/virtual/tcb.ts'
import { createEvidence, createLabRoot, type EvidenceChanges, NOW, readEvidence } from '../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const policy = virtualPolicy(root.root.certificate)

async function resultOf(changes: EvidenceChanges = {}): Promise<AppraisalResult> {
  return appraiseBundle(readEvidence(await createEvidence(root, changes)), policy, NOW).result
}

const device = { arch: 'HOPPER', certificate: encodeUtf8('chain'), evidence: encodeUtf8('report') } as const
const { bundle, endorsements } = readEvidence(await createEvidence(root))
const results: readonly (readonly [string, AppraisalResult])[] = [
  ['an affirming one', await resultOf()],
  ['a refused one', await resultOf({ platform: { tcb: OLD_TCB } })],
  ['one whose evidence did not verify', await resultOf({ platform: { faults: ['body'] } })],
  ['one of TD 1.5', await resultOf({ td: { version: 5, tdVersion: '1.5' } })],
  ['one with devices', await resultOf({ bundle: { devices: [device] } })],
  ['one whose keyset is for all time', await resultOf({ keyset: { notAfter: Number.MAX_SAFE_INTEGER } })],
  ['one of a bare quote', appraiseQuote({ quote: bundle.quote, collateral: endorsements.tdx }, policy, NOW)],
  [
    'one of a policy that wants other evidence',
    appraiseBundle({ bundle, endorsements, challenge: { kind: 'any-fresh' } }, PRODUCTION_POLICY, NOW).result
  ]
]

describe('an appraisal result', () => {
  it.each(results)('is read back from its JSON: %s', (_, result) => {
    expect(parseResult(encodeResult(result))).toEqual(result)
  })

  it.each(results)('is explained in whole sentences, the verdict first: %s', (_, result) => {
    const sentences = explainResult(result)
    expect(sentences[0]).toMatch(/^This (host|quote) (meets|is refused by) the policy "/)
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/s)
    expect(sentences.join(' ')).not.toMatch(/undefined|null|\[object|NaN/)
    for (const { code } of result.findings) expect(sentences.join(' ')).toContain(code)
  })

  it('says on every surface that virtual evidence is virtual', async () => {
    const result = await resultOf()
    const document = JSON.parse(decodeUtf8(encodeResult(result))) as { tee: string; policy: { name: string } }
    expect([document.tee, document.policy.name]).toEqual(['virtual', 'virtual'])
    expect(explainResult(result).join(' ')).toMatch(/VIRTUAL: a program made it, no hardware did/)
    expect(explainResult(result)[0]).toMatch(/policy "virtual"/)
  })

  it('names the evidence, endorsements and policy that it is of', async () => {
    const evidence = await createEvidence(root)
    const { result } = appraiseBundle(readEvidence(evidence), policy, NOW)
    const [own, other] = [result.collateralDigest, new Uint8Array(32)]
    const keys = [
      appraisalCacheKey(own, own, policy),
      appraisalCacheKey(other, own, policy),
      appraisalCacheKey(own, other, policy),
      appraisalCacheKey(own, own, TDX_ONLY_POLICY)
    ].map(encodeHex)
    expect(new Set(keys).size).toBe(4)
    expect(result.policy.digest).toEqual(policy.digest)
    expect(result.bundleDigest).toEqual(readEvidence(evidence).bundle.digest)
  })

  const [, good] = results[0] ?? []
  const text = decodeUtf8(encodeResult(good as AppraisalResult))
  const malformed: readonly (readonly [string, string])[] = [
    ['another status', text.replace('"status":"affirming"', '"status":"excellent"')],
    ['no tee', text.replace('"tee":"virtual",', '')],
    ['a device that is good', text.replace('"devices":[]', '"devices":[{"arch":"HOPPER","verification":"good"}]')],
    ['a member that nobody knows', text.replace('{', '{"a":1,')],
    ['white space', ` ${text}`],
    ['a finding of no known code', text.replace('"findings":[]', `"findings":[${finding('FINE')}]`)]
  ]
  it.each(malformed)('is malformed with %s', (_, changed) => {
    expect(changed).not.toBe(text)
    expect(() => parseResult(encodeUtf8(changed))).toThrow(expect.objectContaining({ code: 'RESULT_MALFORMED' }))
  })
})

function finding(code: string): string {
  const said: JsonValue = { actual: '', claim: '', code, expected: '', remedy: '', status: 'warning' }
  return decodeUtf8(encodeJcs(said))
}
