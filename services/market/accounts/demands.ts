import type { Assurance } from '../../../attestation/assurance.ts'
import { ServiceError } from '../../runtime/errors.ts'
import type { ModelSize } from '../placement/throughput.ts'
import { type AccountContext, unknownOrganisation } from './organisations.ts'

/** What an organisation registered that it will ask for: a plan, not a permit. */
export interface Demand {
  /** 16 bytes; empty in a new one. */
  readonly id: Uint8Array
  readonly organisation: string
  readonly model: string
  /** SHA-256 of the weights' manifest; undefined: any of that name. */
  readonly weights: Uint8Array | undefined
  /** Undefined: as the model's card says, where the market knows it. */
  readonly size: ModelSize | undefined
  readonly queriesPerDay: number
  /** Averages a query. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly peakFactor: number
  /** nanoTON for one average query; undefined: any. */
  readonly priceCeiling: bigint | undefined
  readonly latencyCeilingMs: number | undefined
  /** Empty: any. */
  readonly region: string
  readonly minimumPolicy: Assurance
}

const MOST_BILLIONS = 100_000
const MOST_PEAK = 10_000
/** Every plan is made of all of them. */
const MOST_DEMANDS = 1_000

/** Registers a demand, or changes one of the organisation's own. */
export async function putDemand(demand: Demand, { accounts, now, random }: AccountContext): Promise<Demand> {
  requireSense(demand)
  if (!(await accounts.hasOrganisation(demand.organisation))) throw unknownOrganisation(demand.organisation)
  if (demand.id.byteLength === 0) {
    const own = await accounts.listDemands(demand.organisation)
    if (own.length >= MOST_DEMANDS) throw refuse(`an organisation has at most ${MOST_DEMANDS} demands`)
  } else {
    const known = await accounts.findDemand(demand.id)
    if (known?.organisation !== demand.organisation) throw unknownDemand()
  }
  const kept = demand.id.byteLength > 0 ? demand : { ...demand, id: random(16) }
  await accounts.putDemand(kept, now())
  return kept
}

/** `organisation` undefined: whosever it is. */
export async function removeDemand(
  id: Uint8Array,
  organisation: string | undefined,
  { accounts }: AccountContext
): Promise<void> {
  const known = await accounts.findDemand(id)
  if (known === undefined || (organisation !== undefined && known.organisation !== organisation)) throw unknownDemand()
  await accounts.removeDemand(id)
}

function requireSense({ model, queriesPerDay, inputTokens, outputTokens, peakFactor, size, region }: Demand): void {
  if (!/^[!-~]{1,256}$/.test(model)) throw refuse('a model is named by one word')
  if (queriesPerDay < 1) throw refuse('queries a day are at least 1')
  if (inputTokens + outputTokens < 1) throw refuse('a query has tokens')
  if (!(peakFactor >= 1 && peakFactor <= MOST_PEAK)) throw refuse(`a peak factor is from 1 to ${MOST_PEAK}`)
  if (!/^[a-z0-9-]{0,64}$/.test(region)) throw refuse('a region is at most 64 of a-z, 0-9 and dash')
  if (size === undefined) return
  const { billions, activeBillions } = size
  if (!(billions > 0 && billions <= MOST_BILLIONS && activeBillions > 0 && activeBillions <= billions)) {
    throw refuse('of a model, 0 < active_billions ≤ billions')
  }
}

function unknownDemand(): ServiceError {
  return new ServiceError('NOT_FOUND', 'there is no such demand')
}

function refuse(rule: string): ServiceError {
  return new ServiceError('ARGUMENT_INVALID', rule)
}
