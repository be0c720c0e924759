import { type Candidates, candidatesOf, type Holding, type Placement } from './candidates.ts'
import { byId, classesOf } from './classes.ts'
import type { Solver } from './linear-problem.ts'
import { type Found, searchPlacement } from './search.ts'
import { type PlacementDemand, type PlacementHost, queryPrice, type ThroughputOf } from './supply.ts'

/** What one host should hold and may expect to earn. */
export interface HostPlan {
  readonly host: PlacementHost
  /** Undefined: nobody wants what it could serve. */
  readonly model: string | undefined
  readonly moves: boolean
  readonly queriesPerDay: number
  /** nanoTON a day, at the host's own prices, before the market's fee. */
  readonly earningsPerDay: bigint
}

export interface DemandPlan {
  readonly demand: PlacementDemand
  readonly servedQueriesPerDay: number
  readonly unmetQueriesPerDay: number
  /** nanoTON a day for what is served. */
  readonly costPerDay: bigint
  /** Why some of it is unmet: nobody may or can serve it, or those who can are full. */
  readonly unmetBecause: 'no-host' | 'capacity' | undefined
}

export interface PlacementPlan {
  /** By host's id. */
  readonly hosts: readonly HostPlan[]
  /** By demand's id. */
  readonly demands: readonly DemandPlan[]
  /** How far unmet demand, cost and moves may be from the best, as a share; 0 where the best is proven. */
  readonly gaps: { readonly unmet: number; readonly cost: number; readonly moves: number }
}

/** What a plan is made of. */
export interface PlacementInput {
  readonly hosts: readonly PlacementHost[]
  readonly demands: readonly PlacementDemand[]
  /** Unix seconds. */
  readonly now: number
}

/**
 * Which host should hold which model: as little unmet demand as possible, then as cheap, then with as few moves. Pure, and
 * whatever the order of its inputs the plan is the same. A host whose attestation has lapsed gets nothing.
 */
export function planPlacement(input: PlacementInput, throughputOf: ThroughputOf, solver: Solver): PlacementPlan {
  const demands = [...input.demands].sort(byId)
  const candidates = candidatesOf(classesOf(input.hosts, input.now), demands, throughputOf)
  const { placement, gaps } = candidates.servings.length === 0 ? NOTHING : searchPlacement(candidates, solver())
  const given = assignHosts(placement)
  const earned = shareQueries(placement, given)
  const [unmet = 0, cost = 0, moves = 0] = gaps
  return {
    hosts: [...input.hosts].sort(byId).map((host) => planOf(host, given, earned)),
    demands: demands.map((demand) => demandPlan(demand, candidates, earned)),
    gaps: { unmet, cost, moves }
  }
}

/** Of the solver's shares. */
const TOLERANCE = 2e-6
const NOTHING: Found = { placement: { hosts: new Map(), shares: new Map() }, gaps: [] }

interface Earning {
  readonly host: PlacementHost
  readonly demand: PlacementDemand
  readonly queriesPerDay: number
  readonly nanoton: bigint
}

/** Those that hold the model keep it; then idle ones load it, then others, by id. */
function assignHosts({ hosts: counts }: Placement): ReadonlyMap<PlacementHost, Holding> {
  const given = new Map<PlacementHost, Holding>()
  const missing: { readonly holding: Holding; readonly hosts: number }[] = []
  for (const [holding, count] of counts) {
    const keep = holding.class.hosts.filter(({ holds }) => holds === holding.model).slice(0, count)
    for (const host of keep) given.set(host, holding)
    missing.push({ holding, hosts: count - keep.length })
  }
  for (const { holding, hosts } of missing) {
    const free = holding.class.hosts.filter((host) => !given.has(host))
    const idleFirst = [
      ...free.filter(({ holds }) => holds === undefined),
      ...free.filter(({ holds }) => holds !== undefined)
    ]
    for (const host of idleFirst.slice(0, hosts)) given.set(host, holding)
  }
  return given
}

/** What each host serves in whole queries: the share of its holding, spread evenly. */
function shareQueries({ shares }: Placement, given: ReadonlyMap<PlacementHost, Holding>): readonly Earning[] {
  const hostsOf = Map.groupBy(given.keys(), (host) => given.get(host))
  return [...Map.groupBy(shares, ([{ demand }]) => demand)].flatMap(([demand, ofDemand]) => {
    const queries = wholeParts(
      demand.queriesPerDay,
      ofDemand.map(([, share]) => share)
    )
    return ofDemand.flatMap(([{ holding }], index) => {
      const hosts = hostsOf.get(holding) ?? []
      return spread(queries[index] ?? 0, hosts.length).map((queriesPerDay, at) => {
        const host = hosts[at] as PlacementHost
        return { host, demand, queriesPerDay, nanoton: BigInt(queriesPerDay) * queryPrice(host.prices, demand) }
      })
    })
  })
}

/** Whole numbers that add up to what the shares do, to within the solver's tolerance. */
function wholeParts(total: number, shares: readonly number[]): readonly number[] {
  let sum = 0
  let given = 0
  return shares.map((share) => {
    sum += share
    const part = Math.floor(total * Math.min(1, sum + TOLERANCE)) - given
    given += part
    return part
  })
}

function spread(total: number, parts: number): readonly number[] {
  return Array.from({ length: parts }, (_, index) => Math.floor((total + index) / parts))
}

function planOf(host: PlacementHost, given: ReadonlyMap<PlacementHost, Holding>, earned: readonly Earning[]): HostPlan {
  const model = given.get(host)?.model
  const own = earned.filter((earning) => earning.host === host)
  return {
    host,
    model,
    moves: model !== undefined && model !== host.holds,
    queriesPerDay: own.reduce((sum, { queriesPerDay }) => sum + queriesPerDay, 0),
    earningsPerDay: own.reduce((sum, { nanoton }) => sum + nanoton, 0n)
  }
}

function demandPlan(demand: PlacementDemand, candidates: Candidates, earned: readonly Earning[]): DemandPlan {
  const own = earned.filter((earning) => earning.demand === demand)
  const served = own.reduce((sum, { queriesPerDay }) => sum + queriesPerDay, 0)
  const unmet = demand.queriesPerDay - served
  const canServe = candidates.servings.some((serving) => serving.demand === demand)
  return {
    demand,
    servedQueriesPerDay: served,
    unmetQueriesPerDay: unmet,
    costPerDay: own.reduce((sum, { nanoton }) => sum + nanoton, 0n),
    unmetBecause: unmet === 0 ? undefined : canServe ? 'capacity' : 'no-host'
  }
}
