import type { Candidates, Holding, Placement } from './candidates.ts'
import { type Entry, one, type Solve } from './linear-problem.ts'
import { type Fixed, type PlacementProblem, placementProblem } from './problem.ts'

/** Of all tokens, and of the cost and the moves of divided hosts: each far below the one before, and all moves for 1 % of the cost. */
const WEIGHTS = [1, 0.02, 0.0002]
const LEAST = 1e-6

interface RoundingContext {
  /** What divided hosts reach of each aim. */
  readonly ideal: readonly number[]
  readonly solve: Solve
  /** Of the time that is left, for each time that all is placed. */
  readonly share: number
}

/**
 * Whole hosts out of divided ones. Where hosts of a class serve a model for at least the whole of one's time, so many get the model;
 * otherwise the holding with the largest part gets one. Then all that is still divided is placed again, until nothing is.
 */
export function roundHosts(candidates: Candidates, { ideal, solve, share }: RoundingContext): Placement | undefined {
  const fixed = new Map<Holding, number>()
  for (;;) {
    const problem = placementProblem(candidates, fixed)
    const { values } = solve({ ...problem, objective: inOne(problem, ideal) }, share)
    if (values === undefined) return undefined
    const { shares } = problem.read(values)
    const parts = partsOf(shares, fixed)
    if (parts.size === 0) return { hosts: fixed, shares }
    for (const ofClass of Map.groupBy(parts, ([holding]) => holding.class).values()) fix(ofClass, fixed)
  }
}

/** Hosts that each holding uses beyond those that are fixed. */
function partsOf(shares: Placement['shares'], fixed: Fixed): ReadonlyMap<Holding, number> {
  const used = new Map<Holding, number>()
  for (const [{ holding, hosts }, share] of shares) used.set(holding, (used.get(holding) ?? 0) + share * hosts)
  const more = [...used].map(([holding, hosts]) => [holding, hosts - (fixed.get(holding) ?? 0)] as const)
  return new Map(more.filter(([, hosts]) => hosts > LEAST))
}

function fix(parts: readonly (readonly [Holding, number])[], fixed: Map<Holding, number>): void {
  const largest = parts.reduce((a, b) => (b[1] > a[1] ? b : a))
  const whole = parts.filter(([, hosts]) => hosts >= 1 - LEAST)
  for (const [holding, hosts] of whole.length > 0 ? whole : [largest])
    fixed.set(holding, (fixed.get(holding) ?? 0) + Math.max(1, Math.floor(hosts + LEAST)))
}

function inOne({ aims }: PlacementProblem, ideal: readonly number[]): readonly Entry[] {
  const sums = new Map<number, number>()
  for (const [index, { entries }] of aims.entries()) {
    const all = index === 0 ? entries.reduce((sum, { value }) => sum + value, 0) : (ideal[index] ?? 0)
    const weight = (WEIGHTS[index] ?? 0) / (all || 1)
    for (const { column, value } of entries) sums.set(column, (sums.get(column) ?? 0) + value * weight)
  }
  return [...sums].map(([column, value]) => one(column, value))
}
