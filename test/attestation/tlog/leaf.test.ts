import { describe, expect, test } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import { encodeJcs } from '../../../attestation/jcs.ts'
import { challengeNonce } from '../../../attestation/session/challenge.ts'
import {
  type AttestationLeaf,
  encodeLeaf,
  LEAF_SCHEMA,
  type LogLeaf,
  MAX_LEAF_BYTES,
  parseLeaf,
  type ReferenceValueLeaf
} from '../../../attestation/tlog/leaf.ts'
import { releaseSigners, signReferenceValue } from '../../../attestation/tlog/reference-value.ts'
import { codeOf } from './code-of.ts'

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)
const at = (seconds: number) => new Date(seconds * 1000)
const challenge = { random: bytes(32, 1), network: -239, seqno: 7, rootHash: bytes(32, 2), genUtime: 1_800_000_000 }

const ATTESTATION: AttestationLeaf = {
  kind: 'attestation',
  v: 1,
  host: bytes(16, 3),
  evidenceDigest: bytes(32, 4),
  keysetDigest: bytes(32, 5),
  nonce: challengeNonce(challenge),
  challenge,
  collateralDigest: bytes(32, 6),
  policyDigest: bytes(32, 7),
  result: {
    status: 'warning',
    tee: 'tdx',
    tcbStatus: 'OutOfDate',
    advisories: ['INTEL-SA-01192'],
    devices: [{ arch: 'HOPPER', verification: 'verified', driverVersion: '550.90.07', vbiosVersion: null }]
  },
  appraisedAt: at(1_800_000_010),
  expiresAt: at(1_800_003_600)
}

const releaseKeys = [1, 2].map((seed) => ed25519PrivateKey(bytes(32, seed)))
const publicKeys = releaseKeys.map(ed25519PublicBytes)
const RELEASE: ReferenceValueLeaf = signReferenceValue(
  {
    kind: 'reference-value',
    v: 1,
    label: 'guest image 4',
    statement: {
      kind: 'release',
      registers: [{ name: 'mr_td', value: bytes(48, 8) }],
      digests: [{ name: 'compose_hash', value: bytes(32, 9) }],
      sourceRepository: 'https://git.example/guest',
      sourceCommit: 'ab'.repeat(20),
      recipeDigest: bytes(32, 10)
    }
  },
  releaseKeys
)

const LEAVES: readonly LogLeaf[] = [
  ATTESTATION,
  { kind: 'policy', v: 1, policyDigest: bytes(32, 1), name: 'production', author: 'ops', effectiveAt: at(1) },
  RELEASE,
  { ...RELEASE, statement: { kind: 'revocation', releaseLeaf: bytes(32, 1), reason: 'a flaw' } },
  { kind: 'quarantine', v: 1, host: bytes(16, 1), change: { kind: 'imposed', reason: 'TCB_REVOKED', since: at(5) } },
  { kind: 'quarantine', v: 1, host: bytes(16, 1), change: { kind: 'lifted', at: at(9) } },
  {
    kind: 'usage',
    v: 1,
    from: at(1),
    to: at(2),
    root: bytes(32, 1),
    count: 3,
    totals: { promptTokens: 1, cachedTokens: 2, completionTokens: 3, reasoningTokens: 4, durationMs: 5, price: 6 }
  }
]

/** The attestation's document with some of its text replaced. */
const changed = (from: string | RegExp, to: string) => {
  const text = decodeUtf8(encodeLeaf(ATTESTATION))
  const other = text.replace(from, to)
  if (other === text) throw new TypeError(`${from} is not in the leaf`)
  return encodeUtf8(other)
}

