import { type ServiceError as GrpcError, Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { AttestationError, type RefusalKind } from '../../attestation/errors.ts'
import {
  type BombyxErrorCode,
  isBombyxCode,
  isServiceCode,
  kindOf,
  ServiceError,
  type ServiceErrorCode
} from './errors.ts'

/** The trailer that carries the code; statuses alone are too coarse to act on. */
export const CODE_TRAILER = 'bombyx-code'

const KIND_STATUS = {
  input: status.INVALID_ARGUMENT,
  refused: status.PERMISSION_DENIED,
  unavailable: status.UNAVAILABLE
} as const satisfies Record<RefusalKind, status>

/** Codes of the trust core go by their kind; each code of a service has its line. */
const SERVICE_STATUS = {
  CONFIG_INVALID: status.FAILED_PRECONDITION,
  DATA_FOLDER_IN_USE: status.FAILED_PRECONDITION,
  ARGUMENT_INVALID: status.INVALID_ARGUMENT,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  FORBIDDEN: status.PERMISSION_DENIED,
  NOT_FOUND: status.NOT_FOUND,
  UNIMPLEMENTED: status.UNIMPLEMENTED,
  UNAVAILABLE: status.UNAVAILABLE,
  DATABASE_UNAVAILABLE: status.UNAVAILABLE,
  LEASE_LOST: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
  PROVIDER_EXISTS: status.ALREADY_EXISTS,
  CHALLENGE_UNKNOWN: status.FAILED_PRECONDITION,
  CHALLENGE_LAPSED: status.FAILED_PRECONDITION,
  SUBJECT_TAKEN: status.PERMISSION_DENIED,
  LOG_MISSING: status.FAILED_PRECONDITION,
  DEVICE_TAKEN: status.PERMISSION_DENIED,
  PAYEE_TAKEN: status.PERMISSION_DENIED,
  HOST_QUARANTINED: status.FAILED_PRECONDITION,
  USAGE_CONFLICT: status.ALREADY_EXISTS,
  USAGE_UNLISTED: status.FAILED_PRECONDITION,
  USAGE_OVERPRICED: status.FAILED_PRECONDITION,
  ORGANISATION_UNKNOWN: status.NOT_FOUND,
  KEY_REVOKED: status.FAILED_PRECONDITION,
  DECLARATION_CONTRADICTED: status.FAILED_PRECONDITION,
  WALLET_PROOF_MALFORMED: status.INVALID_ARGUMENT,
  WALLET_PROOF_INVALID: status.UNAUTHENTICATED,
  WALLET_UNKNOWN: status.UNAUTHENTICATED,
  LOG_BLOB_MISSING: status.FAILED_PRECONDITION,
  LOG_SEQUENCE_GAP: status.FAILED_PRECONDITION,
  LOG_SEQUENCE_CONFLICT: status.ALREADY_EXISTS,
  LOG_STATE_INVALID: status.FAILED_PRECONDITION,
  AUDIT_FILE_MALFORMED: status.INVALID_ARGUMENT,
  COLLATERAL_UNAVAILABLE: status.UNAVAILABLE,
  HOST_STATE_INVALID: status.FAILED_PRECONDITION,
  ENGINE_UNAVAILABLE: status.UNAVAILABLE,
  TSM_UNAVAILABLE: status.UNAVAILABLE,
  TSM_REFUSED: status.FAILED_PRECONDITION,
  DEVICE_LIBRARY_MISSING: status.UNAVAILABLE,
  DEVICE_UNAVAILABLE: status.UNAVAILABLE,
  DEVICE_FORBIDDEN: status.FAILED_PRECONDITION,
  DEVICE_REFUSED: status.FAILED_PRECONDITION,
  SESSION_UNKNOWN: status.NOT_FOUND,
  SESSION_EXPIRED: status.FAILED_PRECONDITION,
  KEYSET_CHANGED: status.FAILED_PRECONDITION,
  REPLAYED: status.ABORTED,
  DEADLINE_PASSED: status.DEADLINE_EXCEEDED,
  NO_CAPACITY: status.RESOURCE_EXHAUSTED,
  HOST_LOST: status.UNAVAILABLE,
  CANCELLED: status.CANCELLED,
  UNPAID: status.FAILED_PRECONDITION,
  PROTOCOL: status.INVALID_ARGUMENT,
  KEY_REFUSED: status.PERMISSION_DENIED,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  QUOTA_SPENT: status.RESOURCE_EXHAUSTED,
  BUDGET_SPENT: status.RESOURCE_EXHAUSTED
} as const satisfies Record<ServiceErrorCode, status>

/** What a status without our trailer means: it came from grpc-js itself (whose only limit is a message's size) or a proxy. */
const STATUS_CODE: Partial<Record<status, BombyxErrorCode>> = {
  [status.CANCELLED]: 'CANCELLED',
  [status.INVALID_ARGUMENT]: 'ARGUMENT_INVALID',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_PASSED',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.PERMISSION_DENIED]: 'FORBIDDEN',
  [status.RESOURCE_EXHAUSTED]: 'TOO_LARGE',
  [status.UNIMPLEMENTED]: 'UNIMPLEMENTED',
  [status.UNAVAILABLE]: 'UNAVAILABLE',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED'
}

/** An error in the shape that grpc-js sends, with the error that it stands for as its cause. */
export type StatusError = Error & Pick<StatusObject, 'code' | 'details' | 'metadata'>

/**
 * The status of anything thrown. Ours keep code and message; anything else becomes INTERNAL and says nothing, because
 * its message may quote what a caller sent.
 */
export function toStatus(error: unknown): StatusError {
  const ours = error instanceof ServiceError || error instanceof AttestationError
  const code = ours ? error.code : 'INTERNAL'
  const details = ours ? error.message : 'internal error'
  const metadata = new Metadata()
  metadata.set(CODE_TRAILER, code)
  return Object.assign(new Error(details, { cause: error }), { code: grpcStatus(code), details, metadata })
}

/** The refusal behind a failed call. The code is what the other side says: a hint, where that side is not trusted. */
export function fromStatus(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (!isGrpcError(error)) return new ServiceError('INTERNAL', 'the call failed', { cause: error })
  const said = error.metadata?.get(CODE_TRAILER)[0]
  const known = typeof said === 'string' && isBombyxCode(said) ? said : undefined
  const message = said === undefined && error.code === status.UNAVAILABLE ? unreached(error.details) : error.details
  return new ServiceError(known ?? STATUS_CODE[error.code] ?? 'INTERNAL', message, { cause: error })
}

/** Why grpc-js had no connection, without what it says around it. */
function unreached(details: string): string {
  const [, why] = /Last error: (?:Error: )?(.+?)\.? Resolution note:/.exec(details) ?? []
  return why === undefined ? details : `no connection: ${why}`
}

function grpcStatus(code: BombyxErrorCode): status {
  if (isServiceCode(code)) return SERVICE_STATUS[code]
  const kind = kindOf(code)
  return kind === 'internal' ? status.INTERNAL : KIND_STATUS[kind]
}

function isGrpcError(error: unknown): error is GrpcError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error
}
