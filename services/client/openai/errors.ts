import { CLIENT_ERRORS, type ClientError, type ClientErrorCode } from '../errors.ts'
import { jsonAnswer, type PlainAnswer } from './plain-http.ts'

interface ErrorForm {
  readonly status: number
  /** OpenAI's `error.type` and `error.code`. */
  readonly type: string
  readonly code: string
  /** Seconds; only where trying again can help. */
  readonly retryAfter?: number
}

const INVALID = 'invalid_request_error'
const SEALED_PATH = 'sealed_path_error'

/** What an OpenAI SDK sees of each failure. Answers of the model or the host keep their own status and body. */
const FORMS = {
  REQUEST_INVALID: { status: 400, type: INVALID, code: 'invalid_request' },
  ROUTE_UNKNOWN: { status: 404, type: INVALID, code: 'unknown_url' },
  MODEL_NOT_SERVED: { status: 404, type: INVALID, code: 'model_not_found' },
  RECEIPT_UNKNOWN: { status: 404, type: INVALID, code: 'receipt_not_found' },
  TOO_LARGE: { status: 413, type: INVALID, code: 'request_too_large' },
  RELAY_UNAVAILABLE: { status: 503, type: 'server_error', code: 'relay_unavailable', retryAfter: 2 },
  RELAY_UNAUTHORIZED: { status: 401, type: 'authentication_error', code: 'invalid_api_key' },
  NO_CAPACITY: { status: 503, type: 'server_error', code: 'no_capacity', retryAfter: 2 },
  HOSTS_REFUSED: { status: 502, type: SEALED_PATH, code: 'hosts_refused' },
  LOG_FORKED: { status: 502, type: SEALED_PATH, code: 'log_forked' },
  SESSION_REFUSED: { status: 503, type: SEALED_PATH, code: 'session_refused', retryAfter: 2 },
  HOST_LOST: { status: 503, type: SEALED_PATH, code: 'host_lost', retryAfter: 1 },
  SESSION_UNKNOWN: { status: 503, type: SEALED_PATH, code: 'session_unknown', retryAfter: 1 },
  SESSION_EXPIRED: { status: 503, type: SEALED_PATH, code: 'session_expired', retryAfter: 1 },
  KEYSET_CHANGED: { status: 503, type: SEALED_PATH, code: 'keyset_changed', retryAfter: 1 },
  REPLAYED: { status: 502, type: SEALED_PATH, code: 'replayed' },
  DEADLINE_PASSED: { status: 504, type: SEALED_PATH, code: 'deadline_passed' },
  UNSEAL_FAILED: { status: 502, type: SEALED_PATH, code: 'unseal_failed' },
  TRUNCATED: { status: 502, type: SEALED_PATH, code: 'truncated' },
  CANCELLED: { status: 502, type: SEALED_PATH, code: 'cancelled' },
  UNPAID: { status: 402, type: 'insufficient_quota', code: 'unpaid' },
  PROTOCOL: { status: 502, type: SEALED_PATH, code: 'protocol' },
  KEY_REFUSED: { status: 403, type: 'permission_error', code: 'key_refused' },
  RATE_LIMITED: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', retryAfter: 5 },
  QUOTA_SPENT: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  BUDGET_SPENT: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  ANSWER_MALFORMED: { status: 502, type: SEALED_PATH, code: 'answer_malformed' },
  RECEIPT_REFUSED: { status: 502, type: SEALED_PATH, code: 'receipt_refused' },
  CLIENT_CLOSED: { status: 503, type: 'server_error', code: 'client_closed' }
} as const satisfies Record<ClientErrorCode, ErrorForm>

/** The failure in OpenAI's error shape; `x-should-retry` is what OpenAI's SDKs go by. */
export function errorAnswer(error: ClientError): PlainAnswer {
  const form: ErrorForm = FORMS[error.code]
  return jsonAnswer(form.status, errorBody(error), [
    ['x-bombyx-error', error.code],
    ['x-should-retry', String(CLIENT_ERRORS[error.code] === 'unavailable')],
    ...(form.retryAfter === undefined ? [] : [['retry-after', String(form.retryAfter)] as const])
  ])
}

/** What a stream that breaks ends with, so that people see why; SDKs raise it as an error of the API. */
export function errorEvent(error: ClientError): string {
  return `data: ${JSON.stringify(errorBody(error))}\n\n`
}

function errorBody(error: ClientError): unknown {
  const { type, code } = FORMS[error.code]
  const hosts = error.hosts.length === 0 ? {} : { hosts: error.hosts }
  return { error: { message: error.message, type, param: null, code, bombyx: { code: error.code, ...hosts } } }
}
