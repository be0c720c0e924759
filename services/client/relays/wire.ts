import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { MAX_REFERENCE_VALUES, type ReferenceValueEvidence } from '../../../attestation/releases.ts'
import { sessionCode } from '../../../attestation/session/codes.ts'
import type { FindHostsRequest } from '../../../proto/gen/bombyx/v1/FindHostsRequest.ts'
import type { GiveVoucherRequest } from '../../../proto/gen/bombyx/v1/GiveVoucherRequest.ts'
import type { Host__Output } from '../../../proto/gen/bombyx/v1/Host.ts'
import type { OpenSessionEvent__Output } from '../../../proto/gen/bombyx/v1/OpenSessionEvent.ts'
import type { PaymentStatus__Output } from '../../../proto/gen/bombyx/v1/PaymentStatus.ts'
import type { ReceiptName } from '../../../proto/gen/bombyx/v1/ReceiptName.ts'
import type { ReferenceValue__Output } from '../../../proto/gen/bombyx/v1/ReferenceValue.ts'
import { ServiceError } from '../../runtime/errors.ts'
import type { AwaitedStatement } from '../payment/awaited.ts'
import type { FoundHost, HelloAnswer, HostWish, PaymentStatus, VoucherRequest } from './relay-port.ts'

const DIGEST_BYTES = 32
const MAX_LABEL = 128

export function encodeWish({ model, region, maxPrices, count, exclude }: HostWish): FindHostsRequest {
  const request = { model, region, count, exclude: exclude.map((digest) => Buffer.from(digest)) }
  if (maxPrices === undefined) return request
  const { prompt, cached, completion, reasoning } = maxPrices
  return {
    ...request,
    maxPrices: {
      prompt: String(prompt),
      cached: String(cached),
      completion: String(completion),
      reasoning: String(reasoning)
    }
  }
}

/** Refuses a host without whole digests; what it says of itself is cut to what a line can show. */
export function decodeHost(host: Host__Output): FoundHost {
  if (host.bundleDigest.byteLength !== DIGEST_BYTES || host.collateralDigest.byteLength !== DIGEST_BYTES) {
    throw new ServiceError('PROTOCOL', 'the relay named a host without digests of its evidence')
  }
  return {
    hostId: encodeHex(host.hostId.subarray(0, DIGEST_BYTES)),
    provider: label(host.provider),
    region: label(host.declaration?.region ?? ''),
    bundleDigest: encodeHex(host.bundleDigest),
    claimedKeysetDigest: sha256(host.keyset),
    bundle: host.bundleDigest,
    collateral: host.collateralDigest,
    log: host.leaf.byteLength === 0 && host.logProof.byteLength === 0 ? null : { leaf: host.leaf, proof: host.logProof }
  }
}

/** Refuses more than are ever counted. */
export function decodeReferenceValues(values: readonly ReferenceValue__Output[]): readonly ReferenceValueEvidence[] {
  if (values.length > MAX_REFERENCE_VALUES) {
    throw new ServiceError('PROTOCOL', `the relay told of ${values.length} reference values`)
  }
  return values.map(({ leaf, proof }) => ({ leaf, proof }))
}

/** Refuses an event that is neither an accept nor a refusal, or both. */
export function decodeAnswer({ accept, refusal }: OpenSessionEvent__Output): HelloAnswer {
  if (accept && !refusal) {
    return { kind: 'accept', message: { accept: accept.accept, signature: accept.signature } }
  }
  if (refusal && !accept) {
    return { kind: 'refusal', keysetDigest: refusal.keysetDigest, code: sessionCode(refusal.code) ?? 'PROTOCOL' }
  }
  throw new ServiceError('PROTOCOL', 'the relay sent an event that is not one answer')
}

export function encodeVoucherRequest({ keysetDigest, escrow, maxPrice, voucher }: VoucherRequest): GiveVoucherRequest {
  const request = { keysetDigest: Buffer.from(keysetDigest), escrow: Buffer.from(escrow), maxPrice: String(maxPrice) }
  if (voucher === undefined) return request
  const covered = voucher.covered.map(({ epoch, seq }) => ({ epoch: Buffer.from(epoch), seq: String(seq) }))
  const coveredSignature = Buffer.from(voucher.coveredSignature)
  return { ...request, voucher: { voucher: Buffer.from(voucher.voucher), covered, coveredSignature } }
}

export function encodeReceiptName({ request, keysetDigest, receiptHash }: AwaitedStatement): ReceiptName {
  const [sessionId = '', n = ''] = request.split('-')
  const digests = { keysetDigest: Buffer.from(keysetDigest), receiptHash: Buffer.from(receiptHash) }
  return { sessionId: Buffer.from(sessionId, 'hex'), n, ...digests }
}

export function decodePaymentStatus(wire: PaymentStatus__Output): PaymentStatus {
  const { terms, delivered, vouchered, reason, stored: isStored, cumulative } = wire
  return {
    terms,
    delivered: BigInt(delivered),
    vouchered: BigInt(vouchered),
    reason: label(reason),
    isStored,
    ...(cumulative === undefined ? {} : { cumulative: BigInt(cumulative) })
  }
}

/** A relay's text goes to terminals and logs: no control characters, one short line. */
function label(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\u{fffd}').slice(0, MAX_LABEL)
}
