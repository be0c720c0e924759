import { expect, test } from 'vitest'
import { generateEd25519, randomBytes, sha256 } from '../../../../attestation/crypto.ts'
import { encodeHex } from '../../../../attestation/encoding.ts'
import { parseReceipt, signReceipt } from '../../../../attestation/receipt/receipt.ts'
import { signUsage } from '../../../../attestation/receipt/usage.ts'
import type { ClientEvent } from '../../../../services/client/events.ts'
import type { AwaitedStatement } from '../../../../services/client/payment/awaited.ts'
import type { KeptPart } from '../../../../services/client/receipts/receipt-files.ts'
import { Receipts } from '../../../../services/client/receipts/receipts.ts'
import type { Leg } from '../../../../services/client/sessions/session.ts'
import { createGuestMaker } from '../../../fakes/guest.ts'

const makeGuest = await createGuestMaker()
const { keyset, receiptKey } = makeGuest()
const host = { keyset, keysetDigest: keyset.digest, result: { status: 'affirming' }, tee: 'virtual' }
const prices = { prompt: 1_000_000n, cached: 0n, completion: 1_000_000n, reasoning: 0n }
const leg = { digest: keyset.digest, host, prices } as unknown as Leg
const [sessionId, zeros] = [randomBytes(16), new Uint8Array(32)]
const requestId = `${encodeHex(sessionId)}-0`
const counts = { prompt: 1, cached: 0, completion: 1, reasoning: 0 }

const receipt = parseReceipt(
  signReceipt(
    {
      ...{ chatId: null, endpoint: '/', method: 'POST', model: 'test/model', keyId: 'r1', receiptId: randomBytes(16) },
      ...{ servedAt: 1, keysetDigest: keyset.digest, sessionId, n: 0, receivedHash: zeros, forwardedHash: zeros },
      ...{ returnedHash: zeros, salt: zeros, requestHash: zeros, usage: counts, logIndex: null }
    },
    receiptKey
  )
)

/** With the figures of the receipt, whoever signed it. */
function statement(by = receiptKey): Uint8Array {
  const fields = {
    ...{ counts, durationMs: 1, epoch: keyset.epoch, finish: 'complete' as const, keyId: 'r1', model: 'test/model' },
    ...{ n: 0, price: 2n, receiptHash: sha256(receipt.bytes), seq: 1, sessionId, tenant: new Uint8Array(16) }
  }
  return signUsage({ ...fields, keysetDigest: keyset.digest }, by)
}

function answered(keeps: boolean, receivedBytes = 9) {
  const [events, kept, judged]: [ClientEvent[], KeptPart[], Uint8Array[]] = [[], [], []]
  const awaited: AwaitedStatement[] = []
  const keep = keeps ? (part: KeptPart) => void kept.push(part) : undefined
  const receipts = new Receipts(
    (event) => events.push(event),
    { awaits: (_, one) => void awaited.push(one), judged: (_, { bytes }) => void judged.push(bytes) },
    keep
  )
  const known = { model: 'test/model', textBytes: 9, mediaParts: 0, answers: 1, outputLimit: 0, maxPrice: 0n }
  receipts.begin({ requestId, leg, known })
  receipts.end(requestId, receivedBytes, receipt, 1)
  return { receipts, events, kept, judged, awaited }
}

const [forged, honest] = [statement(generateEd25519()), statement()]

test.each([false, true])("a statement that a relay made up does not keep out the host's own (kept: %s)", (keeps) => {
  const { receipts, judged } = answered(keeps)
  for (const bytes of [forged, forged, honest, honest, forged]) receipts.receiveUsage(bytes)
  expect(judged.at(-1)).toEqual(honest)
  expect(judged.filter((bytes) => Buffer.compare(bytes, honest) === 0)).toHaveLength(1)
  expect(receipts.find(requestId)?.usage).toEqual(honest)
})

test('a statement that a relay made up is not kept for a bill to be held against', () => {
  const { receipts, kept, events, judged } = answered(true)
  receipts.receiveUsage(forged)
  expect([kept.filter(({ usage }) => usage !== undefined), judged]).toEqual([[], []])
  expect(events.at(-1)).toMatchObject({ kind: 'usage-refused', code: 'USAGE_REFUSED' })
})

test('a verified receipt says which statement must come', () => {
  const receiptHash = sha256(receipt.bytes)
  expect(answered(false).awaited).toEqual([
    { request: requestId, keysetDigest: keyset.digest, receiptHash, counts, price: 2n, at: 1 }
  ])
})

test('what a receipt counts and nobody believes is not waited for', () => {
  expect(answered(false, 0).awaited).toEqual([])
})
