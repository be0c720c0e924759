import type { HostClass } from './classes.ts'
import { firstGuess } from './first-guess.ts'
import type { Column, Entry, LinearProblem, Objective, Row } from './linear-problem.ts'
import { hostSeconds, type PlacementDemand, peakRate, queryPrice, type ThroughputOf } from './supply.ts'

/** How many hosts of a class hold a model: an integer of the problem. */
export interface Holding {
  readonly class: HostClass
  readonly model: string
  readonly column: number
  /** Of the class's hosts, those that hold it now. */
  readonly held: number
}

/** The share of a demand that the hosts of one holding serve. */
export interface Serving {
  readonly holding: Holding
  readonly demand: PlacementDemand
  readonly column: number
  /** Hosts that serving all of the demand takes at its peak. */
  readonly hosts: number
  /** nanoTON for one average query at the class's prices. */
  readonly price: bigint
}

export interface PlacementProblem {
  readonly linear: LinearProblem
  readonly holdings: readonly Holding[]
  readonly servings: readonly Serving[]
  /** Column of the share of a demand that nobody serves. */
  readonly unmet: ReadonlyMap<PlacementDemand, number>
}

/** Share of a host's throughput that is planned with; the rest is for what averages hide. */
export const TARGET_UTILISATION = 0.8

/** For less than this share of what all demand costs nobody is asked to load another model. */
const COST_SLACK = 0.01

/**
 * Shares are 0 to 1, so that a demand of a query a day and one of a million are as exact. The objectives, in order: tokens
 * a second at the peak that nobody serves, nanoTON a day, hosts that must load another model.
 */
export function placementProblem(
  classes: readonly HostClass[],
  demands: readonly PlacementDemand[],
  throughputOf: ThroughputOf
): PlacementProblem {
  const columns: Column[] = []
  const add = (upper: number, integer: boolean): number => columns.push({ upper, integer }) - 1
  const holdings: Holding[] = []
  const servings: Serving[] = []
  const unmet = new Map(demands.map((demand) => [demand, add(1, false)]))
  for (const hosts of classes) {
    for (const [model, wanted] of Map.groupBy(demands, (demand) => demand.model)) {
      const served = wanted.flatMap((demand) => serve(hosts, demand, throughputOf) ?? [])
      if (served.length === 0) continue
      const held = hosts.hosts.filter(({ holds }) => holds === model).length
      const holding = { class: hosts, model, column: add(hosts.hosts.length, true), held }
      holdings.push(holding)
      for (const one of served) servings.push({ ...one, holding, column: add(1, false) })
    }
  }
  const moves = holdings.map((holding) => ({ holding, column: add(holding.class.hosts.length, false) }))
  const rows = [...demandRows(unmet, servings), ...capacityRows(holdings, servings), ...classRows(holdings)]
  for (const { holding, column } of moves) rows.push(atMost(holding.held, [one(holding.column), one(column, -1)]))
  const objectives: Objective[] = [
    { entries: unmetTokens(unmet), slack: 0 },
    { entries: dailyCost(servings), slack: COST_SLACK },
    { entries: moves.map(({ column }) => one(column)), slack: 0 }
  ]
  const start = firstGuess({ columns: columns.length, holdings, servings, moves, unmet })
  return { linear: { columns, rows, objectives, start }, holdings, servings, unmet }
}

/** Undefined where no host of the class may or can serve the demand. */
function serve(
  hosts: HostClass,
  demand: PlacementDemand,
  throughputOf: ThroughputOf
): Pick<Serving, 'demand' | 'hosts' | 'price'> | undefined {
  if (hosts.models !== 'any' && !hosts.models.includes(demand.model)) return undefined
  if (demand.region !== '' && demand.region !== hosts.region) return undefined
  if (hosts.policyLevel < demand.policyLevel || hosts.uptime <= 0) return undefined
  const price = queryPrice(hosts.prices, demand)
  if (demand.priceCeiling !== undefined && price > demand.priceCeiling) return undefined
  const throughput = throughputOf(demand.model, hosts.gpu, hosts.gpus)
  if (throughput === undefined || throughput.vramGib > hosts.vramGib) return undefined
  const firstTokenMs = (demand.inputTokens / throughput.promptTokensPerSecond) * 1000
  if (demand.latencyCeilingMs !== undefined && firstTokenMs > demand.latencyCeilingMs) return undefined
  const usable = TARGET_UTILISATION * hosts.uptime
  return { demand, price, hosts: (peakRate(demand) * hostSeconds(demand, throughput)) / usable }
}

function demandRows(unmet: ReadonlyMap<PlacementDemand, number>, servings: readonly Serving[]): Row[] {
  const byDemand = Map.groupBy(servings, ({ demand }) => demand)
  return [...unmet].map(([demand, column]) => {
    const served = byDemand.get(demand) ?? []
    return { lower: 1, upper: 1, entries: [one(column), ...served.map((serving) => one(serving.column))] }
  })
}

/** What the hosts of a holding serve takes no more hosts than hold the model. */
function capacityRows(holdings: readonly Holding[], servings: readonly Serving[]): Row[] {
  const byHolding = Map.groupBy(servings, ({ holding }) => holding)
  return holdings.map((holding) => {
    const served = byHolding.get(holding) ?? []
    return atMost(0, [...served.map(({ column, hosts }) => one(column, hosts)), one(holding.column, -1)])
  })
}

function classRows(holdings: readonly Holding[]): Row[] {
  return [...Map.groupBy(holdings, (holding) => holding.class)].map(([hosts, ofClass]) =>
    atMost(
      hosts.hosts.length,
      ofClass.map(({ column }) => one(column))
    )
  )
}

function unmetTokens(unmet: ReadonlyMap<PlacementDemand, number>): Entry[] {
  const weights = [...unmet].map(([demand, column]) => ({ column, value: peakTokens(demand) }))
  return scaled(weights)
}

function dailyCost(servings: readonly Serving[]): Entry[] {
  return scaled(servings.map(({ column, demand, price }) => ({ column, value: demand.queriesPerDay * Number(price) })))
}

/** Tokens a second that all of a demand is at its peak. */
export function peakTokens(demand: PlacementDemand): number {
  return peakRate(demand) * (demand.inputTokens + demand.outputTokens)
}

// The solver's tolerances are absolute: what is weighed adds up to a thousand, whatever its unit.
function scaled(entries: readonly Entry[]): Entry[] {
  const total = entries.reduce((sum, { value }) => sum + value, 0)
  return total === 0 ? [...entries] : entries.map(({ column, value }) => ({ column, value: (value * 1000) / total }))
}

function atMost(upper: number, entries: readonly Entry[]): Row {
  return { lower: Number.NEGATIVE_INFINITY, upper, entries }
}

function one(column: number, value = 1): Entry {
  return { column, value }
}
