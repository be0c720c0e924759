import { ASSURANCES, assuranceLevel, assuranceOf } from '../../attestation/assurance.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { SIGNED_VOUCHER_BYTES } from '../../attestation/receipt/voucher.ts'
import { parseResult } from '../../attestation/result.ts'
import { type SessionCode, sessionCode, sessionCodeNumber } from '../../attestation/session/codes.ts'
import type { HelloMessage } from '../../attestation/session/handshake.ts'
import { parseKeyset } from '../../attestation/session/keyset.ts'
import type { DirectoryEvent__Output } from '../../proto/gen/bombyx/v1/DirectoryEvent.ts'
import type { FindHostsRequest__Output } from '../../proto/gen/bombyx/v1/FindHostsRequest.ts'
import type {
  FindStatementsRequest,
  FindStatementsRequest__Output
} from '../../proto/gen/bombyx/v1/FindStatementsRequest.ts'
import type { GiveVoucherRequest__Output } from '../../proto/gen/bombyx/v1/GiveVoucherRequest.ts'
import type { GrantedKey__Output } from '../../proto/gen/bombyx/v1/GrantedKey.ts'
import type { Hello__Output } from '../../proto/gen/bombyx/v1/Hello.ts'
import type { Host__Output } from '../../proto/gen/bombyx/v1/Host.ts'
import type { HostSessionAnswer__Output } from '../../proto/gen/bombyx/v1/HostSessionAnswer.ts'
import type { HostSessionCall } from '../../proto/gen/bombyx/v1/HostSessionCall.ts'
import type { KeyEvent__Output } from '../../proto/gen/bombyx/v1/KeyEvent.ts'
import type { LeftStatements__Output } from '../../proto/gen/bombyx/v1/LeftStatements.ts'
import type { Limits__Output } from '../../proto/gen/bombyx/v1/Limits.ts'
import type { ListVouchersRequest, ListVouchersRequest__Output } from '../../proto/gen/bombyx/v1/ListVouchersRequest.ts'
import type { OpenSessionEvent } from '../../proto/gen/bombyx/v1/OpenSessionEvent.ts'
import type { Prices__Output } from '../../proto/gen/bombyx/v1/Prices.ts'
import type { ReferenceValue__Output } from '../../proto/gen/bombyx/v1/ReferenceValue.ts'
import type { Spent__Output } from '../../proto/gen/bombyx/v1/Spent.ts'
import type { StoreUsageResponse__Output } from '../../proto/gen/bombyx/v1/StoreUsageResponse.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { HelloAnswer, SessionAnswer, SessionCall } from './host-sessions.ts'
import type { LeftParcel } from './left-statements.ts'
import type { DelistReason, DirectoryChange, ListedHost } from './listed-host.ts'
import type { GrantedKey, KeyChange, KeyLimits, KeySpent } from './market-keys.ts'
import type { VoucherGift } from './payments.ts'
import type { ClassPrices, LegsWish } from './plan.ts'
import type { StoredUsage } from './usage.ts'

export type HostMessage = Host__Output
export type ReferenceValueMessage = ReferenceValue__Output

const MAX_LEGS = 8
const MOST_COVERED = 1024
const SIGNATURE_BYTES = 64
const MOST_RECEIPTS = 256
const MOST_LEFT = 64
const MOST_STATEMENT_BYTES = 4096
const REASONS: readonly string[] = ['lapsed', 'quarantined', 'replaced', 'withdrawn'] satisfies readonly DelistReason[]

/** Refuses a oneof with other than one member: proto-loader lets a sender set two. */
function onlyMember(message: object, names: readonly string[]): string {
  const set = names.filter((name) => {
    const value: unknown = Reflect.get(message, name)
    return value !== null && value !== undefined
  })
  const [member] = set
  if (member === undefined || set.length > 1) throw new ServiceError('ARGUMENT_INVALID', `one of ${names.join(', ')}`)
  return member
}

export function readDirectoryEvent(event: DirectoryEvent__Output): DirectoryChange {
  onlyMember(event, ['listed', 'delisted', 'snapshotEnd'])
  if (event.listed != null) return { kind: 'listed', host: readListedHost(event.listed) }
  if (event.delisted == null) return { kind: 'snapshot-end' }
  const { keysetDigest, reason } = event.delisted
  // A reason of a later version: the host is as gone as can be.
  return { kind: 'delisted', digest: encodeHex(keysetDigest), reason: isReason(reason) ? reason : 'quarantined' }
}

