import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Appraisal, appraisalCacheKey, appraiseBundle } from '../../attestation/appraise.ts'
import { ed25519PrivateKey, ed25519PublicBytes, type PrivateKey, sha256 } from '../../attestation/crypto.ts'
import { decodeUtf8, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { virtualPolicy } from '../../attestation/policy.ts'
import {
  type CountedReleases,
  countReleases,
  MAX_REFERENCE_VALUES,
  type ReferenceValueEvidence,
  type ReleaseStatement
} from '../../attestation/releases.ts'
import { leafHash } from '../../attestation/tlog/hash.ts'
import { encodeLeaf, type LogLeaf, type ReferenceValueLeaf } from '../../attestation/tlog/leaf.ts'
import { signReferenceValue } from '../../attestation/tlog/reference-value.ts'
import { TestLog } from '../fakes/test-log.ts'
import {
  COMPOSE_HASH,
  createEvidence,
  createLabRoot,
  NOW,
  NOW_SECONDS,
  policyWith,
  readEvidence
} from '../fakes/virtual-evidence.ts'

const DELAY = 3600
const [release, other, stranger] = [1, 2, 3].map((at) => ed25519PrivateKey(new Uint8Array(32).fill(at))) as [
  PrivateKey,
  PrivateKey,
  PrivateKey
]
const root = await createLabRoot()
const log = new TestLog()
const rules = {
  releases: { keys: [release, other].map((key) => encodeHex(ed25519PublicBytes(key))), delay_seconds: DELAY },
  reference_values: { mr_td: 'released', rtmr1: 'released', compose_hash: 'released', model_weights: 'released' }
}
const policy = policyWith(virtualPolicy(root.root.certificate, undefined, log.key), rules)
const evidence = readEvidence(await createEvidence(root))
const { bundle } = evidence
const body = bundle.quote.body
if (body.kind === 'sgx') throw new Error('a TD is wanted')
const { mrTd, rtmrs } = body
const zero48 = new Uint8Array(48)

const image: ReleaseStatement = {
  kind: 'release',
  registers: [
    { name: 'mr_td', value: mrTd },
    { name: 'rtmr1', value: rtmrs[1] }
  ],
  digests: [{ name: 'compose_hash', value: COMPOSE_HASH }],
  sourceRepository: 'https://example.org/image',
  sourceCommit: '0'.repeat(40),
  recipeDigest: sha256(encodeUtf8('recipe'))
}
const weights: ReleaseStatement = {
  ...image,
  registers: [],
  digests: [{ name: 'model_weights', value: bundle.keyset.model.weights }]
}

function sign(statement: ReferenceValueLeaf['statement'], keys: readonly PrivateKey[] = [release]): Uint8Array {
  return encodeLeaf(signReferenceValue({ kind: 'reference-value', v: 1, label: 'image 1', statement }, keys))
}

/** The leaf in a checkpoint of `age` seconds ago. */
function logged(leaf: Uint8Array, age = DELAY, into = new TestLog()): ReferenceValueEvidence {
  const index = into.append(leaf)
  return { leaf, proof: into.prove(index, { at: NOW_SECONDS - age }) }
}

function revocation(of: Uint8Array, keys: readonly PrivateKey[] = [release]): ReferenceValueEvidence {
  const statement = { kind: 'revocation', releaseLeaf: leafHash(of), reason: 'leaked' } as const
  return { leaf: sign(statement, keys), proof: new Uint8Array(0) }
}

function count(...given: readonly ReferenceValueEvidence[]): CountedReleases {
  return countReleases(given, policy, NOW)
}

function outcome({ releases, uncounted }: CountedReleases): readonly string[] {
  return [...releases.map(() => 'counted'), ...uncounted.map(({ code }) => code)]
}

describe('a release counts', () => {
  it('when a key of the policy signed it and the log has had it for the delay', () => {
    const { releases, uncounted } = count(logged(sign(image)))
    expect([releases, uncounted]).toMatchObject([[{ label: 'image 1', statement: image }], []])
    expect(releases[0]?.checkpoint.size).toBe(1n)
  })

  it('whichever of the keys signed it, beside whomever', () => {
    expect(outcome(count(logged(sign(image, [stranger, other]))))).toEqual(['counted'])
  })

  const signed = sign(image)
  const altered = encodeUtf8(decodeUtf8(signed).replace('image 1', 'image 2'))
  const quarantine: LogLeaf = {
    kind: 'quarantine',
    v: 1,
    host: new Uint8Array(16),
    change: { kind: 'lifted', at: NOW }
  }
  const foreign = new TestLog('log.example/other')
  const refused: readonly (readonly [string, string, readonly ReferenceValueEvidence[]])[] = [
    ['RELEASE_TOO_YOUNG', 'a checkpoint of a second too late', [logged(signed, DELAY - 1)]],
    ['RELEASE_TOO_YOUNG', 'a checkpoint of the future', [logged(signed, -1)]],
    ['RELEASE_UNSIGNED', 'a signature of a stranger', [logged(sign(image, [stranger]))]],
    ['RELEASE_UNSIGNED', 'no signature', [logged(sign(image, []))]],
    ['RELEASE_UNSIGNED', 'a signature over something else', [logged(altered)]],
    ['RELEASE_UNSIGNED', 'a leaf of another kind', [logged(encodeLeaf(quarantine))]],
    ['RELEASE_REVOKED', 'a revocation', [logged(signed), revocation(signed)]],
    ['RELEASE_REVOKED', 'a revocation by the other key, before it', [revocation(signed, [other]), logged(signed)]],
    ['PROOF_MALFORMED', 'no proof', [{ leaf: signed, proof: new Uint8Array(0) }]],
    ['PROOF_INVALID', 'the proof of another leaf', [{ leaf: signed, proof: logged(sign(weights)).proof }]],
    ['CHECKPOINT_ORIGIN_MISMATCH', 'the proof of another log', [logged(signed, DELAY, foreign)]],
    ['LEAF_MALFORMED', 'a leaf that is none', [logged(encodeUtf8('{}'))]]
  ]
  it.each(refused)('not: %s for %s', (code, _, given) => {
    expect(outcome(count(...given))).toEqual([code])
  })

  it('still after a revocation that a stranger signed, or that names another', () => {
    expect(outcome(count(logged(signed), revocation(signed, [stranger])))).toContain('counted')
    expect(outcome(count(logged(signed), revocation(sign(weights))))).toEqual(['counted'])
  })

  it('under no policy without a log', () => {
    const none = policyWith(virtualPolicy(root.root.certificate), rules)
    expect(outcome(countReleases([logged(signed)], none, NOW))).toEqual(['RELEASE_TOO_YOUNG'])
  })

  it('or not, whatever order values come in', () => {
    const given = [logged(signed), logged(sign(weights)), revocation(signed), logged(sign(image, [other]), DELAY)]
    const expected = encodeHex(count(...given).digest)
    fc.assert(
      fc.property(fc.shuffledSubarray(given, { minLength: given.length }), (shuffled) => {
        expect(encodeHex(count(...shuffled).digest)).toBe(expected)
      })
    )
  })
})

describe('more reference values than are counted', () => {
  it('are refused, for the last of them may be a revocation', () => {
    const [release1, end] = [logged(sign(image)), revocation(sign(image))]
    const rest = Array.from({ length: MAX_REFERENCE_VALUES - 2 }, () => release1)
    expect(count(release1, ...rest, end).releases).toEqual([])
    expect(() => count(release1, release1, ...rest, end)).toThrow(expect.objectContaining({ code: 'TOO_LARGE' }))
  })
})

describe('a host under a policy that wants released values', () => {
  function appraise(releases: CountedReleases | undefined, under = policy): Appraisal {
    return appraiseBundle({ ...evidence, inclusion: 'apart', ...(releases && { releases }) }, under, NOW)
  }
  const codes = ({ result }: Appraisal): readonly string[] => result.findings.map(({ code }) => code)
  const both = count(logged(sign(image)), logged(sign(weights)))

  it('is trusted when its image is of one release and its weights of another', () => {
    expect(codes(appraise(both))).toEqual([])
  })

  it('is refused when nobody has brought any, field by field', () => {
    expect(codes(appraise(undefined))).toEqual(Array(4).fill('RELEASE_UNVERIFIABLE'))
  })

  const part = (changes: Partial<ReleaseStatement>): ReferenceValueEvidence => logged(sign({ ...image, ...changes }))
  const refused: readonly (readonly [string, CountedReleases, number])[] = [
    ['none counts', count(), 2],
    ['its weights are of none', count(logged(sign(image))), 1],
    ['its image is of none', count(logged(sign(weights))), 1],
    [
      'its registers are of two',
      count(
        part({
          registers: [
            { name: 'mr_td', value: mrTd },
            { name: 'rtmr1', value: zero48 }
          ]
        }),
        part({
          registers: [
            { name: 'mr_td', value: zero48 },
            { name: 'rtmr1', value: rtmrs[1] }
          ]
        }),
        logged(sign(weights))
      ),
      1
    ],
    [
      'its release does not name a register',
      count(part({ registers: image.registers.slice(1) }), logged(sign(weights))),
      1
    ],
    ['its configuration is of another release', count(part({ digests: [] }), logged(sign(weights))), 1],
    ['its release was revoked', count(logged(sign(image)), logged(sign(weights)), revocation(sign(image))), 1]
  ]
  it.each(refused)('is refused when %s', (_, releases, findings) => {
    expect(codes(appraise(releases))).toEqual(Array(findings).fill('RELEASE_UNKNOWN'))
  })

  it('is another appraisal for a cache once a release is revoked', () => {
    const digest = new Uint8Array(32)
    const revoked = count(logged(sign(image)), logged(sign(weights)), revocation(sign(image)))
    const names = [undefined, both, revoked].map((releases) =>
      encodeHex(appraisalCacheKey(digest, digest, policy, releases))
    )
    expect(new Set(names).size).toBe(3)
  })
})
