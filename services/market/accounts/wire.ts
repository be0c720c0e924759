import { ASSURANCES, type Assurance } from '../../../attestation/assurance.ts'
import type { ApiKey as ApiKeyMessage } from '../../../proto/gen/bombyx/v1/ApiKey.ts'
import type { Demand__Output, Demand as DemandMessage } from '../../../proto/gen/bombyx/v1/Demand.ts'
import type { KeyEvent } from '../../../proto/gen/bombyx/v1/KeyEvent.ts'
import type { KeyScope__Output, KeyScope as KeyScopeMessage } from '../../../proto/gen/bombyx/v1/KeyScope.ts'
import type { Limits__Output, Limits as LimitsMessage } from '../../../proto/gen/bombyx/v1/Limits.ts'
import type {
  Organisation__Output,
  Organisation as OrganisationMessage
} from '../../../proto/gen/bombyx/v1/Organisation.ts'
import type { Spent as SpentMessage } from '../../../proto/gen/bombyx/v1/Spent.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { unixSeconds } from '../../runtime/time.ts'
import type { Spent } from '../billing/billing.ts'
import type { Demand } from './demands.ts'
import type { KeyChange } from './key-watch.ts'
import type { ApiKey, KeyScope, Limits, Organisation } from './organisations.ts'

/** As the database keeps it. */
const RATE_LIMIT = 2 ** 31
const AMOUNT_LIMIT = 1n << 63n
const MOST_MODELS = 64

export function organisationFromWire({ name, limits }: Organisation__Output): Organisation {
  return { name, limits: limitsFromWire(limits) }
}

export function organisationToWire({ name, limits }: Organisation): OrganisationMessage {
  return { name, limits: limitsToWire(limits) }
}

/** Without a scope: any model, any listed host, no limit. */
export function scopeFromWire(scope: KeyScope__Output | null): KeyScope {
  const models = scope?.models ?? []
  if (models.length > MOST_MODELS || models.some((model) => !/^[!-~]{1,256}$/.test(model))) {
    throw refuse(`at most ${MOST_MODELS} models, each named by one word`)
  }
  return {
    models,
    minimumPolicy: assuranceFromWire(scope?.minimumPolicy ?? ''),
    limits: limitsFromWire(scope?.limits ?? null)
  }
}

export function keyToWire({ id, organisation, name, scope, createdAt, revokedAt }: ApiKey): ApiKeyMessage {
  return {
    keyId: id,
    organisation,
    name,
    scope: scopeToWire(scope),
    createdAt: unixSeconds(createdAt),
    revokedAt: revokedAt === undefined ? 0 : unixSeconds(revokedAt)
  }
}

export function keyChangeToWire(change: KeyChange): KeyEvent {
  if (change.kind === 'snapshot-end') return { snapshotEnd: {} }
  if (change.kind === 'revoked') return { revoked: Buffer.from(change.keyId) }
  const { id, hash, organisation, scope, organisationLimits, spent, organisationSpent } = change.key
  return {
    granted: {
      keyId: id,
      hash,
      organisation,
      scope: scopeToWire(scope),
      organisationLimits: limitsToWire(organisationLimits),
      spent: spentToWire(spent),
      organisationSpent: spentToWire(organisationSpent)
    }
  }
}

/** `organisation` is whose it is, whatever the message says. */
export function demandFromWire(message: Demand__Output, organisation: string): Demand {
  const { billions, activeBillions, demandId, weights } = message
  if (demandId.byteLength !== 0) idFromWire(demandId, 'demand_id')
  if (weights.byteLength !== 0 && weights.byteLength !== 32) throw refuse('weights is 32 bytes')
  const ceiling = amountFromWire(message.priceCeiling, 'price_ceiling')
  return {
    id: demandId,
    organisation,
    model: message.model,
    weights: weights.byteLength === 0 ? undefined : weights,
    size: billions === 0 ? undefined : { billions, activeBillions: activeBillions === 0 ? billions : activeBillions },
    queriesPerDay: message.queriesPerDay,
    inputTokens: message.inputTokens,
    outputTokens: message.outputTokens,
    peakFactor: message.peakFactor === 0 ? 1 : message.peakFactor,
    priceCeiling: ceiling === 0n ? undefined : ceiling,
    latencyCeilingMs: message.latencyCeilingMs === 0 ? undefined : message.latencyCeilingMs,
    region: message.region,
    minimumPolicy: assuranceFromWire(message.minimumPolicy)
  }
}

export function demandToWire(demand: Demand): DemandMessage {
  return {
    demandId: demand.id,
    organisation: demand.organisation,
    model: demand.model,
    weights: demand.weights ?? new Uint8Array(0),
    billions: demand.size?.billions ?? 0,
    activeBillions: demand.size?.activeBillions ?? 0,
    queriesPerDay: demand.queriesPerDay,
    inputTokens: demand.inputTokens,
    outputTokens: demand.outputTokens,
    peakFactor: demand.peakFactor,
    priceCeiling: String(demand.priceCeiling ?? 0n),
    latencyCeilingMs: demand.latencyCeilingMs ?? 0,
    region: demand.region,
    minimumPolicy: demand.minimumPolicy
  }
}

export function idFromWire(bytes: Uint8Array, field: string): Uint8Array {
  if (bytes.byteLength !== 16) throw refuse(`${field} is 16 bytes`)
  return bytes
}

function limitsFromWire(limits: Limits__Output | null): Limits {
  return {
    requestsPerMinute: rateFromWire(limits?.requestsPerMinute ?? 0),
    tokensPerDay: amountFromWire(limits?.tokensPerDay ?? '0', 'tokens_per_day'),
    nanotonPerMonth: amountFromWire(limits?.nanotonPerMonth ?? '0', 'nanoton_per_month')
  }
}

function rateFromWire(requestsPerMinute: number): number {
  if (requestsPerMinute >= RATE_LIMIT) throw refuse('requests_per_minute is below 2^31')
  return requestsPerMinute
}

function limitsToWire({ requestsPerMinute, tokensPerDay, nanotonPerMonth }: Limits): LimitsMessage {
  return { requestsPerMinute, tokensPerDay: String(tokensPerDay), nanotonPerMonth: String(nanotonPerMonth) }
}

function scopeToWire({ models, minimumPolicy, limits }: KeyScope): KeyScopeMessage {
  return { models: [...models], minimumPolicy, limits: limitsToWire(limits) }
}

/** All keys of an organisation together may come to more than the field holds. */
function spentToWire({ tokens, nanoton }: Spent): SpentMessage {
  const within = (amount: bigint): string => String(amount < AMOUNT_LIMIT ? amount : AMOUNT_LIMIT - 1n)
  return { tokens: within(tokens), nanoton: within(nanoton) }
}

function assuranceFromWire(name: string): Assurance {
  const found = name === '' ? 'listed' : ASSURANCES.find((assurance) => assurance === name)
  if (found === undefined) throw refuse(`minimum_policy is one of ${ASSURANCES.join(', ')}`)
  return found
}

function amountFromWire(text: string, field: string): bigint {
  const amount = BigInt(text)
  if (amount >= AMOUNT_LIMIT) throw refuse(`${field} is below 2^63`)
  return amount
}

function refuse(rule: string): ServiceError {
  return new ServiceError('ARGUMENT_INVALID', rule)
}
