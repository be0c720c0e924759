import type { HostClass } from './classes.ts'
import { hostSeconds, type PlacementDemand, peakRate, queryPrice, type ThroughputOf } from './supply.ts'

/** Hosts of a class that hold a model. */
export interface Holding {
  readonly class: HostClass
  readonly model: string
  /** Of the class's hosts, those that hold it now. */
  readonly held: number
}

/** A holding that may and can serve a demand. */
export interface Serving {
  readonly holding: Holding
  readonly demand: PlacementDemand
  /** Hosts that serving all of the demand takes at its peak. */
  readonly hosts: number
  /** nanoTON for one average query at the class's prices. */
  readonly price: bigint
}

/** What a plan can be made of. */
export interface Candidates {
  readonly classes: readonly HostClass[]
  readonly demands: readonly PlacementDemand[]
  readonly holdings: readonly Holding[]
  readonly servings: readonly Serving[]
}

/** What a plan decides. What is not there is 0. */
export interface Placement {
  /** How many hosts hold the model. */
  readonly hosts: ReadonlyMap<Holding, number>
  /** Of the demand, 0 to 1. */
  readonly shares: ReadonlyMap<Serving, number>
}

/** Share of a host's throughput that is planned with; the rest is for what averages hide. */
export const TARGET_UTILISATION = 0.8

export function candidatesOf(
  classes: readonly HostClass[],
  demands: readonly PlacementDemand[],
  throughputOf: ThroughputOf
): Candidates {
  const byModel = [...Map.groupBy(demands, ({ model }) => model)]
  const servings = classes.flatMap((hosts) =>
    byModel.flatMap(([model, wanted]) => {
      const held = hosts.hosts.filter(({ holds }) => holds === model).length
      const holding = { class: hosts, model, held }
      return wanted.flatMap((demand) => serve(holding, demand, throughputOf) ?? [])
    })
  )
  return { classes, demands, holdings: [...new Set(servings.map(({ holding }) => holding))], servings }
}

/** Tokens a second that all of a demand is at its peak. */
export function peakTokens(demand: PlacementDemand): number {
  return peakRate(demand) * (demand.inputTokens + demand.outputTokens)
}

/** Undefined where no host of the class may or can serve the demand. */
function serve(holding: Holding, demand: PlacementDemand, throughputOf: ThroughputOf): Serving | undefined {
  const hosts = holding.class
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
  return { holding, demand, price, hosts: (peakRate(demand) * hostSeconds(demand, throughput)) / usable }
}