describe('a leaf', () => {
  test.each(LEAVES.map((leaf) => [leaf.kind, leaf] as const))('of kind %s is read as it is written', (_, leaf) => {
    expect(parseLeaf(encodeLeaf(leaf))).toEqual(leaf)
  })

  test('is one line of JSON that begins with its facts in alphabetical order', () => {
    expect(decodeUtf8(encodeLeaf(LEAVES[1]!))).toBe(
      `{"author":"ops","effective_at":1,"kind":"policy","name":"production","policy_digest":"${'01'.repeat(32)}","v":1}`
    )
  })

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['another kind', changed('"attestation"', '"advertisement"')],
    ['a kind of Object’s', changed('"attestation"', '"constructor"')],
    ['another version', changed('"v":1}', '"v":2}')],
    ['a member more', changed('"v":1}', '"v":1,"w":1}')],
    ['a member less', changed(',"tee":"tdx"', '')],
    ['a member twice', changed('"v":1}', '"v":1,"v":1}')],
    ['white space', changed('"v":1}', '"v": 1}')],
    ['a digest in capitals', changed('"evidence_digest":"04', '"evidence_digest":"0A')],
    ['a short host id', changed(/"host":"03/, '"host":"')],
    ['a nonce that is not its challenge’s', changed('"seqno":7', '"seqno":8')],
    ['a time before 1970', changed('"appraised_at":1800000010', '"appraised_at":-1')],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['a list', encodeUtf8('[]')]
  ])('with %s is refused', (_, document) => {
    expect(codeOf(() => parseLeaf(document))).toBe('LEAF_MALFORMED')
  })

  test('has at most 8 KiB, and a writer is told', () => {
    const long = encodeJcs({ kind: 'policy', v: 1, x: 'x'.repeat(MAX_LEAF_BYTES) })
    expect(codeOf(() => parseLeaf(long))).toBe('LEAF_MALFORMED')
    const { result } = ATTESTATION
    const full = { ...ATTESTATION, result: { ...result, advisories: Array(65).fill('INTEL-SA-00001') } }
    expect(codeOf(() => encodeLeaf(full))).toBe('LEAF_MALFORMED')
    const misleading: LogLeaf = { ...ATTESTATION, nonce: bytes(32, 0) }
    expect(codeOf(() => encodeLeaf(misleading))).toBe('LEAF_MALFORMED')
  })

  test('fits with everything that an attestation can say', () => {
    const device = {
      arch: 'BLACKWELL',
      verification: 'v'.repeat(32),
      driverVersion: 'x'.repeat(32),
      vbiosVersion: 'x'.repeat(32)
    } as const
    const { result } = ATTESTATION
    const full = { ...result, advisories: Array(64).fill('INTEL-SA-01192'), devices: Array(16).fill(device) }
    expect(encodeLeaf({ ...ATTESTATION, result: full }).byteLength).toBeLessThan(MAX_LEAF_BYTES)
  })

  test('has a published schema that names every kind', () => {
    expect(JSON.stringify(LEAF_SCHEMA)).toMatch(/attestation.*policy.*reference-value.*quarantine.*usage/)
  })
})

describe('a reference value', () => {
  test('names the release keys that signed it, of those that are asked for', () => {
    expect(releaseSigners(RELEASE, publicKeys)).toEqual(publicKeys)
    expect(releaseSigners(RELEASE, [publicKeys[1]!, publicKeys[1]!])).toEqual([publicKeys[1]])
    expect(releaseSigners(RELEASE, [bytes(32, 9)])).toEqual([])
    expect(releaseSigners(RELEASE, [])).toEqual([])
    expect(releaseSigners(parseLeaf(encodeLeaf(RELEASE)) as ReferenceValueLeaf, publicKeys)).toEqual(publicKeys)
  })

  test.each<[string, ReferenceValueLeaf]>([
    ['another label', { ...RELEASE, label: 'guest image 5' }],
    ['another statement', { ...RELEASE, statement: { kind: 'revocation', releaseLeaf: bytes(32, 1), reason: '' } }],
    [
      'another’s signature',
      { ...RELEASE, signatures: RELEASE.signatures.map((own) => ({ ...own, signature: bytes(64, 1) })) }
    ]
  ])('with %s is signed by nobody', (_, leaf) => {
    expect(releaseSigners(leaf, publicKeys)).toEqual([])
  })

  test('keeps its signers when a signature is added', () => {
    const [first] = RELEASE.signatures
    expect(releaseSigners({ ...RELEASE, signatures: [first!] }, publicKeys)).toEqual([publicKeys[0]])
  })
})
