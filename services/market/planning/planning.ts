import { assuranceLevel } from '../../../attestation/assurance.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { unixSeconds } from '../../runtime/time.ts'
import type { Demand } from '../accounts/demands.ts'
import type { DemandPlan, PlacementInput, PlacementPlan } from '../placement/placement.ts'
import type { PlacementDemand, PlacementHost, Throughput, ThroughputOf } from '../placement/supply.ts'
import { estimateThroughput, knownModelSize, type ModelSize } from '../placement/throughput.ts'
import type { Supply } from '../supply/supplies.ts'

/** What a plan is made of, as values: it is made in a thread of its own. */
export interface PlanningTask extends PlacementInput {
  readonly throughputs: readonly KnownThroughput[]
  readonly seconds: number
  /** Relative. */
  readonly gap: number
}

export interface KnownThroughput {
  readonly model: string
  readonly gpu: string
  readonly gpus: number
  readonly throughput: Throughput
}

export type MakePlan = (task: PlanningTask) => Promise<PlacementPlan>

const MEASURED_MINUTES = 24 * 60
/** Small problems are proven best; large ones end by their time, and say how far they got. */
const GAP = 1e-6
/** Of reading to writing, where no data sheet says: a token read is taken for as dear as one written. */
const NO_RATIO = 1

/** Only hosts that are listed, declared and not contradicted are planned with. `now` in unix seconds. */
export function planningTask(
  supplies: readonly Supply[],
  demands: readonly Demand[],
  { now, seconds }: { readonly now: number; readonly seconds: number }
): PlanningTask {
  const names = new Set(demands.map(modelName))
  const hosts = supplies.flatMap((supply) => placementHost(supply, names) ?? [])
  const throughputs = throughputsOf(supplies, hosts, demands)
  return { hosts, demands: demands.map(placementDemand), now, throughputs, seconds, gap: GAP }
}

export function throughputTable(throughputs: readonly KnownThroughput[]): ThroughputOf {
  const table = new Map(throughputs.map((one) => [kindOf(one.model, one.gpu, one.gpus), one.throughput]))
  return (model, gpu, gpus) => table.get(kindOf(model, gpu, gpus))
}

/** `unknown-model`: there are hosts, and nobody has measured it on theirs or said how large it is. */
export function whyUnmet({ demand, unmetBecause }: DemandPlan, task: PlanningTask): string {
  if (unmetBecause !== 'no-host' || task.hosts.length === 0) return unmetBecause ?? ''
  return task.throughputs.some(({ model }) => model === demand.model) ? 'no-host' : 'unknown-model'
}

/** Weights are part of a model's name where a demand says which. */
function modelName({ model, weights }: Pick<Demand, 'model' | 'weights'>): string {
  return weights === undefined ? model : `${model}#${encodeHex(weights)}`
}

function placementHost(
  { host, declared, contradictions, attested }: Supply,
  names: ReadonlySet<string>
): PlacementHost | undefined {
  if (declared === undefined || !host.listed || contradictions.length > 0) return undefined
  const exact = modelName(host)
  const any = declared.models.length === 0
  return {
    id: encodeHex(host.id),
    provider: host.provider,
    gpu: declared.gpu,
    gpus: declared.gpus,
    vramGib: declared.vramGib,
    region: declared.region,
    prices: declared.prices,
    models: any ? 'any' : [...names].filter((name) => declared.models.includes(name.split('#')[0] ?? '')),
    holds: names.has(exact) ? exact : host.model,
    notAfter: unixSeconds(host.notAfter),
    uptime: host.minutesSeen >= MEASURED_MINUTES ? host.uptime : declared.uptimePermille / 1000,
    policyLevel: assuranceLevel(attested.assurance)
  }
}

function placementDemand(demand: Demand): PlacementDemand {
  return {
    id: encodeHex(demand.id),
    model: modelName(demand),
    queriesPerDay: demand.queriesPerDay,
    inputTokens: demand.inputTokens,
    outputTokens: demand.outputTokens,
    peakFactor: demand.peakFactor,
    priceCeiling: demand.priceCeiling,
    latencyCeilingMs: demand.latencyCeilingMs,
    region: demand.region,
    policyLevel: assuranceLevel(demand.minimumPolicy)
  }
}

/** Of every model that somebody wants on every kind of GPU that somebody has: measured, or else what data sheets allow. */
function throughputsOf(
  supplies: readonly Supply[],
  hosts: readonly PlacementHost[],
  demands: readonly Demand[]
): readonly KnownThroughput[] {
  const kinds = new Map(hosts.map(({ gpu, gpus }) => [kindOf('', gpu, gpus), { gpu, gpus }]))
  const models = Map.groupBy(demands, modelName)
  return [...models].flatMap(([model, wanting]) => {
    const [first] = wanting
    if (first === undefined) return []
    const size = wanting.find((demand) => demand.size !== undefined)?.size ?? knownModelSize(first.model)
    return [...kinds.values()].flatMap(({ gpu, gpus }) => {
      const alike = supplies.filter(({ host, declared }) => {
        return declared?.gpu === gpu && declared.gpus === gpus && host.model === first.model
      })
      const throughput = throughputOf(alike, size && estimateThroughput(size, gpu, gpus), size)
      return throughput === undefined ? [] : [{ model, gpu, gpus, throughput }]
    })
  })
}

/**
 * Statements give tokens and seconds of requests, however few; a host does as many at once as it has slots. Reading and writing are told
 * apart in the ratio of the estimate. What data sheets do not allow is not believed.
 */
function throughputOf(
  alike: readonly Supply[],
  estimate: Throughput | undefined,
  size: ModelSize | undefined
): Throughput | undefined {
  const measured = alike.flatMap(({ usage, host }) => (usage === undefined ? [] : [{ ...usage, slots: host.slots }]))
  const sum = (read: (one: (typeof measured)[number]) => number): number =>
    measured.reduce((total, one) => total + read(one), 0)
  const [requests, durationMs] = [sum((one) => one.requests), sum((one) => one.durationMs)]
  if (durationMs <= 0) return estimate
  const ratio = estimate === undefined ? NO_RATIO : estimate.promptTokensPerSecond / estimate.completionTokensPerSecond
  const written = sum((one) => one.completionTokens) + sum((one) => one.promptTokens) / ratio
  const slots = sum((one) => one.slots) / measured.length
  const speed = (written * 1000 * slots) / durationMs
  const completion = Math.min(speed, estimate?.completionTokensPerSecond ?? speed)
  if (completion <= 0) return estimate
  return {
    promptTokensPerSecond: completion * ratio,
    completionTokensPerSecond: completion,
    vramGib: size === undefined ? 0 : (estimate?.vramGib ?? 0),
    measuredBy: requests
  }
}

function kindOf(model: string, gpu: string, gpus: number): string {
  return JSON.stringify([model, gpu, gpus])
}
