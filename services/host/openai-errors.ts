import { encodeUtf8 } from '../../attestation/encoding.ts'

/** An answer that the agent makes itself. */
export interface OwnAnswer {
  readonly status: number
  readonly body: Uint8Array
}

/** OpenAI's error shape, with vLLM's members. `code` is a stable word for programs where the status says too little. */
export function errorAnswer(status: number, type: string, message: string, code: string | number = status): OwnAnswer {
  return { status, body: encodeUtf8(JSON.stringify({ error: { message, type, param: null, code } })) }
}

export function badRequest(message: string): OwnAnswer {
  return errorAnswer(400, 'BadRequestError', message)
}

/** An error event of a stream whose head is out. */
export function errorEvent(answer: OwnAnswer): Uint8Array {
  return Buffer.concat([encodeUtf8('data: '), answer.body, encodeUtf8('\n\n')])
}

export const NOT_FOUND: OwnAnswer = errorAnswer(404, 'NotFoundError', 'Not Found')
export const ROUTE_NOT_SERVED: OwnAnswer = errorAnswer(
  404,
  'NotFoundError',
  'this host does not serve this route: its engine would not keep tenants apart there',
  'route_not_served'
)
export const METHOD_NOT_ALLOWED: OwnAnswer = errorAnswer(405, 'Method Not Allowed', 'Method Not Allowed')
export const ENGINE_DOWN: OwnAnswer = errorAnswer(
  503,
  'ServiceUnavailableError',
  'the model does not answer on this host',
  'engine_unavailable'
)
export const ANSWER_TOO_LARGE: OwnAnswer = errorAnswer(
  502,
  'BadGatewayError',
  'the answer of the model is over 64 MiB',
  'answer_too_large'
)
export const OVER_MAX_PRICE: OwnAnswer = errorAnswer(
  402,
  'PaymentRequiredError',
  'the answer would cost more than max_price allows',
  'max_price_exceeded'
)
