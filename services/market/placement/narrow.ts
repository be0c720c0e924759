import type { Candidates, Holding, Placement, Serving } from './candidates.ts'

/** More integers than so many are not solved in the time that a plan has. */
const MOST_HOLDINGS = 800
/** Holdings a class, and a demand, beside those that the divided problem uses: room to round it. */
const SPARE = 4

/**
 * Of many holdings those that a good plan is likely to be made of: what serves where hosts can be divided, and for each class and each
 * demand those that would cost least beside it. `worth` says that of a serving, for each objective: less is better.
 */
export function narrow(
  candidates: Candidates,
  shares: Placement['shares'],
  worth: (serving: Serving) => readonly number[]
): Candidates {
  if (candidates.holdings.length <= MOST_HOLDINGS) return candidates
  const { servings } = candidates
  const ranked = servings.map((serving, index) => ({ serving, rank: [...worth(serving).map(rounded), spread(index)] }))
  ranked.sort((a, b) => compare(a.rank, b.rank))
  const chosen = new Set(servings.filter((serving) => (shares.get(serving) ?? 0) > LEAST).map(({ holding }) => holding))
  const groups = [
    Map.groupBy(ranked, ({ serving }) => serving.holding.class),
    Map.groupBy(ranked, ({ serving }) => serving.demand)
  ]
  for (const group of groups.flatMap((by) => [...by.values()]))
    for (const holding of firstOf(group.map(({ serving }) => serving.holding))) chosen.add(holding)
  return {
    ...candidates,
    holdings: candidates.holdings.filter((holding) => chosen.has(holding)),
    servings: servings.filter(({ holding }) => chosen.has(holding))
  }
}

const LEAST = 1e-7

function firstOf(holdings: readonly Holding[]): readonly Holding[] {
  return [...new Set(holdings)].slice(0, SPARE)
}

/** What a solver cannot tell apart is the same. */
function rounded(value: number): number {
  return Math.round(value * 1e9)
}

/** Among alike, not the same few for everybody. */
function spread(index: number): number {
  return (index * 7919) % 104_729
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
