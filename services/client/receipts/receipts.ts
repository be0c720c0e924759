import { equalBytes, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import type { Receipt } from '../../../attestation/receipt/receipt.ts'
import { parseUsage, type UsageStatement, verifyUsage } from '../../../attestation/receipt/usage.ts'
import type { VerifiedReceipt } from '../client.ts'
import type { ClientEventListener } from '../events.ts'
import { type AwaitedStatement, awaitStatement } from '../payment/awaited.ts'
import { Recent } from '../recent.ts'
import type { Leg } from '../sessions/session.ts'
import type { KeptPart } from './receipt-files.ts'
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
  /** Whether the statement's own signature has been checked. */
  usageProven: boolean
}

/** Is told of each receipt for which a statement must come, and of each statement once, with what of it is hard to believe. */
export interface StatementListener {
  awaits(leg: Leg, awaited: AwaitedStatement): void
  judged(leg: Leg, usage: UsageStatement, doubts: readonly string[]): void
}

/** The receipts of the last thousand requests, and the usage statements that came for them. */
export class Receipts {
  readonly #entries = new Recent<Entry>(MOST)
  readonly #requestOf = new Recent<string>(MOST)
  /** A short answer's statement can come in one batch with all of the answer, before anybody has looked at that. */
  readonly #early = new Recent<Uint8Array>(MOST_EARLY_BYTES, (bytes) => bytes.byteLength)
  readonly #onEvent: ClientEventListener
  readonly #listener: StatementListener | undefined
  readonly #keep: ((part: KeptPart) => void) | undefined

  constructor(onEvent: ClientEventListener, listener?: StatementListener, keep?: (part: KeptPart) => void) {
    this.#onEvent = onEvent
    this.#listener = listener
    this.#keep = keep
  }

  /** A host's answer has begun. */
  begin(subject: ReceiptSubject): void {
    this.#entries.set(subject.requestId, {
      subject,
      receivedBytes: 0,
      ended: false,
      receipt: undefined,
      verifiedAt: 0,
      usage: undefined,
      usageProven: false
    })
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
      this.#keep?.({ request: requestId, keysetDigest: entry.subject.leg.digest, receipt: receipt.bytes })
      this.#onEvent({
        kind: 'receipt-verified',
        requestId,
        host: encodeHex(entry.subject.leg.digest),
        receiptId: encodeHex(receipt.receiptId),
        tokens: receipt.usage
      })
      const awaited = awaitStatement(receipt, entry.subject, { receivedBytes, at: now })
      if (awaited !== undefined) this.#listener?.awaits(entry.subject.leg, awaited)
    }
    this.#unlessRefused(() => this.#judgeUsage(entry))
  }

  /** A statement that the relay passed on, kept when it is of a request of ours and of the host that answered. */
  receiveUsage(bytes: Uint8Array): void {
    this.#unlessRefused(() => {
      const usage = parseUsage(bytes)
      const requestId = `${encodeHex(usage.sessionId)}-${usage.n}`
      const entry = this.#entries.get(requestId)
      if (entry === undefined) this.#early.set(statementName(requestId, usage.keysetDigest), bytes)
      if (entry === undefined || this.#hasOther(entry, bytes)) return
      // A host that lost the request before another answered it has its own statement: nothing of ours to check it by.
      if (!equalBytes(usage.keysetDigest, entry.subject.leg.digest)) return
      entry.usage = usage
      this.#judgeUsage(entry)
    })
  }

  /** Whether the entry has a statement that keeps out another: one that a relay made up gives its place to the host's own. */
  #hasOther(entry: Entry, bytes: Uint8Array): boolean {
    if (entry.usage === undefined) return false
    if (!equalBytes(entry.usage.bytes, bytes)) this.#unlessRefused(() => proveUsage(entry))
    return entry.usage !== undefined
  }

  /** By the receipt's id or the request's. */
  find(id: string): VerifiedReceipt | undefined {
    const requestId = this.#requestOf.get(id) ?? id
    const entry = this.#entries.get(requestId)
    if (entry?.receipt === undefined) return undefined
    this.#unlessRefused(() => proveUsage(entry))
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

  #judgeUsage(entry: Entry): void {
    const { subject, usage, receipt, receivedBytes, ended } = entry
    if (usage === undefined || !ended) return
    const { leg, known, requestId } = subject
    const counts = receipt === undefined ? {} : { receipt: receipt.usage }
    const doubts = [...doubtUsage(usage, { ...known, ...counts, receivedBytes, prices: leg.prices })]
    if (receipt !== undefined && !namesReceipt(usage, receipt)) doubts.push('the statement names another receipt')
    // What a verified receipt and the accepted prices say already needs no second signature to be believed. What is kept for bills
    // to be held against does: of one that a relay made up, the market's would differ.
    if (receipt === undefined || doubts.length > 0 || this.#keep !== undefined) proveUsage(entry)
    const { finish, counts: tokens, price } = usage
    this.#onEvent({ kind: 'usage-verified', requestId, finish, tokens, price, doubts })
    this.#keep?.({ request: requestId, keysetDigest: leg.digest, usage: usage.bytes })
    this.#listener?.judged(leg, usage, doubts)
  }

  #unlessRefused(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      this.#onEvent({ kind: 'usage-refused', code: error.code, reason: error.message })
    }
  }
}

/** Checks the signature of an entry's statement, once. Refuses with USAGE_REFUSED, and the statement is forgotten. */
function proveUsage(entry: Entry): void {
  if (entry.usage === undefined || entry.usageProven) return
  const { bytes } = entry.usage
  entry.usage = undefined
  entry.usage = verifyUsage(bytes, entry.subject.leg.host.keyset)
  entry.usageProven = true
}

function namesReceipt({ receiptHash }: UsageStatement, receipt: Receipt): boolean {
  return receiptHash !== null && equalBytes(receiptHash, sha256(receipt.bytes))
}

function statementName(requestId: string, keysetDigest: Uint8Array): string {
  return `${requestId} ${encodeHex(keysetDigest)}`
}

/** `affirming; tee=virtual`: what stands in `x-bombyx-verdict`. */
export function verdictOf({ host }: Leg): string {
  return `${host.result.status}; tee=${host.tee}`
}
