import { ContractError } from './errors.ts'

export interface EndpointConfig {
  /** URL of the JSON-RPC of TON's HTTP API, version 2, as toncenter and the local chain serve it. */
  readonly endpoint: string
  readonly apiKey?: string
  /** How long one answer may take; 15 s unless it is named. */
  readonly timeoutMs?: number
}

/** The longest answer that is read: 100 transactions with their messages fit many times over. */
const MOST_ANSWER_BYTES = 16 * 1024 * 1024

/**
 * Posts one JSON-RPC request, a JSON text, and gives its result. CHAIN_UNAVAILABLE: no answer, one that says to come
 * back, or the node behind it lags; CHAIN_MALFORMED: not an answer of this API; MESSAGE_REFUSED and CHAIN_REFUSED: the
 * network said no.
 */
export async function postRpc(config: EndpointConfig, request: string): Promise<unknown> {
  const key = config.apiKey === undefined ? {} : { 'x-api-key': config.apiKey }
  const headers = { 'content-type': 'application/json', ...key }
  const { status, text } = await fetchText(config.endpoint, { method: 'POST', headers, body: request }, config)
  const answer = parseObject(text)
  if (status === 200 && answer?.['ok'] === true && 'result' in answer) return answer['result']
  throw refusal(status, answer)
}

/** Gets a JSON object. Failures as `postRpc`'s. */
export async function getJson(url: string, config: Omit<EndpointConfig, 'endpoint'>): Promise<JsonObject> {
  const headers = config.apiKey === undefined ? {} : { authorization: `Bearer ${config.apiKey}` }
  const { status, text } = await fetchText(url, { method: 'GET', headers }, config)
  const answer = parseObject(text)
  if (status !== 200) throw refusal(status, answer)
  if (answer === undefined) throw new ContractError('CHAIN_MALFORMED', 'the answer is not a JSON object')
  return answer
}

export type JsonObject = Readonly<Record<string, unknown>>

async function fetchText(
  url: string,
  request: RequestInit,
  { timeoutMs = 15_000 }: { readonly timeoutMs?: number }
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, { ...request, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
    return { status: response.status, text: await readBounded(response) }
  } catch (cause) {
    if (cause instanceof ContractError) throw cause
    throw new ContractError('CHAIN_UNAVAILABLE', `no answer from ${new URL(url).host}`, { cause })
  }
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let [text, length] = ['', 0]
  for await (const part of response.body ?? []) {
    length += part.byteLength
    if (length > MOST_ANSWER_BYTES) throw new ContractError('CHAIN_MALFORMED', 'the answer is over 16 MiB')
    text += decoder.decode(part, { stream: true })
  }
  return text + decoder.decode()
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// The API has no codes of its own, only the lite server's words.
const WORDS: readonly (readonly [RegExp, 'MESSAGE_REFUSED' | 'MESSAGE_MALFORMED' | 'BLOCK_UNKNOWN'])[] = [
  [/external message was not accepted|cannot apply external message|duplicate message/i, 'MESSAGE_REFUSED'],
  [
    /cannot (?:deserialize|parse) (?:external )?message|failed to parse external message|invalid boc/i,
    'MESSAGE_MALFORMED'
  ],
  [/block (?:is )?not found|block is not applied|lookupBlock|not in db/i, 'BLOCK_UNKNOWN']
]

function refusal(status: number, answer: JsonObject | undefined): ContractError {
  const error = answer?.['error']
  const words = typeof error === 'string' ? error.slice(0, 500) : undefined
  if (words === undefined && status === 200)
    return new ContractError('CHAIN_MALFORMED', 'the answer has neither result nor error')
  const known = words === undefined ? undefined : WORDS.find(([pattern]) => pattern.test(words))
  if (known !== undefined) return new ContractError(known[1], words ?? '')
  const again = status === 429 || status >= 500
  return new ContractError(
    again ? 'CHAIN_UNAVAILABLE' : 'CHAIN_REFUSED',
    `HTTP ${status}: ${words ?? 'no reason given'}`
  )
}
