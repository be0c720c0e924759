import { encodeHex } from '../../attestation/encoding.ts'
import type { HttpField } from '../../attestation/session/bhttp.ts'
import { MAX_INPUT } from '../../attestation/session/meta.ts'
import { type AnswerEnd, answerResponse } from './answer-response.ts'
import { ClientError } from './errors.ts'
import { type ExchangeContext, exchange, type OpenAnswer, type Outgoing, requestFailed } from './exchange.ts'
import { answerLocally, type LocalContext } from './local-routes.ts'
import { errorResponse } from './openai-errors.ts'
import { readOutline } from './openai-request.ts'
import type { Receipts } from './receipts.ts'
import { BASE_URL, INFERENCE_ROUTES, SEALED_HEADERS } from './routes.ts'

export interface FetchContext extends ExchangeContext {
  readonly local: LocalContext
  readonly receipts: Receipts
}

const ORIGIN = new URL(BASE_URL).origin

const FIELD_VALUE = /^[\t -~]*$/

/**
 * A `fetch` for `BASE_URL`. Refuses every other origin with TypeError, so that nothing meant for the seal leaves
 * without it; rejects with the signal's reason when it is aborted; answers every other failure as OpenAI would.
 */
export function createFetch(context: FetchContext): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.origin !== ORIGIN) throw new TypeError(`this fetch serves ${BASE_URL} alone, not ${url.origin}`)
    // The caller's own signal: the one a Request makes follows it only as long as the Request is reachable.
    const signal = init?.signal ?? (input instanceof Request ? input.signal : new AbortController().signal)
    try {
      signal.throwIfAborted()
      return await answer(request, url, signal, context)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof ClientError) return errorResponse(error)
      throw error
    }
  }
}

async function answer(request: Request, url: URL, signal: AbortSignal, context: FetchContext): Promise<Response> {
  const local = request.method === 'GET' ? await answerLocally(url, context.local, signal) : undefined
  if (local !== undefined) return local
  const outgoing = await readOutgoing(request, url)
  const opened = await exchange(outgoing, signal, context)
  const { leg, requestId } = opened
  const { model, answers, mediaParts, outputLimit } = outgoing.outline
  const sent = { model, answers, mediaParts, outputLimit, sentBytes: outgoing.body.byteLength }
  context.receipts.begin({ requestId, leg, known: { ...sent, maxPrice: context.maxRequestPrice } })
  try {
    return await answerResponse(opened, outgoing.outline.stream, answerEnd(signal, context))
  } catch (error) {
    opened[Symbol.dispose]()
    throw error
  }
}

async function readOutgoing(request: Request, url: URL): Promise<Outgoing> {
  const route = INFERENCE_ROUTES.get(url.pathname)
  if (route === undefined || request.method !== 'POST') {
    throw new ClientError('ROUTE_UNKNOWN', `${request.method} ${url.pathname} is not a route of this network`)
  }
  const body = new Uint8Array(await request.arrayBuffer())
  if (body.byteLength > MAX_INPUT) throw new ClientError('TOO_LARGE', 'a request is at most 64 MiB, padding included')
  const outline = await readOutline(route, request.headers.get('content-type') ?? '', body)
  return { path: url.pathname + url.search, headers: sealedHeaders(request.headers), body, outline }
}

function sealedHeaders(headers: Headers): readonly HttpField[] {
  return SEALED_HEADERS.flatMap((name) => {
    const value = headers.get(name)
    if (value === null) return []
    if (!FIELD_VALUE.test(value)) throw new ClientError('REQUEST_INVALID', `${name} has characters beyond ASCII`)
    return [[name, value] as const]
  })
}

function answerEnd(signal: AbortSignal, context: FetchContext): AnswerEnd {
  return {
    finish(answer) {
      const receipt = answer.reader.receipt()
      tellFinished(answer, context)
      context.receipts.end(answer.requestId, answer.reader.contentBytes, receipt, context.clock())
      return receipt === undefined ? null : (context.receipts.find(answer.requestId)?.receiptId ?? null)
    },
    fail(answer, thrown) {
      const { requestId, reader } = answer
      const error = signal.aborted ? signal.reason : thrown
      context.onEvent(requestFailed(requestId, error))
      context.receipts.end(requestId, reader.contentBytes, undefined, context.clock())
      return error
    }
  }
}

function tellFinished({ requestId, leg, head, reader, startedAt }: OpenAnswer, context: FetchContext): void {
  context.onEvent({
    kind: 'answer-finished',
    requestId,
    host: encodeHex(leg.digest),
    status: head.status,
    contentBytes: reader.contentBytes,
    sealedBytes: reader.sealedBytes,
    elapsedMs: performance.now() - startedAt
  })
}
