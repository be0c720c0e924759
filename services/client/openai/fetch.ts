import type { AnswerStream, Ask, PlainAnswer, PlainRequest } from './plain-http.ts'
import { BASE_URL } from './routes.ts'

const ORIGIN = new URL(BASE_URL).origin
/** What `Response` takes no body with. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * A `fetch` for `BASE_URL`. Refuses every other origin with TypeError, so that nothing meant for the seal leaves
 * without it; rejects with the signal's reason when it is aborted; answers every other failure as OpenAI would.
 */
export function createFetch(ask: Ask): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.origin !== ORIGIN) throw new TypeError(`this fetch serves ${BASE_URL} alone, not ${url.origin}`)
    // The caller's own signal: the one a Request makes follows it only as long as the Request is reachable.
    const signal = init?.signal ?? (input instanceof Request ? input.signal : new AbortController().signal)
    signal.throwIfAborted()
    return toResponse(await ask(await toPlain(request, url), signal))
  }
}

async function toPlain(request: Request, { pathname, search }: URL): Promise<PlainRequest> {
  return {
    method: request.method,
    path: pathname,
    query: search,
    header: (name) => request.headers.get(name) ?? undefined,
    body: new Uint8Array(await request.arrayBuffer())
  }
}

function toResponse({ status, headers, content }: PlainAnswer): Response {
  const body = content instanceof Uint8Array ? (content as Uint8Array<ArrayBuffer>) : streamOf(content)
  return new Response(BODILESS.has(status) ? null : body, {
    status,
    headers: headers.map(([name, value]) => [name, value])
  })
}

function streamOf(answer: AnswerStream): ReadableStream<Uint8Array> {
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const piece = await answer.next()
    if (piece === undefined) controller.close()
    else controller.enqueue(piece)
  }
  return new ReadableStream<Uint8Array>({ pull, cancel: (reason) => answer.cancel(reason) }, { highWaterMark: 0 })
}
