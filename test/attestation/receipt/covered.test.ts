import { expect, test } from 'vitest'
import { ed25519PublicBytes, generateEd25519, sha256, signEd25519 } from '../../../attestation/crypto.ts'
import { concatBytes, encodeUtf8, uint64 } from '../../../attestation/encoding.ts'
import { isCoveredSigned, signCovered } from '../../../attestation/receipt/cover.ts'

const key = generateEd25519()
const signer = ed25519PublicBytes(key)
const voucher = new Uint8Array(191).fill(1)
const epoch = new Uint8Array(16).fill(2)
const covered = [
  { epoch, seq: 1 },
  { epoch, seq: 2n }
]
const signature = signCovered(voucher, covered, key)

test('what a voucher covers is signed with the voucher, in order, and by its key', () => {
  const bytes = concatBytes(encodeUtf8('bombyx/covered1'), sha256(voucher), epoch, uint64(1n), epoch, uint64(2n))
  expect(signature).toEqual(signEd25519(key, bytes))
  expect(isCoveredSigned(voucher, covered, { signature, signer })).toBe(true)
})

test.each([
  ['another voucher', new Uint8Array(191), covered, signature],
  ['another order', voucher, [...covered].reverse(), signature],
  ['less', voucher, covered.slice(1), signature],
  ['no signature', voucher, covered, new Uint8Array(0)],
  ['a signature of another key', voucher, covered, signCovered(voucher, covered, generateEd25519())]
])('%s is not covered', (_, given, places, by) => {
  expect(isCoveredSigned(given, places, { signature: by, signer })).toBe(false)
})
