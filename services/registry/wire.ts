import type { Challenge } from '../../attestation/session/challenge.ts'
import type { AppraiseResponse__Output } from '../../proto/gen/bombyx/v1/AppraiseResponse.ts'
import type { ChallengeResponse } from '../../proto/gen/bombyx/v1/ChallengeResponse.ts'
import type { Declaration__Output } from '../../proto/gen/bombyx/v1/Declaration.ts'
import type { DirectoryEvent as DirectoryEventMessage } from '../../proto/gen/bombyx/v1/DirectoryEvent.ts'
import type { EnrolRequest__Output } from '../../proto/gen/bombyx/v1/EnrolRequest.ts'
import type { EnrolResponse } from '../../proto/gen/bombyx/v1/EnrolResponse.ts'
import type { Host as HostMessage } from '../../proto/gen/bombyx/v1/Host.ts'
import type { HostRecord } from '../../proto/gen/bombyx/v1/HostRecord.ts'
import type { Prices__Output } from '../../proto/gen/bombyx/v1/Prices.ts'
import type { ReferenceValue } from '../../proto/gen/bombyx/v1/ReferenceValue.ts'
import type { Verdict__Output, Verdict as VerdictMessage } from '../../proto/gen/bombyx/v1/Verdict.ts'
import type { WithdrawRequest__Output } from '../../proto/gen/bombyx/v1/WithdrawRequest.ts'
import { ServiceError } from '../runtime/errors.ts'
import { unixSeconds } from '../runtime/time.ts'
import type { Appraised, Enrolment, EnrolmentRequest } from './enrolment.ts'
import type { Declaration, DirectoryEvent, Host, HostState, Logged, Prices, Verdict } from './host.ts'
import { stateOf } from './plan.ts'
import type { StoredReferenceValue } from './reference-value-store.ts'

const MOST_SLOTS = 65_535
const PRICE_LIMIT = 1n << 53n

const VERDICT_STATUS = {
  affirming: 'AFFIRMING',
  warning: 'WARNING',
  contraindicated: 'CONTRAINDICATED'
} as const satisfies Record<Verdict['status'], VerdictMessage['status']>

const HOST_STATE = {
  listed: 'LISTED',
  pending: 'PENDING',
  lapsed: 'LAPSED',
  quarantined: 'QUARANTINED',
  withdrawn: 'WITHDRAWN'
} as const satisfies Record<HostState, HostRecord['state']>

export function challengeToWire(challenge: Challenge): ChallengeResponse {
  return challenge
}

export function enrolmentFromWire(request: EnrolRequest__Output): EnrolmentRequest {
  return { bundle: request.bundle, declaration: declarationFromWire(request.declaration) }
}

export function enrolmentToWire({ host, verdict, attestAgainAt, logIndex }: Enrolment): EnrolResponse {
  return {
    ...(logIndex === undefined ? {} : { logIndex: String(logIndex) }),
    hostId: host?.id ?? new Uint8Array(0),
    verdict: verdictToWire(verdict),
    attestAgainAt: attestAgainAt === undefined ? 0 : unixSeconds(attestAgainAt)
  }
}

export function withdrawalFromWire(request: WithdrawRequest__Output): {
  keysetDigest: Uint8Array
  signature: Uint8Array
} {
  return {
    keysetDigest: exactly(request.keysetDigest, 32, 'keyset_digest'),
    signature: exactly(request.signature, 64, 'signature')
  }
}

export function hostIdFromWire(bytes: Uint8Array): Uint8Array {
  return exactly(bytes, 16, 'host_id')
}

export function digestFromWire(bytes: Uint8Array): Uint8Array {
  return exactly(bytes, 32, 'digest')
}

/** A verifier that leaves out what it must say has said nothing. */
export function appraisedFromWire(response: AppraiseResponse__Output): Appraised {
  if (response.verdict === null) throw new ServiceError('INTERNAL', 'the verifier gave no verdict')
  const collateral = response.collateral.byteLength === 0 ? undefined : response.collateral
  return { verdict: verdictFromWire(response.verdict), collateral, policy: response.policy }
}

export function referenceValueToWire({ leaf, logIndex, proof }: StoredReferenceValue): ReferenceValue {
  return {
    leaf: Buffer.from(leaf),
    ...(logIndex === null ? {} : { logIndex: String(logIndex) }),
    ...(proof === null ? {} : { proof: Buffer.from(proof) })
  }
}

export function eventToWire(event: DirectoryEvent): DirectoryEventMessage {
  if (event.kind === 'listed') return { listed: hostToWire(event.host) }
  if (event.kind === 'snapshotEnd') return { snapshotEnd: {} }
  return { delisted: { keysetDigest: event.keysetDigest, reason: event.reason } }
}

