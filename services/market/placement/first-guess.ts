import { type Candidates, type Holding, type Placement, peakTokens, type Serving } from './candidates.ts'
import type { HostClass } from './classes.ts'
import type { PlacementDemand } from './supply.ts'

/**
 * A plan that a solver may begin with: demands go where a host serves most tokens of them, and to hosts that hold the model before
 * others. A solver that runs out of time then has something to show.
 */
export function firstGuess({ classes, demands, servings }: Candidates): Placement {
  const free = new Map<HostClass, number>(classes.map((one) => [one, one.hosts.length]))
  const left = new Map<PlacementDemand, number>(demands.map((demand) => [demand, 1]))
  const hosts = new Map<Holding, number>()
  const used = new Map<Holding, number>()
  const shares = new Map<Serving, number>()
  for (const serving of [...servings].sort(byWorth)) {
    const { holding, demand } = serving
    const wanted = left.get(demand) ?? 0
    if (wanted <= 0) continue
    const [held, busy, spare] = [hosts.get(holding) ?? 0, used.get(holding) ?? 0, free.get(holding.class) ?? 0]
    const taken = Math.min(spare, Math.max(0, Math.ceil(busy + wanted * serving.hosts - held)))
    const share = Math.min(wanted, Math.max(0, (held + taken - busy) / serving.hosts))
    hosts.set(holding, held + taken)
    free.set(holding.class, spare - taken)
    used.set(holding, busy + share * serving.hosts)
    shares.set(serving, share)
    left.set(demand, wanted - share)
  }
  return { hosts, shares }
}

/** Tokens at the peak that one host serves; among alike, where most hosts hold the model, then the cheapest. */
function byWorth(a: Serving, b: Serving): number {
  const difference = peakTokens(b.demand) / b.hosts - peakTokens(a.demand) / a.hosts
  return difference || b.holding.held - a.holding.held || Number(a.price - b.price)
}
