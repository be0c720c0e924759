import { equalBytes, sha256 } from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import type { Receipt } from './receipt.ts'
import type { TokenCounts, UsageStatement } from './usage.ts'

/** What a client kept of a request that a host answered. */
export interface OwnRequest {
  /** `<session id>-<n>`, as `requestName` has it. */
  readonly request: string
  readonly keysetDigest: Uint8Array
  readonly receipt: Receipt | undefined
  readonly usage: UsageStatement | undefined
}

export interface BilledUsage {
  readonly usage: UsageStatement
  /** Whether the bill asks for its price. */
  readonly charged: boolean
}

export type DifferenceKind =
  /** Billed, and no request of ours. */
  | 'not-ours'
  /** Of a request of ours, by a host that did not answer it. */
  | 'another-host'
  | 'billed-again'
  /** Other bytes than the statement that we were given. */
  | 'other-statement'
  /** Not what the receipt says. */
  | 'other-counts'
  /** We have its statement, the bill has not. */
  | 'not-billed'
  /** Answered with a receipt; no statement came to us, and none is billed. */
  | 'no-statement'

export interface Difference {
  readonly kind: DifferenceKind
  readonly request: string
  /** nanoTON: what the bill asks for. */
  readonly billed: bigint
  /** Both values, for people. */
  readonly what: string
}

export interface Reconciliation {
  /** Requests of which both sides say the same. */
  readonly matched: number
  /** nanoTON that the bill asks for, and of what matched. */
  readonly billed: bigint
  readonly agreed: bigint
  readonly differences: readonly Difference[]
}

export function requestName({ sessionId, n }: Pick<UsageStatement, 'sessionId' | 'n'>): string {
  return `${encodeHex(sessionId)}-${n}`
}

/** Holds a bill's statements against what a client kept, and names every difference. Order makes none. */
export function reconcile(own: readonly OwnRequest[], billed: readonly BilledUsage[]): Reconciliation {
  const ours = new Map(own.map((request) => [request.request, request]))
  const differences: Difference[] = []
  const answered = new Set<string>()
  let [matched, agreed, total] = [0, 0n, 0n]
  for (const { usage, charged } of billed) {
    const price = charged ? usage.price : 0n
    total += price
    const found = compare(ours.get(requestName(usage)), usage, answered)
    if (found !== undefined) differences.push({ ...found, request: requestName(usage), billed: price })
    else {
      matched++
      agreed += price
    }
  }
  for (const { request, usage } of own) if (!answered.has(request)) differences.push(missing(request, usage))
  return { matched, billed: total, agreed, differences }
}

type Found = Pick<Difference, 'kind' | 'what'>

/** `answered`: requests that a statement of the right host has been held against. */
function compare(known: OwnRequest | undefined, billed: UsageStatement, answered: Set<string>): Found | undefined {
  if (known === undefined) return { kind: 'not-ours', what: `${billed.model}: no such request was made here` }
  if (!equalBytes(known.keysetDigest, billed.keysetDigest)) {
    const [ours, theirs] = [known, billed].map(({ keysetDigest }) => encodeHex(keysetDigest).slice(0, 12))
    return { kind: 'another-host', what: `${ours} answered, ${theirs} bills` }
  }
  if (answered.has(known.request)) return { kind: 'billed-again', what: `statement ${billed.seq} of its epoch, too` }
  answered.add(known.request)
  return compareReceipt(known.receipt, billed) ?? compareStatement(known.usage, billed)
}

function compareReceipt(receipt: Receipt | undefined, billed: UsageStatement): Found | undefined {
  if (receipt === undefined) return undefined
  const [ours, theirs] = [countsText(receipt.usage), countsText(billed.counts)]
  if (ours !== theirs) return { kind: 'other-counts', what: `the receipt says ${ours}, the bill ${theirs}` }
  const same = billed.receiptHash !== null && equalBytes(billed.receiptHash, sha256(receipt.bytes))
  return same ? undefined : { kind: 'other-counts', what: 'the bill names another receipt' }
}

function compareStatement(kept: UsageStatement | undefined, billed: UsageStatement): Found | undefined {
  if (kept === undefined || equalBytes(kept.bytes, billed.bytes)) return undefined
  const [ours, theirs] = [kept, billed].map(
    ({ counts, price, finish }) => `${countsText(counts)}, ${price} nanoTON, ${finish}`
  )
  return { kind: 'other-statement', what: `kept: ${ours}; billed: ${theirs}` }
}

function missing(request: string, usage: UsageStatement | undefined): Difference {
  const what = usage === undefined ? 'answered with a receipt' : `${usage.price} nanoTON by the statement that was kept`
  return { kind: usage === undefined ? 'no-statement' : 'not-billed', request, billed: 0n, what }
}

function countsText({ prompt, cached, completion, reasoning }: TokenCounts): string {
  return `${prompt} + ${cached} cached in, ${completion} + ${reasoning} reasoning out`
}
