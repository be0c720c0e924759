import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { parseReceipt, type ReceiptFields, signReceipt } from '../../../attestation/receipt/receipt.ts'
import { refusalOf } from '../session/alteration.ts'

const key = generateEd25519()
const good: ReceiptFields = {
  chatId: 'chatcmpl-1',
  endpoint: '/v1/chat/completions',
  method: 'POST',
  model: 'a/model',
  keyId: 'r1',
  receiptId: randomBytes(16),
  servedAt: 1_800_000_000,
  keysetDigest: randomBytes(32),
  sessionId: randomBytes(16),
  n: 7,
  receivedHash: randomBytes(32),
  forwardedHash: randomBytes(32),
  returnedHash: randomBytes(32),
  salt: randomBytes(32),
  requestHash: randomBytes(32),
  usage: { prompt: 12, cached: 0, completion: 3, reasoning: 0 },
  logIndex: 41
}

describe('a receipt', () => {
  it('is read as it was signed', () => {
    const chatIds = fc.option(fc.string({ unit: 'grapheme', maxLength: 100 }))
    fc.assert(
      fc.property(chatIds, fc.maxSafeNat(), fc.option(fc.maxSafeNat()), (chatId, n, logIndex) => {
        const fields = { ...good, chatId, n, logIndex }
        expect(parseReceipt(signReceipt(fields, key))).toMatchObject(fields)
      })
    )
  })

  it.each([
    ['another version', '"aci/1"', '"aci/2"'],
    ['another member', '"api_version"', '"aaa":1,"api_version"'],
    ['a member missing', '"method":"POST",', ''],
    ['events in another order', '"type":"request.received"', '"type":"request.forwarded"'],
    ['an event twice', '{"log_index":41,', '{"log_index":41,"type":"attestation"},{"log_index":41,'],
    ['another member in an event', '"log_index":41', '"log":1,"log_index":41'],
    ['a hash of another kind', 'sha256:', 'sha384:'],
    ['half a count', '"prompt_tokens":12', '"prompt_tokens":12.5'],
    ['a count below zero', '"prompt_tokens":12', '"prompt_tokens":-1'],
    ['a count as text', '"prompt_tokens":12', '"prompt_tokens":"12"'],
    ['a short signature', /"signature":"../, '"signature":"'],
    ['something after it', /$/, ' ']
  ])('is refused with %s', async (_, from, to) => {
    const text = new TextDecoder().decode(signReceipt(good, key))
    const altered = text.replace(from, to)
    expect(altered).not.toBe(text)
    expect(await refusalOf(() => parseReceipt(encodeUtf8(altered)))).toBe('RECEIPT_MALFORMED')
  })
})