export function readListedHost(message: Host__Output): ListedHost {
  const keyset = parseKeyset(message.keyset)
  const { declaration, verdict } = message
  if (declaration?.prices == null || verdict === null) {
    throw new ServiceError('ARGUMENT_INVALID', 'a listed host has a declaration, prices and a verdict')
  }
  return {
    hostId: encodeHex(message.hostId),
    digest: encodeHex(keyset.digest),
    keyset,
    model: keyset.model.id,
    region: declaration.region,
    prices: readPrices(declaration.prices),
    assurance: readAssurance(verdict.result),
    notAfter: Math.min(keyset.notAfter, readNumber(verdict.notAfter, 'not_after')),
    message
  }
}

/** Of a result that cannot be read nothing is proven. */
function readAssurance(result: Uint8Array): number {
  try {
    return assuranceLevel(assuranceOf(parseResult(result)))
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    return 0
  }
}

export function readKeyEvent(event: KeyEvent__Output): KeyChange {
  onlyMember(event, ['granted', 'revoked', 'snapshotEnd'])
  if (event.granted != null) return { kind: 'granted', key: readGrantedKey(event.granted) }
  return event.revoked == null ? { kind: 'snapshot-end' } : { kind: 'revoked', id: encodeHex(event.revoked) }
}

function readGrantedKey(key: GrantedKey__Output): GrantedKey {
  const { keyId, hash, organisation, scope } = key
  // A level of a later version is stricter than any that is known.
  const levels: readonly string[] = ASSURANCES
  const level = levels.indexOf(scope?.minimumPolicy ?? '')
  return {
    id: encodeHex(keyId),
    keyId,
    hash,
    organisation,
    models: new Set(scope?.models ?? []),
    assurance: level < 0 ? ASSURANCES.length : level,
    limits: readLimits(scope?.limits ?? null),
    organisationLimits: readLimits(key.organisationLimits),
    spent: readSpent(key.spent),
    organisationSpent: readSpent(key.organisationSpent)
  }
}

function readLimits(limits: Limits__Output | null): KeyLimits {
  if (limits === null) throw new ServiceError('ARGUMENT_INVALID', 'a key comes with its limits')
  const { requestsPerMinute, tokensPerDay, nanotonPerMonth } = limits
  return { requestsPerMinute, tokensPerDay: BigInt(tokensPerDay), nanotonPerMonth: BigInt(nanotonPerMonth) }
}

function readSpent(spent: Spent__Output | null): KeySpent {
  return { tokens: BigInt(spent?.tokens ?? 0), nanoton: BigInt(spent?.nanoton ?? 0) }
}

export function readWish(request: FindHostsRequest__Output): LegsWish {
  if (request.model === '') throw new ServiceError('ARGUMENT_INVALID', 'a model is wanted')
  if (request.count > MAX_LEGS) throw new ServiceError('ARGUMENT_INVALID', `at most ${MAX_LEGS} hosts`)
  return {
    model: request.model,
    region: request.region,
    maxPrices: request.maxPrices === null ? undefined : readPrices(request.maxPrices),
    count: request.count === 0 ? MAX_LEGS : request.count,
    exclude: new Set(request.exclude.map((digest) => encodeHex(digest))),
    prefer: request.prefer.slice(0, MAX_LEGS).map((digest) => encodeHex(digest))
  }
}

export function readHello(message: Hello__Output): HelloMessage {
  return { hello: message.hello, payerSignature: message.payerSignature }
}

export function readSessionAnswer(message: HostSessionAnswer__Output): SessionAnswer {
  onlyMember(message, ['identity', 'accept', 'refusal', 'payment', 'left'])
  if (message.left != null) return { kind: 'left', ...readLeft(message.left) }
  if (message.payment != null) {
    const { callId, status } = message.payment
    if (status === null) throw new ServiceError('ARGUMENT_INVALID', 'a status is wanted')
    return { kind: 'payment', callId: BigInt(callId), status }
  }
  if (message.identity != null) {
    return { kind: 'identity', digest: message.identity.keysetDigest, signature: message.identity.signature }
  }
  if (message.accept != null) {
    const { callId, accept } = message.accept
    if (accept === null) throw new ServiceError('ARGUMENT_INVALID', 'an accept is wanted')
    return { kind: 'accept', callId: BigInt(callId), message: { accept: accept.accept, signature: accept.signature } }
  }
  const { callId = '0', code = 0 } = message.refusal ?? {}
  return { kind: 'refusal', callId: BigInt(callId), code: sessionCode(code) ?? 'PROTOCOL' }
}

