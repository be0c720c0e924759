import type { RefusalKind } from '../../attestation/errors.ts'

/**
 * Every way in which a request can fail on this side of the seal, with what a caller can do about it. What the model or
 * the host answers inside the seal (a 400 of vLLM, say) is an answer, not one of these.
 */
export const CLIENT_ERRORS = {
  REQUEST_INVALID: 'input',
  ROUTE_UNKNOWN: 'input',
  MODEL_NOT_SERVED: 'input',
  RECEIPT_UNKNOWN: 'input',
  TOO_LARGE: 'input',
  // nobody to talk to
  RELAY_UNAVAILABLE: 'unavailable',
  RELAY_UNAUTHORIZED: 'refused',
  NO_CAPACITY: 'unavailable',
  HOSTS_REFUSED: 'refused',
  LOG_FORKED: 'refused',
  SESSION_REFUSED: 'unavailable',
  // a request on its way
  HOST_LOST: 'unavailable',
  SESSION_UNKNOWN: 'unavailable',
  SESSION_EXPIRED: 'unavailable',
  KEYSET_CHANGED: 'unavailable',
  REPLAYED: 'refused',
  DEADLINE_PASSED: 'unavailable',
  UNSEAL_FAILED: 'refused',
  TRUNCATED: 'refused',
  CANCELLED: 'refused',
  UNPAID: 'refused',
  PROTOCOL: 'refused',
  KEY_REFUSED: 'refused',
  RATE_LIMITED: 'unavailable',
  QUOTA_SPENT: 'refused',
  BUDGET_SPENT: 'refused',
  // an answer that is not shown
  ANSWER_MALFORMED: 'refused',
  RECEIPT_REFUSED: 'refused',
  CLIENT_CLOSED: 'refused'
} as const satisfies Record<string, RefusalKind>

export type ClientErrorCode = keyof typeof CLIENT_ERRORS

/** Why one host was not used: the relay's name for it and, in the appraisal's own words, what was wrong. */
export interface HostRefusalReason {
  /** Hex of the keyset digest, or of the bundle digest where no keyset could be read. */
  readonly host: string
  readonly code: string
  readonly reason: string
}

/** A failure of the SDK: a stable code for programs, a message for people, its cause, and each refused host's reason. */
export class ClientError extends Error {
  readonly code: ClientErrorCode
  readonly hosts: readonly HostRefusalReason[]

  constructor(
    code: ClientErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly hosts?: readonly HostRefusalReason[] } = {}
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'ClientError'
    this.code = code
    this.hosts = options.hosts ?? []
  }

  get kind(): RefusalKind {
    return CLIENT_ERRORS[this.code]
  }
}
