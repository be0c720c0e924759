import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import type { Receipt } from '../../attestation/receipt/receipt.ts'
import { parseUsage, type UsageStatement, verifyUsage } from '../../attestation/receipt/usage.ts'
import type { VerifiedReceipt } from './client.ts'
import type { ClientEventListener } from './events.ts'
import { Recent } from './recent.ts'
import type { Leg } from './session.ts'
import { doubtUsage, type KnownRequest } from './usage-plausibility.ts'

const MOST = 1000
const MOST_EARLY_BYTES = 1024 * 1024

/** A request that a host took: what its receipt and its usage statement are held against. */
export interface ReceiptSubject {
  readonly requestId: string
  readonly leg: Leg
  readonly known: Omit<KnownRequest, 'receivedBytes' | 'receipt' | 'prices'>
}

interface Entry {
  readonly subject: ReceiptSubject
  receivedBytes: number
  ended: boolean
  receipt: Receipt | undefined
  verifiedAt: number
  usage: UsageStatement | undefined
}

/** The receipts of the last thousand requests, and the usage statements that came for them. */
export class Receipts {
  readonly #entries = new Recent<Entry>(MOST)
  readonly #requestOf = new Recent<string>(MOST)
  /** A short answer's statement can come in one batch with all of the answer, before anybody has looked at that. */
  readonly #early = new Recent<Uint8Array>(MOST_EARLY_BYTES, (bytes) => bytes.byteLength)
  readonly #onEvent: ClientEventListener

  constructor(onEvent: ClientEventListener) {
    this.#onEvent = onEvent
  }

  /** A host's answer has begun. */
  begin(subject: ReceiptSubject): void {
    const entry = { subject, receivedBytes: 0, ended: false, receipt: undefined, verifiedAt: 0, usage: undefined }
    this.#entries.set(subject.requestId, entry)
    const early = this.#early.get(statementName(subject.requestId, subject.leg.digest))
    if (early !== undefined) this.receiveUsage(early)
  }

  /** The answer has ended, with a verified receipt or without one. `now` is unix seconds. */
  end(requestId: string, receivedBytes: number, receipt: Receipt | undefined, now: number): void {
    const entry = this.#entries.get(requestId)
    if (entry === undefined || entry.ended) return
    Object.assign(entry, { ended: true, receivedBytes, receipt, verifiedAt: now })
    if (receipt !== undefined) {
      this.#requestOf.set(encodeHex(receipt.receiptId), requestId)
      this.#onEvent({
        kind: 'receipt-verified',
        requestId,
        host: encodeHex(entry.subject.leg.digest),
        receiptId: encodeHex(receipt.receiptId),
        tokens: receipt.usage
      })
    }
    this.#judgeUsage(entry)
  }

  /** A statement that the relay passed on. It is kept when the host that answered signed it for a request of ours. */
  receiveUsage(bytes: Uint8Array): void {
    try {
      const { sessionId, n, keysetDigest } = parseUsage(bytes)
      const requestId = `${encodeHex(sessionId)}-${n}`
      const entry = this.#entries.get(requestId)
      if (entry === undefined) this.#early.set(statementName(requestId, keysetDigest), bytes)
      if (entry === undefined || entry.usage !== undefined) return
      // A host that lost the request before another answered it has its own statement: nothing of ours to check it by.
      if (!equalBytes(keysetDigest, entry.subject.leg.digest)) return
      entry.usage = verifyUsage(bytes, entry.subject.leg.host.keyset)
      this.#judgeUsage(entry)
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      this.#onEvent({ kind: 'usage-refused', code: error.code, reason: error.message })
    }
  }

  /** By the receipt's id or the request's. */
  find(id: string): VerifiedReceipt | undefined {
    const requestId = this.#requestOf.get(id) ?? id
    const entry = this.#entries.get(requestId)
    if (entry?.receipt === undefined) return undefined
    const { host } = entry.subject.leg
    return {
      receiptId: encodeHex(entry.receipt.receiptId),
      requestId,
      bytes: entry.receipt.bytes,
      ...(entry.usage === undefined ? {} : { usage: entry.usage.bytes }),
      keysetDigest: encodeHex(host.keysetDigest),
      verdict: verdictOf(entry.subject.leg),
      verifiedAt: entry.verifiedAt
    }
  }

  #judgeUsage({ subject, usage, receipt, receivedBytes, ended }: Entry): void {
    if (usage === undefined || !ended) return
    const { leg, known, requestId } = subject
    const counts = receipt === undefined ? {} : { receipt: receipt.usage }
    const doubts = [...doubtUsage(usage, { ...known, ...counts, receivedBytes, prices: leg.prices })]
    const { receiptHash } = usage
    if (receipt !== undefined && !(receiptHash !== null && equalBytes(receiptHash, sha256(receipt.bytes)))) {
      doubts.push('the statement names another receipt')
    }
    const { finish, counts: tokens, price } = usage
    this.#onEvent({ kind: 'usage-verified', requestId, finish, tokens, price, doubts })
  }
}

function statementName(requestId: string, keysetDigest: Uint8Array): string {
  return `${requestId} ${encodeHex(keysetDigest)}`
}

/** `affirming; tee=virtual`: what stands in `x-bombyx-verdict`. */
export function verdictOf({ host }: Leg): string {
  return `${host.result.status}; tee=${host.tee}`
}
