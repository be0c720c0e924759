import type { Candidates, Placement } from './candidates.ts'
import { firstGuess } from './first-guess.ts'
import { gapOf, objectiveValue, type Row, type Solve, settled } from './linear-problem.ts'
import { narrow } from './narrow.ts'
import { type PlacementProblem, placementProblem } from './problem.ts'
import { roundHosts } from './rounding.ts'

export interface Found {
  readonly placement: Placement
  /** Of each aim, how far it may be from its best, as a share of it; 0 where the best is proven. */
  readonly gaps: readonly number[]
}

/** Of the time that is left: for a problem without integers, and for the three with them. */
const DIVIDED = 0.2
const WHOLE = [0.5, 0.6, 1]

/**
 * First hosts are divided, which says what no plan can be better than and which holdings are worth having. That is rounded to whole
 * hosts, and improved by a search for whole numbers among those holdings, one aim after the other.
 */
export function searchPlacement(candidates: Candidates, solve: Solve): Found {
  const divided = placementProblem(candidates, new Map())
  const ideal = solveDivided(divided, solve)
  const chosen = narrow(candidates, divided.read(ideal.values).shares, (serving) =>
    ideal.reducedCosts.map((costs) => costs[divided.columnOf(serving)] ?? 0)
  )
  const whole = placementProblem(chosen, 'whole')
  let placement = roundHosts(chosen, { ideal: ideal.reached, solve, share: DIVIDED }) ?? firstGuess(chosen)
  const kept: { readonly divided: Row[]; readonly whole: Row[] } = { divided: [], whole: [] }
  const gaps = whole.aims.map(({ entries: objective, slack }, index) => {
    const aim = divided.aims[index]?.entries ?? []
    const best = solve({ ...divided, rows: [...divided.rows, ...kept.divided], objective: aim }, DIVIDED).bound
    const problem = { ...whole, rows: [...whole.rows, ...kept.whole], objective, enough: best }
    const found = solve({ ...problem, start: whole.write(placement) }, WHOLE[index] ?? 1)
    if (found.values !== undefined) placement = whole.read(found.values)
    const value = objectiveValue(objective, whole.write(placement))
    kept.divided.push(settled(aim, value * (1 + slack)))
    kept.whole.push(settled(objective, value * (1 + slack)))
    return gapOf(objective, value, chosen === candidates ? Math.max(best, found.bound) : best)
  })
  return { placement, gaps }
}

/** One aim after the other. */
function solveDivided({ aims, ...problem }: PlacementProblem, solve: Solve) {
  const rows = [...problem.rows]
  const reached: number[] = []
  const reducedCosts: (readonly number[])[] = []
  let values: readonly number[] = []
  for (const { entries: objective, slack } of aims) {
    const found = solve({ ...problem, rows, objective }, DIVIDED)
    values = found.values ?? values
    const value = objectiveValue(objective, values)
    rows.push(settled(objective, value * (1 + slack)))
    reached.push(value)
    reducedCosts.push(found.reducedCosts)
  }
  return { values, reached, reducedCosts }
}
