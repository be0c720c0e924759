import { encodeHex } from '../../../attestation/encoding.ts'
import type { HttpField } from '../../../attestation/session/bhttp.ts'
import { MAX_INPUT } from '../../../attestation/session/meta.ts'
import { ClientError } from '../errors.ts'
import type { Receipts } from '../receipts/receipts.ts'
import { type ExchangeContext, exchange, type OpenAnswer, type Outgoing, requestFailed } from '../requests/exchange.ts'
import { errorAnswer } from './errors.ts'
import { answerLocally, type LocalContext } from './local-routes.ts'
import type { Ask, PlainAnswer, PlainRequest } from './plain-http.ts'
import { readOutline } from './request.ts'
import { INFERENCE_ROUTES, SEALED_HEADERS } from './routes.ts'
import { type AnswerEnd, showAnswer } from './show-answer.ts'

export interface AskContext extends ExchangeContext {
  readonly local: LocalContext
  readonly receipts: Receipts
}

const FIELD_VALUE = /^[\t -~]*$/
const QUERY = /^[!-~]*$/

export function createAsk(context: AskContext): Ask {
  return async (request, signal) => {
    try {
      signal.throwIfAborted()
      return await answer(request, signal, context)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof ClientError) return errorAnswer(error)
      throw error
    }
  }
}

async function answer(request: PlainRequest, signal: AbortSignal, context: AskContext): Promise<PlainAnswer> {
  const local = request.method === 'GET' ? await answerLocally(request, context.local, signal) : undefined
  if (local !== undefined) return local
  const outgoing = await readOutgoing(request)
  const opened = await exchange(outgoing, signal, context)
  const { leg, requestId, maxPrice } = opened
  const { model, answers, textBytes, mediaParts, outputLimit } = outgoing.outline
  const sent = { model, answers, textBytes, mediaParts, outputLimit }
  context.receipts.begin({ requestId, leg, known: { ...sent, maxPrice } })
  try {
    return await showAnswer(opened, outgoing.outline.stream, answerEnd(signal, context))
  } catch (error) {
    opened[Symbol.dispose]()
    throw error
  }
}

async function readOutgoing({ method, path, query, header, body }: PlainRequest): Promise<Outgoing> {
  const route = INFERENCE_ROUTES.get(path)
  if (route === undefined || method !== 'POST') {
    throw new ClientError('ROUTE_UNKNOWN', `${method} ${path} is not a route of this network`)
  }
  if (!QUERY.test(query))
    throw new ClientError('REQUEST_INVALID', 'the query has characters that a request cannot have')
  if (body.byteLength > MAX_INPUT) throw new ClientError('TOO_LARGE', 'a request is at most 64 MiB, padding included')
  const outline = await readOutline(route, header('content-type') ?? '', body)
  return { path: path + query, headers: sealedHeaders(header), body, outline }
}

function sealedHeaders(header: PlainRequest['header']): readonly HttpField[] {
  const sealed: HttpField[] = []
  for (const name of SEALED_HEADERS) {
    const value = header(name)
    if (value === undefined) continue
    if (!FIELD_VALUE.test(value)) throw new ClientError('REQUEST_INVALID', `${name} has characters beyond ASCII`)
    sealed.push([name, value])
  }
  return sealed
}

function answerEnd(signal: AbortSignal, context: AskContext): AnswerEnd {
  return {
    finish(opened) {
      const receipt = opened.reader.receipt()
      tellFinished(opened, context)
      context.receipts.end(opened.requestId, opened.reader.contentBytes, receipt, context.clock())
      return receipt === undefined ? null : encodeHex(receipt.receiptId)
    },
    fail(opened, thrown) {
      const { requestId, reader } = opened
      const error = signal.aborted ? signal.reason : thrown
      context.onEvent(requestFailed(requestId, error))
      context.receipts.end(requestId, reader.contentBytes, undefined, context.clock())
      return error
    }
  }
}

function tellFinished({ requestId, leg, head, reader, startedAt }: OpenAnswer, context: AskContext): void {
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
