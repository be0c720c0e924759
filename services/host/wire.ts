import { decodeUtf8 } from '../../attestation/encoding.ts'
import { type SessionCode, sessionCodeNumber } from '../../attestation/session/codes.ts'
import type { AcceptMessage } from '../../attestation/session/handshake.ts'
import type { Challenge } from '../../attestation/session/keyset.ts'
import type { ChallengeResponse__Output } from '../../proto/gen/bombyx/v1/ChallengeResponse.ts'
import type { Declaration as WireDeclaration } from '../../proto/gen/bombyx/v1/Declaration.ts'
import type { EnrolResponse__Output } from '../../proto/gen/bombyx/v1/EnrolResponse.ts'
import type { HostSessionAnswer } from '../../proto/gen/bombyx/v1/HostSessionAnswer.ts'
import type { HostSessionCall__Output } from '../../proto/gen/bombyx/v1/HostSessionCall.ts'
import type { PaymentCall__Output } from '../../proto/gen/bombyx/v1/PaymentCall.ts'
import type { PaymentStatus } from '../../proto/gen/bombyx/v1/PaymentStatus.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { LeftParcel } from './left-statements.ts'
import type { PaymentStanding } from './payments.ts'
import type { Declaration, Enrolment, Finding } from './registry.ts'
import type { HelloAnswer, HelloCall } from './relay-hellos.ts'

/** protobuf ↔ domain: the only place where the two meet. */
export function challengeFromWire(wire: ChallengeResponse__Output): Challenge {
  return {
    random: bytesOf(wire.random, 32, 'random'),
    network: wire.network,
    seqno: wire.seqno,
    rootHash: bytesOf(wire.rootHash, 32, 'root_hash'),
    genUtime: wire.genUtime
  }
}

export function declarationToWire({ prices, region, slots, payee }: Declaration): WireDeclaration {
  const { prompt, cached, completion, reasoning } = prices
  return {
    prices: {
      prompt: prompt.toString(),
      cached: cached.toString(),
      completion: completion.toString(),
      reasoning: reasoning.toString()
    },
    region,
    slots,
    ...(payee && { payee: Buffer.from(payee) })
  }
}

export function enrolmentFromWire(wire: EnrolResponse__Output): Enrolment {
  const { verdict } = wire
  if (verdict === null) throw new ServiceError('ARGUMENT_INVALID', 'an enrolment without a verdict')
  const { status, tee, tcbStatus } = verdict
  const attestAgainAt = Number(wire.attestAgainAt)
  const listed = (status === 'AFFIRMING' || status === 'WARNING') && attestAgainAt > 0
  const findings = findingsOf(verdict.result)
  const logIndex = wire.logIndex === undefined ? null : indexOf(wire.logIndex)
  return { listed, hostId: wire.hostId, status, tee, tcbStatus, attestAgainAt, logIndex, findings }
}

export function helloCallFromWire(wire: HostSessionCall__Output): HelloCall {
  const { nonce, hello, payment, left } = wire
  const members = [nonce, hello, payment, left].filter((member) => member !== undefined && member !== null)
  if (members.length !== 1) throw new ServiceError('PROTOCOL', 'one of nonce, hello, payment, left')
  if (nonce !== undefined) return { kind: 'nonce', nonce: bytesOf(nonce, 32, 'nonce') }
  if (payment) return paymentCallFromWire(payment)
  if (left) return { kind: 'left', stored: left.stored, refused: left.refused }
  const message = hello?.hello
  if (!hello || !message) throw new ServiceError('PROTOCOL', 'a call without its hello')
  return {
    kind: 'hello',
    callId: BigInt(hello.callId),
    message: { hello: message.hello, payerSignature: message.payerSignature },
    ...(hello.known ? { known: hello.known.vouchers.slice(0, MOST_KNOWN) } : {})
  }
}

export function leftToWire({ keyset, statements }: LeftParcel): HostSessionAnswer {
  return { left: { keyset: Buffer.from(keyset), statements: statements.map((one) => Buffer.from(one)) } }
}

export function helloAnswerToWire(answer: HelloAnswer): HostSessionAnswer {
  const callId = answer.callId.toString()
  if (answer.kind === 'payment') return { payment: { callId, status: standingToWire(answer.standing) } }
  if (answer.kind === 'accept') return { accept: { callId, accept: acceptToWire(answer.message) } }
  return { refusal: { callId, code: codeToWire(answer.code) } }
}

/** As many as an escrow has payees. */
const MOST_KNOWN = 128

function paymentCallFromWire({ callId, escrow, voucher, maxPrice }: PaymentCall__Output): HelloCall {
  const asked = { callId: BigInt(callId), escrow: bytesOf(escrow, 32, 'escrow'), maxPrice: BigInt(maxPrice) }
  const call = { kind: 'payment', ...asked } as const
  return voucher.byteLength === 0 ? call : { ...call, voucher }
}

function standingToWire({ terms, delivered, vouchered, reason = '', cumulative }: PaymentStanding): PaymentStatus {
  return {
    terms,
    delivered: delivered.toString(),
    vouchered: vouchered.toString(),
    reason,
    ...(cumulative === undefined ? {} : { cumulative: cumulative.toString() })
  }
}

/** A receipt's numbers are below 2^53. */
function indexOf(decimal: string): number {
  const index = Number(decimal)
  if (!Number.isSafeInteger(index)) throw new ServiceError('ARGUMENT_INVALID', 'log_index is not below 2^53')
  return index
}

function acceptToWire({ accept, signature }: AcceptMessage) {
  return { accept, signature }
}

function codeToWire(code: SessionCode): number {
  return sessionCodeNumber(code)
}

/** The findings of an appraisal result, for a log: whatever cannot be read is left out, because nothing depends on it. */
function findingsOf(result: Uint8Array): readonly Finding[] {
  try {
    const { findings } = JSON.parse(decodeUtf8(result)) as { findings?: unknown }
    return Array.isArray(findings) ? findings.slice(0, 32).map(findingOf) : []
  } catch {
    return []
  }
}

function findingOf(finding: { readonly code?: unknown; readonly claim?: unknown; readonly remedy?: unknown }): Finding {
  return { code: String(finding.code), claim: String(finding.claim), remedy: String(finding.remedy ?? '') }
}

function bytesOf(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (bytes.byteLength !== length) throw new ServiceError('ARGUMENT_INVALID', `${name} is ${length} bytes`)
  return bytes
}
