import { appendLeaves, type CompactRange, EMPTY_RANGE, rangeRoot } from '../tlog/compact-range.ts'
import { leafHash } from '../tlog/hash.ts'
import type { UsageLeaf } from '../tlog/leaf.ts'
import { type Proof, proveInclusion } from '../tlog/prove.ts'
import { verifyInclusion } from '../tlog/verify-proof.ts'
import type { UsageStatement } from './usage.ts'

/** The usage statements of a period, as the log's usage leaf will tell them. */
export interface UsagePeriod {
  readonly statements: CompactRange
  readonly totals: UsageLeaf['totals']
}

export const EMPTY_PERIOD: UsagePeriod = {
  statements: EMPTY_RANGE,
  totals: { promptTokens: 0, cachedTokens: 0, completionTokens: 0, reasoningTokens: 0, durationMs: 0, price: 0 }
}

/** The period with one statement more; that it is verified and new is the caller's to know. Throws past 2^53 of anything. */
export function addUsage({ statements, totals }: UsagePeriod, usage: UsageStatement): UsagePeriod {
  return {
    statements: appendLeaves(statements, [leafHash(usage.bytes)]),
    totals: {
      promptTokens: sum(totals.promptTokens, usage.counts.prompt),
      cachedTokens: sum(totals.cachedTokens, usage.counts.cached),
      completionTokens: sum(totals.completionTokens, usage.counts.completion),
      reasoningTokens: sum(totals.reasoningTokens, usage.counts.reasoning),
      durationMs: sum(totals.durationMs, usage.durationMs),
      price: sum(totals.price, Number(usage.price))
    }
  }
}

/** What the log is told of a period. */
export function usageLeaf(period: UsagePeriod, { from, to }: { readonly from: Date; readonly to: Date }): UsageLeaf {
  const { statements, totals } = period
  return { kind: 'usage', v: 1, from, to, root: rangeRoot(statements), count: Number(statements.size), totals }
}

/** The inclusion proof of one of a period's statements, all of them at hand in the order in which they were added. */
export function proveUsage(statements: readonly Uint8Array[], index: number): Proof {
  const nodes = new Map<string, Uint8Array>()
  appendLeaves(EMPTY_RANGE, statements.map(leafHash), (level, at, hash) => nodes.set(`${level}/${at}`, hash))
  return proveInclusion(BigInt(index), BigInt(statements.length), ({ level, index: at }) => {
    const hash = nodes.get(`${level}/${at}`)
    if (hash === undefined) throw new TypeError(`no node ${level}/${at}`)
    return hash
  })
}

/** Checks that a statement is one of those that a usage leaf counts. Refuses with PROOF_MALFORMED or PROOF_INVALID. */
export function verifyUsageInLeaf(
  statement: Uint8Array,
  { index, proof }: { readonly index: number; readonly proof: Proof },
  leaf: UsageLeaf
): void {
  const claim = { leafIndex: BigInt(index), treeSize: BigInt(leaf.count), leafHash: leafHash(statement) }
  verifyInclusion({ ...claim, root: leaf.root, proof })
}

function sum(a: number, b: number): number {
  const total = a + b
  if (!Number.isSafeInteger(total)) throw new RangeError(`a period's total of ${total}: it must be closed before`)
  return total
}
