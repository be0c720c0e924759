import { equalBytes, sha256 } from '../../../attestation/crypto.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import type { Receipt } from '../../../attestation/receipt/receipt.ts'
import { requestName } from '../../../attestation/receipt/reconcile.ts'
import { priceOf, type TokenCounts, type UsageStatement, verifyUsage } from '../../../attestation/receipt/usage.ts'
import { parseKeyset } from '../../../attestation/session/keyset.ts'
import type { ReceiptSubject } from '../receipts/receipts.ts'
import { doubtUsage, sameCounts } from '../receipts/usage-plausibility.ts'

/** What the usage statement of an answer must say, by its verified receipt and the prices that were accepted. */
export interface AwaitedStatement {
  /** `<session id>-<n>`. */
  readonly request: string
  /** Of the host that answered, 32 bytes. */
  readonly keysetDigest: Uint8Array
  /** SHA-256 of the receipt with its signature. */
  readonly receiptHash: Uint8Array
  readonly counts: TokenCounts
  /** nanoTON. */
  readonly price: bigint
  /** Unix seconds at which the receipt was verified. */
  readonly at: number
}

/** A statement as the market has it, with the keyset that its digest names; unchecked. */
export interface FoundStatement {
  readonly statement: Uint8Array
  readonly keyset: Uint8Array
}

/** After so many seconds a host that has not said what it wants does not want it. */
const GIVEN_UP_AFTER = 7 * 86_400

/** Undefined where nothing is owed: it costs nothing, or a statement that says what the receipt does would not be believed. */
export function awaitStatement(
  receipt: Receipt,
  { requestId, leg, known }: ReceiptSubject,
  { receivedBytes, at }: { readonly receivedBytes: number; readonly at: number }
): AwaitedStatement | undefined {
  const counts = receipt.usage
  const price = priceOf(counts, leg.prices)
  const doubts = doubtUsage({ counts, model: known.model, price }, { ...known, receivedBytes, prices: leg.prices })
  if (price === 0n || doubts.length > 0) return undefined
  return { request: requestId, keysetDigest: leg.digest, receiptHash: sha256(receipt.bytes), counts, price, at }
}

/**
 * The statement, once it proves to be the awaited one: its keyset is the host's, whose receipt key signed it, and it says of this
 * request what the receipt does, at the accepted prices. Refuses with KEYSET_MALFORMED, USAGE_MALFORMED or USAGE_REFUSED.
 */
export function matchStatement(
  awaited: AwaitedStatement,
  { statement, keyset: bytes }: FoundStatement
): UsageStatement {
  const keyset = parseKeyset(bytes)
  if (!equalBytes(keyset.digest, awaited.keysetDigest)) throw refused('of another host')
  const usage = verifyUsage(statement, keyset)
  const { receiptHash, counts, price } = usage
  if (requestName(usage) !== awaited.request) throw refused('of another request')
  if (receiptHash === null || !equalBytes(receiptHash, awaited.receiptHash)) throw refused('it names another receipt')
  if (!sameCounts(counts, awaited.counts)) throw refused('other counts than the receipt')
  if (price !== awaited.price) throw refused(`a price of ${price} where the accepted prices make ${awaited.price}`)
  return usage
}

/** Asked for at ages of 1, 2, 4, 8 and so on minutes, when somebody looks once a minute. */
export function isAskedFor({ at }: AwaitedStatement, now: number): boolean {
  const minutes = Math.floor((now - at) / 60)
  return minutes > 0 && Number.isInteger(Math.log2(minutes))
}

export function isGivenUp({ at }: AwaitedStatement, now: number): boolean {
  return now - at > GIVEN_UP_AFTER
}

function refused(message: string): AttestationError {
  return new AttestationError('USAGE_REFUSED', message)
}
