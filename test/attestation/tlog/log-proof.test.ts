import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { concatBytes, decodeUtf8, encodeBase64, encodeUtf8 } from '../../../attestation/encoding.ts'
import { signCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { encodeLogProof, type LogProof, parseLogProof, verifyLogProof } from '../../../attestation/tlog/log-proof.ts'
import { proveInclusion } from '../../../attestation/tlog/prove.ts'
import { codeOf } from './code-of.ts'
import { naiveRoot, readerOf } from './trees.ts'

const logKey = ed25519PrivateKey(new Uint8Array(32).fill(1))
const ENTRIES = ['zero', 'one', 'two', 'three', 'four'].map(encodeUtf8)
const LEAVES = ENTRIES.map(leafHash)
const ORIGIN = 'log.example/one'
const TRUST = { origin: ORIGIN, publicKey: ed25519PublicBytes(logKey), witnesses: [], minimumWitnesses: 0 }
const CHECKPOINT = signCheckpoint({ origin: ORIGIN, size: 5n, root: naiveRoot(LEAVES), extensions: [] }, logKey, 7n)

function proofOf(index: number): LogProof {
  const proof = proveInclusion(BigInt(index), 5n, readerOf(LEAVES))
  return { leafIndex: BigInt(index), proof, checkpoint: CHECKPOINT, extra: null }
}

const GOOD = decodeUtf8(encodeLogProof({ ...proofOf(2), extra: encodeUtf8('more') }))
const HASH = encodeBase64(LEAVES[0]!)

describe('an offline proof', () => {
  test('is read as it is written, and verifies', () => {
    const extras = fc.option(fc.uint8Array({ maxLength: 100 }))
    fc.assert(
      fc.property(fc.nat(4), extras, (index, extra) => {
        const made = { ...proofOf(index), extra }
        const read = parseLogProof(encodeLogProof(made))
        expect(read).toEqual(made)
        expect(verifyLogProof(read, ENTRIES[index]!, TRUST)).toMatchObject({ size: 5n, timestamp: 7n })
      })
    )
  })

  test.each<[string, string, () => unknown]>([
    ['PROOF_INVALID', 'another entry', () => verifyLogProof(proofOf(2), ENTRIES[3]!, TRUST)],
    ['PROOF_INVALID', 'another index', () => verifyLogProof({ ...proofOf(2), leafIndex: 1n }, ENTRIES[2]!, TRUST)],
    ['PROOF_MALFORMED', 'an index outside', () => verifyLogProof({ ...proofOf(2), leafIndex: 5n }, ENTRIES[2]!, TRUST)],
    ['PROOF_MALFORMED', 'no hashes', () => verifyLogProof({ ...proofOf(2), proof: [] }, ENTRIES[2]!, TRUST)],
    [
      'CHECKPOINT_ORIGIN_MISMATCH',
      'a checkpoint of another log',
      () => verifyLogProof(proofOf(2), ENTRIES[2]!, { ...TRUST, origin: 'log.example/two' })
    ],
    [
      'NOTE_UNSIGNED',
      'a checkpoint that a stranger signed',
      () => verifyLogProof(proofOf(2), ENTRIES[2]!, { ...TRUST, publicKey: new Uint8Array(32).fill(9) })
    ]
  ])('is refused with %s for %s', (code, _, run) => {
    expect(codeOf(run)).toBe(code)
  })

  test.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['another header', GOOD.replace('@v1', '@v2')],
    ['no index', GOOD.replace(/^index .*\n/m, '')],
    ['an index that is no number', GOOD.replace('index 2', 'index two')],
    ['an index with a leading zero', GOOD.replace('index 2', 'index 02')],
    ['an index over 2^63', GOOD.replace('index 2', 'index 9223372036854775809')],
    ['extra data after the index', GOOD.replace(/^(extra .*)\n(index .*)\n/m, '$2\n$1\n')],
    ['extra data twice', GOOD.replace(/^(extra .*\n)/m, '$1$1')],
    ['extra data that is not base64', GOOD.replace(/^extra .*$/m, 'extra *')],
    ['extra data over 64 KiB', GOOD.replace(/^extra .*$/m, `extra ${'AAAA'.repeat(21_846)}`)],
    ['a hash that is not base64', GOOD.replace(/^(index .*)$/m, '$1\n*')],
    ['a hash of 31 bytes', GOOD.replace(/^(index .*)$/m, `$1\n${encodeBase64(new Uint8Array(31))}`)],
    ['64 hashes', GOOD.replace(/^(index .*)$/m, `$1\n${`${HASH}\n`.repeat(61).trimEnd()}`)],
    ['no checkpoint', GOOD.slice(0, GOOD.indexOf('\n\n'))],
    ['bytes that are no UTF-8', concatBytes(encodeUtf8(GOOD), Uint8Array.of(0xff))],
    ['more than any can have', GOOD + 'x'.repeat(1 << 19)]
  ])('with %s is refused', (_, document) => {
    const bytes = typeof document === 'string' ? encodeUtf8(document) : document
    expect(codeOf(() => parseLogProof(bytes))).toBe('PROOF_MALFORMED')
  })

  test('is not written with extra data over 64 KiB', () => {
    expect(() => encodeLogProof({ ...proofOf(2), extra: new Uint8Array(65_537) })).toThrow(TypeError)
  })
})