/** Bounds what may wait for the market. That there is one at least keeps a host from asking for nothing again and again. */
function readLeft({ keyset, statements }: LeftStatements__Output): LeftParcel {
  if (statements.length === 0 || statements.length > MOST_LEFT) {
    throw new ServiceError('ARGUMENT_INVALID', `1 to ${MOST_LEFT} statements`)
  }
  if (statements.some(({ byteLength }) => byteLength > MOST_STATEMENT_BYTES)) {
    throw new ServiceError('ARGUMENT_INVALID', `a statement is ${MOST_STATEMENT_BYTES} bytes at most`)
  }
  return { keyset, statements }
}

export function writeSessionCall(call: SessionCall): HostSessionCall {
  if (call.kind === 'nonce') return { nonce: call.nonce }
  if (call.kind === 'left') return { left: { stored: [...call.stored], refused: [...call.refused] } }
  const callId = call.callId.toString()
  if (call.kind === 'payment') {
    const { escrow, voucher, maxPrice } = call
    return { payment: { callId, escrow, voucher, maxPrice } }
  }
  const known = call.known === undefined ? {} : { known: { vouchers: call.known.map((one) => Buffer.from(one)) } }
  return { hello: { callId, hello: call.message, ...known } }
}

/** Bounds what may wait for the market: nothing else of a voucher is checked here. */
export function readGift({ keysetDigest, escrow, voucher, maxPrice }: GiveVoucherRequest__Output): VoucherGift {
  if (escrow.byteLength !== 32) throw new ServiceError('ARGUMENT_INVALID', 'escrow is 32 bytes')
  if (voucher !== null && voucher.voucher.byteLength !== SIGNED_VOUCHER_BYTES) {
    throw new ServiceError('ARGUMENT_INVALID', `a signed voucher is ${SIGNED_VOUCHER_BYTES} bytes`)
  }
  if (voucher !== null && voucher.coveredSignature.byteLength > SIGNATURE_BYTES) {
    throw new ServiceError('ARGUMENT_INVALID', `a signature is ${SIGNATURE_BYTES} bytes`)
  }
  if (voucher !== null && voucher.covered.length > MOST_COVERED) {
    throw new ServiceError('ARGUMENT_INVALID', `at most ${MOST_COVERED} covered`)
  }
  for (const { epoch, seq } of voucher?.covered ?? []) {
    if (epoch.byteLength !== 16) throw new ServiceError('ARGUMENT_INVALID', 'an epoch is 16 bytes')
    readNumber(seq, 'seq')
  }
  const digest = encodeHex(keysetDigest)
  return { digest, wish: { escrow, voucher: voucher?.voucher ?? new Uint8Array(0), maxPrice }, message: voucher }
}

/** Of one escrow for one payee: few, whoever asks. */
export function readVoucherQuestion({ escrow, payee }: ListVouchersRequest__Output): ListVouchersRequest {
  if (escrow.byteLength !== 32 || payee.byteLength !== 32) {
    throw new ServiceError('ARGUMENT_INVALID', 'an escrow and a payee are wanted, 32 bytes each')
  }
  return { escrow, payee }
}

export function readReceiptNames({ receipts }: FindStatementsRequest__Output): FindStatementsRequest {
  if (receipts.length > MOST_RECEIPTS) throw new ServiceError('ARGUMENT_INVALID', `at most ${MOST_RECEIPTS} receipts`)
  return { receipts }
}

export function writeHelloAnswer(answer: HelloAnswer): OpenSessionEvent {
  if (answer.kind === 'accept') return { accept: answer.message }
  return { refusal: writeRefusal(answer.digest, answer.code) }
}

export function readStoredUsage(response: StoreUsageResponse__Output): StoredUsage {
  return {
    progress: new Map(
      response.progress.map(({ epoch, storedUpTo }) => [encodeHex(epoch), readNumber(storedUpTo, 'stored_up_to')])
    ),
    refused: response.refused.map(({ index, code }) => ({ index, code }))
  }
}

function writeRefusal(keysetDigest: Uint8Array, code: SessionCode): { keysetDigest: Uint8Array; code: number } {
  return { keysetDigest, code: sessionCodeNumber(code) }
}

function readPrices(prices: Prices__Output): ClassPrices {
  return {
    prompt: readNumber(prices.prompt, 'prompt price'),
    cached: readNumber(prices.cached, 'cached price'),
    completion: readNumber(prices.completion, 'completion price'),
    reasoning: readNumber(prices.reasoning, 'reasoning price')
  }
}

/** A 64-bit integer that its field bounds below 2^53. */
function readNumber(text: string, field: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new ServiceError('ARGUMENT_INVALID', `${field} is not below 2^53`)
  return value
}

function isReason(reason: string): reason is DelistReason {
  return REASONS.includes(reason)
}
