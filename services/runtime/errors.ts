import {
  ATTESTATION_ERRORS,
  AttestationError,
  type AttestationErrorCode,
  type RefusalKind
} from '../../attestation/errors.ts'

/** As in the trust core, and `internal` for what is ours to mend. */
export type ServiceErrorKind = RefusalKind | 'internal'

/**
 * Every code that a service adds to those of `attestation/`, with its kind. A code also needs its line in
 * `status.ts`, or nothing compiles.
 */
export const SERVICE_ERRORS = {
  // start
  CONFIG_INVALID: 'input',
  DATA_FOLDER_IN_USE: 'refused',
  // calls
  ARGUMENT_INVALID: 'input',
  UNAUTHENTICATED: 'refused',
  FORBIDDEN: 'refused',
  NOT_FOUND: 'refused',
  UNIMPLEMENTED: 'refused',
  UNAVAILABLE: 'unavailable',
  DATABASE_UNAVAILABLE: 'unavailable',
  LEASE_LOST: 'unavailable',
  INTERNAL: 'internal',
  // registry and market
  PROVIDER_EXISTS: 'refused',
  CHALLENGE_UNKNOWN: 'refused',
  CHALLENGE_LAPSED: 'refused',
  SUBJECT_TAKEN: 'refused',
  LOG_MISSING: 'refused',
  DEVICE_TAKEN: 'refused',
  PAYEE_TAKEN: 'refused',
  HOST_QUARANTINED: 'refused',
  USAGE_CONFLICT: 'refused',
  USAGE_UNLISTED: 'refused',
  USAGE_OVERPRICED: 'refused',
  ORGANISATION_UNKNOWN: 'refused',
  KEY_REVOKED: 'refused',
  DECLARATION_CONTRADICTED: 'refused',
  WALLET_PROOF_MALFORMED: 'input',
  WALLET_PROOF_INVALID: 'refused',
  WALLET_UNKNOWN: 'refused',
  // log
  LOG_BLOB_MISSING: 'refused',
  LOG_SEQUENCE_GAP: 'refused',
  LOG_SEQUENCE_CONFLICT: 'refused',
  LOG_STATE_INVALID: 'refused',
  // audit
  AUDIT_FILE_MALFORMED: 'input',
  // verifier
  COLLATERAL_UNAVAILABLE: 'unavailable',
  // host
  HOST_STATE_INVALID: 'refused',
  ENGINE_UNAVAILABLE: 'unavailable',
  TSM_UNAVAILABLE: 'unavailable',
  TSM_REFUSED: 'refused',
  DEVICE_LIBRARY_MISSING: 'unavailable',
  DEVICE_UNAVAILABLE: 'unavailable',
  DEVICE_FORBIDDEN: 'refused',
  DEVICE_REFUSED: 'refused',
  // transport codes of sessions; those not here are codes of `attestation/`
  SESSION_UNKNOWN: 'refused',
  SESSION_EXPIRED: 'refused',
  KEYSET_CHANGED: 'refused',
  REPLAYED: 'refused',
  DEADLINE_PASSED: 'unavailable',
  NO_CAPACITY: 'unavailable',
  HOST_LOST: 'unavailable',
  CANCELLED: 'refused',
  UNPAID: 'refused',
  PROTOCOL: 'input',
  KEY_REFUSED: 'refused',
  RATE_LIMITED: 'unavailable',
  QUOTA_SPENT: 'refused',
  BUDGET_SPENT: 'refused'
} as const satisfies Record<string, ServiceErrorKind>

export type ServiceErrorCode = keyof typeof SERVICE_ERRORS
/** Any code that can cross a service's border. */
export type BombyxErrorCode = ServiceErrorCode | AttestationErrorCode

/** A refusal by a service, or one that a service passes on: a stable code, a message for people, and its cause. */
export class ServiceError extends Error {
  readonly code: BombyxErrorCode

  constructor(code: BombyxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ServiceError'
    this.code = code
  }

  get kind(): ServiceErrorKind {
    return kindOf(this.code)
  }
}

export function kindOf(code: BombyxErrorCode): ServiceErrorKind {
  return isServiceCode(code) ? SERVICE_ERRORS[code] : ATTESTATION_ERRORS[code]
}

export function isServiceCode(code: string): code is ServiceErrorCode {
  return Object.hasOwn(SERVICE_ERRORS, code)
}

export function isBombyxCode(code: string): code is BombyxErrorCode {
  return isServiceCode(code) || Object.hasOwn(ATTESTATION_ERRORS, code)
}

/** The code of a refusal that this code base made, whatever layer; undefined for anything else that was thrown. */
export function codeOf(error: unknown): BombyxErrorCode | undefined {
  return error instanceof ServiceError || error instanceof AttestationError ? error.code : undefined
}
