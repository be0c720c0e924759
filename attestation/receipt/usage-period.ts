import { appendLeaves, type CompactRange, EMPTY_RANGE, rangeRoot } from '../tlog/compact-range.ts'
import { leafHash, nodeHash } from '../tlog/hash.ts'
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

/** The period with one statement more; that it is verified, new and fits is the caller's to know. Throws where it does not fit. */
export function addUsage({ statements, totals }: UsagePeriod, usage: UsageStatement): UsagePeriod {
  const sums = sumsOf(totals, usage)
  if (!areSafe(sums)) throw new RangeError('the period must be closed before')
  return { statements: appendLeaves(statements, [leafHash(usage.bytes)]), totals: sums }
}

/** Whether the sums stay below 2^53 with this statement. The first one always fits. */
export function fitsPeriod({ totals }: UsagePeriod, usage: UsageStatement): boolean {
  return areSafe(sumsOf(totals, usage))
}

function sumsOf(totals: UsageLeaf['totals'], usage: UsageStatement): UsageLeaf['totals'] {
  return {
    promptTokens: totals.promptTokens + usage.counts.prompt,
    cachedTokens: totals.cachedTokens + usage.counts.cached,
    completionTokens: totals.completionTokens + usage.counts.completion,
    reasoningTokens: totals.reasoningTokens + usage.counts.reasoning,
    durationMs: totals.durationMs + usage.durationMs,
    price: totals.price + Number(usage.price)
  }
}

function areSafe(totals: UsageLeaf['totals']): boolean {
  return Object.values(totals).every(Number.isSafeInteger)
}

/** What the log is told of a period. */
export function usageLeaf(period: UsagePeriod, { from, to }: { readonly from: Date; readonly to: Date }): UsageLeaf {
  const { statements, totals } = period
  return { kind: 'usage', v: 1, from, to, root: rangeRoot(statements), count: Number(statements.size), totals }
}

/** The inclusion proof of one of a period's statements, all of them at hand in the order in which they were added. */
export function proveUsage(statements: readonly Uint8Array[], index: number): Proof {
  return usageProver(statements.map(leafHash))(index)
}

/** Proves any of a period's statements, by the leaf hashes of all: the tree is made once. */
export function usageProver(leafHashes: readonly Uint8Array[]): (index: number) => Proof {
  const levels = [leafHashes]
  for (let row = leafHashes; row.length > 1; levels.push(row)) {
    const below = row
    row = Array.from({ length: below.length >> 1 }, (_, at) =>
      nodeHash(below[2 * at] as Uint8Array, below[2 * at + 1] as Uint8Array)
    )
  }
  return (index) =>
    proveInclusion(BigInt(index), BigInt(leafHashes.length), ({ level, index: at }) => {
      const hash = levels[level]?.[Number(at)]
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
