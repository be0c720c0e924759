import { describe, expect, it } from 'vitest'
import { generateEd25519, sha256 } from '../../../attestation/crypto.ts'
import { parseReceipt, type ReceiptFields, signReceipt } from '../../../attestation/receipt/receipt.ts'
import { type OwnRequest, reconcile, requestName } from '../../../attestation/receipt/reconcile.ts'
import { parseUsage, signUsage, type UsageFields } from '../../../attestation/receipt/usage.ts'

const KEY = generateEd25519()
const HOST = new Uint8Array(32).fill(1)
const OTHER_HOST = new Uint8Array(32).fill(2)
const COUNTS = { prompt: 10, cached: 2, completion: 5, reasoning: 0 }

function receiptOf(n: number) {
  const zero = new Uint8Array(32)
  const fields: ReceiptFields = {
    ...{ chatId: null, endpoint: '/v1/chat/completions', method: 'POST', model: 'm', keyId: 'r1', servedAt: 1, n },
    ...{ receiptId: new Uint8Array(16), keysetDigest: HOST, sessionId: new Uint8Array(16), usage: COUNTS },
    ...{ receivedHash: zero, forwardedHash: zero, returnedHash: zero, salt: zero, requestHash: zero, logIndex: null }
  }
  return parseReceipt(signReceipt(fields, KEY))
}

function usageOf(n: number, changes: Partial<UsageFields> = {}) {
  const fields: UsageFields = {
    ...{ counts: COUNTS, durationMs: 1, epoch: new Uint8Array(16), finish: 'complete', keyId: 'r1', model: 'm', n },
    ...{ price: 7n, receiptHash: sha256(receiptOf(n).bytes), seq: n + 1, sessionId: new Uint8Array(16) },
    ...{ tenant: new Uint8Array(16), keysetDigest: HOST },
    ...changes
  }
  return parseUsage(signUsage(fields, KEY))
}

function ownOf(n: number, changes: Partial<OwnRequest> = {}): OwnRequest {
  const usage = usageOf(n)
  return { request: requestName(usage), keysetDigest: HOST, receipt: receiptOf(n), usage, ...changes }
}

const charged = (usage: ReturnType<typeof usageOf>) => ({ usage, charged: true })

interface Sides {
  readonly own: readonly OwnRequest[]
  readonly billed: readonly ReturnType<typeof usageOf>[]
}

describe('a bill and what a client kept', () => {
  it('agree where both have the same', () => {
    const billed = [charged(usageOf(1)), { usage: usageOf(0), charged: false }]
    expect(reconcile([ownOf(0), ownOf(1)], billed)).toEqual({ matched: 2, billed: 7n, agreed: 7n, differences: [] })
  })

  it('agree where the statement never came to the client, by its receipt', () => {
    expect(reconcile([ownOf(0, { usage: undefined })], [charged(usageOf(0))])).toMatchObject({
      matched: 1,
      differences: []
    })
  })

  it.each<[string, Sides, string, string]>([
    ['a request that was not made', { own: [], billed: [usageOf(0)] }, 'not-ours', 'm: no such request'],
    [
      'by a host that did not answer',
      { own: [ownOf(0)], billed: [usageOf(0), usageOf(0, { keysetDigest: OTHER_HOST })] },
      ...(['another-host', '010101010101 answered, 020202020202 bills'] as const)
    ],
    [
      'a request twice',
      { own: [ownOf(0)], billed: [usageOf(0), usageOf(0, { seq: 9 })] },
      ...(['billed-again', 'statement 9'] as const)
    ],
    [
      'other counts than the receipt has',
      { own: [ownOf(0)], billed: [usageOf(0, { counts: { ...COUNTS, completion: 6 } })] },
      ...([
        'other-counts',
        'the receipt says 10 + 2 cached in, 5 + 0 reasoning out, the bill 10 + 2 cached in, 6'
      ] as const)
    ],
    [
      'under another receipt',
      { own: [ownOf(0)], billed: [usageOf(0, { receiptHash: null })] },
      ...(['other-counts', 'another receipt'] as const)
    ],
    [
      'by another statement',
      { own: [ownOf(0)], billed: [usageOf(0, { price: 8n })] },
      ...(['other-statement', '7 nanoTON, complete; billed: 10 + 2 cached in, 5 + 0 reasoning out, 8 nanoTON'] as const)
    ],
    ['nothing for a statement that was kept', { own: [ownOf(0)], billed: [] }, 'not-billed', '7 nanoTON'],
    [
      'nothing for a receipt without a statement',
      { own: [ownOf(0, { usage: undefined })], billed: [] },
      ...(['no-statement', 'receipt'] as const)
    ]
  ])('differ where it bills %s', (_what, { own, billed }, kind, said) => {
    const { differences } = reconcile(own, billed.map(charged))
    expect(differences).toEqual([expect.objectContaining({ kind, what: expect.stringContaining(said) })])
  })
})
