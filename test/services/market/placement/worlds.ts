import fc from 'fast-check'
import { type Candidates, candidatesOf, type Placement } from '../../../../services/market/placement/candidates.ts'
import { classesOf } from '../../../../services/market/placement/classes.ts'
import { placementProblem } from '../../../../services/market/placement/problem.ts'
import type { PlacementDemand, PlacementHost } from '../../../../services/market/placement/supply.ts'

const NOW = 1_790_000_000
const REGIONS = ['north', 'south', 'east', 'west'] as const

type OfferedHost = Pick<PlacementHost, 'gpus' | 'region' | 'holds'> & { readonly price: bigint }
type WantedDemand = Pick<PlacementDemand, 'model' | 'queriesPerDay' | 'region' | 'peakFactor'>

export interface World {
  readonly hosts: readonly OfferedHost[]
  readonly demands: readonly WantedDemand[]
}

/** Hosts of a few kinds and demands for some models. */
export function anyWorld(size: { readonly models: number; readonly hosts: number }): fc.Arbitrary<World> {
  const models = Array.from({ length: size.models }, (_, at) => `model-${at}`)
  const host = fc.record({
    gpus: fc.constantFrom(1, 2, 8),
    region: fc.constantFrom(...REGIONS),
    price: fc.bigInt(1n, 1_000_000n),
    holds: fc.constantFrom(undefined, ...models)
  })
  const demand = fc.record({
    model: fc.constantFrom(...models),
    queriesPerDay: fc.integer({ min: 1, max: 300_000 }),
    region: fc.constantFrom('', ...REGIONS),
    peakFactor: fc.double({ min: 1, max: 5, noNaN: true })
  })
  const most = { minLength: Math.floor(size.hosts / 2), maxLength: size.hosts }
  return fc.record({
    hosts: fc.array(host, most),
    demands: fc.array(demand, { ...most, maxLength: size.models * 2 })
  })
}

export function candidatesIn({ hosts, demands }: World): Candidates {
  return candidatesOf(classesOf(hosts.map(hostOf), NOW), demands.map(demandOf), (_model, _gpu, gpus) => ({
    ...{ promptTokensPerSecond: 1000 * gpus, completionTokensPerSecond: 100 * gpus, vramGib: 20 },
    measuredBy: 20
  }))
}

function hostOf({ price, ...one }: OfferedHost, at: number): PlacementHost {
  return {
    ...{ id: `h${at}`, provider: 'p', gpu: 'H100', vramGib: 80, models: 'any', uptime: 1, policyLevel: 1, ...one },
    ...{ prices: { prompt: price, cached: price, completion: price, reasoning: price }, notAfter: NOW + 1 }
  }
}

function demandOf(one: WantedDemand, at: number): PlacementDemand {
  return {
    ...{ id: `d${at}`, inputTokens: 100, outputTokens: 30, priceCeiling: undefined, latencyCeilingMs: undefined },
    ...{ policyLevel: 1, ...one }
  }
}

/** What of a problem's rows and columns a placement does not keep. */
export function brokenBy(placement: Placement, candidates: Candidates, hosts: 'whole' | 'divided'): readonly string[] {
  const problem = placementProblem(candidates, hosts === 'whole' ? hosts : new Map())
  const values = problem.write(placement)
  const columns = problem.columns.flatMap(({ upper, integer }, at) => {
    const value = values[at] ?? Number.NaN
    const fits = value >= 0 && value <= upper + 1e-9 && (!integer || Number.isInteger(value))
    return fits ? [] : [`column ${at} is ${value} of ${upper}`]
  })
  const rows = problem.rows.flatMap(({ lower, upper, entries }, at) => {
    const sum = entries.reduce((total, { column, value }) => total + value * (values[column] ?? Number.NaN), 0)
    return sum >= lower - 1e-5 && sum <= upper + 1e-5 ? [] : [`row ${at} is ${sum}, not ${lower} to ${upper}`]
  })
  return [...columns, ...rows]
}