export function recordToWire(host: Host, now: Date): HostRecord {
  const state = stateOf(host, now)
  return {
    host: hostToWire(host),
    state: HOST_STATE[state],
    reason: reasonOf(host, state),
    enrolledAt: unixSeconds(host.enrolledAt),
    changedAt: unixSeconds(state === 'lapsed' ? host.evidence.verdict.notAfter : host.changedAt)
  }
}

function hostToWire({ id, provider, evidence, declaration }: Host): HostMessage {
  return {
    hostId: id,
    provider,
    keyset: evidence.keyset,
    bundleDigest: evidence.bundleDigest,
    collateralDigest: evidence.collateralDigest ?? new Uint8Array(0),
    verdict: verdictToWire(evidence.verdict),
    declaration: {
      prices: mapPrices(declaration.prices, String),
      region: declaration.region,
      slots: declaration.slots,
      payee: declaration.payee ?? new Uint8Array(0)
    },
    ...(evidence.logged === undefined ? {} : loggedToWire(evidence.logged))
  }
}

function loggedToWire({ leaf, index }: Logged): Pick<HostMessage, 'leaf' | 'logIndex'> {
  return index === undefined ? { leaf } : { leaf, logIndex: String(index) }
}

function reasonOf(host: Host, state: HostState): string {
  if (host.standing.kind === 'quarantined') return host.standing.reason
  return state === 'listed' ? '' : state.toUpperCase()
}

function verdictToWire(verdict: Verdict): VerdictMessage {
  return {
    status: VERDICT_STATUS[verdict.status],
    tee: verdict.tee,
    tcbStatus: verdict.tcbStatus,
    appraisedAt: unixSeconds(verdict.appraisedAt),
    notAfter: unixSeconds(verdict.notAfter),
    result: verdict.result,
    token: verdict.token,
    trusted: verdict.trusted
  }
}

function verdictFromWire(verdict: Verdict__Output): Verdict {
  const status = Object.entries(VERDICT_STATUS).find(([, name]) => name === verdict.status)?.[0]
  if (status === undefined) throw new ServiceError('INTERNAL', 'the verifier gave a verdict without a status')
  return {
    status: status as Verdict['status'],
    tee: verdict.tee,
    tcbStatus: verdict.tcbStatus,
    appraisedAt: dateFromSeconds(verdict.appraisedAt),
    notAfter: dateFromSeconds(verdict.notAfter),
    result: verdict.result,
    token: verdict.token,
    // What is refused is trusted by nobody, whatever else is said of it.
    trusted: verdict.trusted && status !== 'contraindicated'
  }
}

function declarationFromWire(declaration: Declaration__Output | null): Declaration {
  if (declaration === null || declaration.prices === null) throw refuse('a declaration with prices is wanted')
  const { region, slots, payee } = declaration
  if (!/^[a-z0-9-]{0,64}$/.test(region)) throw refuse('a region is at most 64 of a-z, 0-9 and dash')
  if (slots < 1 || slots > MOST_SLOTS) throw refuse(`slots are from 1 to ${MOST_SLOTS}`)
  return {
    prices: pricesFromWire(declaration.prices),
    region,
    slots,
    payee: payee.byteLength === 0 ? undefined : exactly(payee, 32, 'payee')
  }
}

function pricesFromWire({ prompt, cached, completion, reasoning }: Prices__Output): Prices {
  const prices = mapPrices({ prompt, cached, completion, reasoning }, BigInt)
  if (Object.values(prices).some((price) => price >= PRICE_LIMIT)) throw refuse('prices are below 2^53')
  return prices
}

function mapPrices<From, To>(
  { prompt, cached, completion, reasoning }: Readonly<Record<keyof Prices, From>>,
  convert: (price: From) => To
): Readonly<Record<keyof Prices, To>> {
  return {
    prompt: convert(prompt),
    cached: convert(cached),
    completion: convert(completion),
    reasoning: convert(reasoning)
  }
}

function exactly(bytes: Uint8Array, length: number, field: string): Uint8Array {
  if (bytes.byteLength !== length) throw refuse(`${field} is ${length} bytes`)
  return bytes
}

function refuse(rule: string): ServiceError {
  return new ServiceError('ARGUMENT_INVALID', rule)
}

function dateFromSeconds(seconds: string): Date {
  const date = new Date(Number(seconds) * 1000)
  if (Number.isNaN(date.getTime())) throw new ServiceError('INTERNAL', 'the verifier gave a time that is none')
  return date
}
