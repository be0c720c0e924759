import type { HostClass } from './classes.ts'
import { type Holding, peakTokens, type Serving } from './problem.ts'
import type { PlacementDemand } from './supply.ts'

interface Parts {
  readonly columns: number
  readonly holdings: readonly Holding[]
  readonly servings: readonly Serving[]
  readonly moves: readonly { readonly holding: Holding; readonly column: number }[]
  readonly unmet: ReadonlyMap<PlacementDemand, number>
}

/**
 * A plan that a solver may begin with, a value a column: demands go where a host serves most tokens of them, and to hosts that
 * hold the model before others. What it finds is feasible, so that a solver which runs out of time has something to show.
 */
export function firstGuess({ columns, holdings, servings, moves, unmet }: Parts): readonly number[] {
  const values = new Array<number>(columns).fill(0)
  const rooms = new Map(holdings.map((holding) => [holding, { hosts: 0, used: 0 }]))
  const free = new Map<HostClass, number>(holdings.map((holding) => [holding.class, holding.class.hosts.length]))
  const left = new Map([...unmet.keys()].map((demand) => [demand, 1]))
  for (const serving of [...servings].sort(byWorth)) {
    const room = rooms.get(serving.holding)
    const wanted = left.get(serving.demand) ?? 0
    if (room === undefined || wanted <= 0) continue
    const spare = free.get(serving.holding.class) ?? 0
    const taken = Math.min(spare, Math.max(0, Math.ceil(room.used + wanted * serving.hosts - room.hosts)))
    room.hosts += taken
    free.set(serving.holding.class, spare - taken)
    const share = Math.min(wanted, Math.max(0, (room.hosts - room.used) / serving.hosts))
    room.used += share * serving.hosts
    values[serving.column] = share
    left.set(serving.demand, wanted - share)
  }
  for (const [holding, { hosts }] of rooms) values[holding.column] = hosts
  for (const { holding, column } of moves) values[column] = Math.max(0, (rooms.get(holding)?.hosts ?? 0) - holding.held)
  for (const [demand, column] of unmet) values[column] = left.get(demand) ?? 1
  return values
}

/** Tokens at the peak that one host serves; among alike, where most hosts hold the model, then the cheapest. */
function byWorth(a: Serving, b: Serving): number {
  const difference = peakTokens(b.demand) / b.hosts - peakTokens(a.demand) / a.hosts
  if (difference !== 0) return difference
  return b.holding.held - a.holding.held || Number(a.price - b.price) || a.column - b.column
}
