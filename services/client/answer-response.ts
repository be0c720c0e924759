import { concatBytes, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import type { HttpField } from '../../attestation/session/bhttp.ts'
import { ClientError } from './errors.ts'
import type { OpenAnswer } from './exchange.ts'
import { verdictOf } from './receipts.ts'

/** What is done at an answer's end; each answer has one end, and no second. */
export interface AnswerEnd {
  /** All content has been read: verifies the receipt and gives its id, or null where the answer has none. Throws ClientError. */
  finish(answer: OpenAnswer): string | null
  /** It ends here, whatever is left. Gives the error to show for the one that was thrown. */
  fail(answer: OpenAnswer, error: unknown): unknown
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const MAX_HELD_BYTES = 1024 * 1024
/** Headers that belong to the connection, or that only this client may set. */
const NOT_PASSED =
  /^(?:connection|keep-alive|transfer-encoding|content-length|trailer|upgrade|set-cookie|proxy-.*|access-control-.*|x-bombyx-.*)$/
/** What tells an application that a stream is complete: OpenAI's sentinel, and the last events of its newer APIs. */
const END_MARKS = [
  'data: [DONE]',
  'data:[DONE]',
  'event: response.completed',
  'event: response.incomplete',
  'event: message_stop'
].map(encodeUtf8)

/**
 * The answer as a response. What is not a stream is read and verified first: nothing of it is shown before. A stream is
 * passed on as it comes, opened with the host's key; its end mark is held back until the receipt has been verified, so
 * that an application which stops at the mark has never taken a part for the whole.
 */
export async function answerResponse(answer: OpenAnswer, stream: boolean, end: AnswerEnd): Promise<Response> {
  const { status } = answer.head
  const headers = passHeaders(answer.head.headers)
  addOwnHeaders(headers, answer)
  if (stream && isEventStream(headers)) {
    // The receipt stands at the end of a stream, and is found by the request's name.
    headers.set('x-bombyx-receipt', answer.requestId)
    return new Response(streamBody(answer, end), { status, headers })
  }
  const { content, receiptId } = await readToEnd(answer, end)
  if (receiptId !== null) headers.set('x-bombyx-receipt', receiptId)
  const empty = status === 204 || status === 205 || status === 304
  return new Response(empty ? null : content, { status, headers })
}

export function isEventStream(headers: Headers): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true
}

function passHeaders(fields: readonly HttpField[]): Headers {
  const headers = new Headers()
  try {
    for (const [name, value] of fields) if (!NOT_PASSED.test(name)) headers.append(name, value)
    return headers
  } catch (cause) {
    throw new ClientError('ANSWER_MALFORMED', 'the answer has a header that HTTP does not allow', { cause })
  }
}

function addOwnHeaders(headers: Headers, { leg, requestId }: OpenAnswer): void {
  headers.set('x-bombyx-host', encodeHex(leg.digest))
  headers.set('x-bombyx-session', encodeHex(leg.sessionId))
  headers.set('x-bombyx-request', requestId)
  headers.set('x-bombyx-verdict', verdictOf(leg))
}

async function readToEnd(
  answer: OpenAnswer,
  end: AnswerEnd
): Promise<{ readonly content: Uint8Array<ArrayBuffer>; readonly receiptId: string | null }> {
  try {
    const content = await readWhole(answer)
    return { content, receiptId: end.finish(answer) }
  } catch (error) {
    throw end.fail(answer, error)
  } finally {
    answer[Symbol.dispose]()
  }
}

async function readWhole({ reader }: OpenAnswer): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  for (let piece = await reader.content(); piece !== undefined; piece = await reader.content()) {
    if (reader.contentBytes > MAX_ANSWER_BYTES) throw new ClientError('ANSWER_MALFORMED', 'the answer is over 64 MiB')
    pieces.push(piece)
  }
  return concatBytes(...pieces) as Uint8Array<ArrayBuffer>
}

function streamBody(answer: OpenAnswer, end: AnswerEnd): ReadableStream<Uint8Array> {
  const held: Uint8Array[] = []
  let ended = false
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      const piece = await nextShown(answer, held)
      if (piece !== undefined) {
        controller.enqueue(piece)
        return
      }
      end.finish(answer)
      ended = true
      for (const last of held) controller.enqueue(last)
      answer[Symbol.dispose]()
      controller.close()
    } catch (error) {
      answer[Symbol.dispose]()
      throw end.fail(answer, error)
    }
  }
  // Also called when an application stops at the end mark of a stream that is complete.
  const cancel = (reason: unknown): void => {
    if (ended) return
    end.fail(answer, reason)
    answer[Symbol.dispose]()
  }
  // Nothing is asked of the host that the application has not asked for.
  return new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 })
}

/** The next piece that may be shown now; from the end mark on pieces are held. Undefined: the stream is complete. */
async function nextShown({ reader }: OpenAnswer, held: Uint8Array[]): Promise<Uint8Array | undefined> {
  for (;;) {
    const piece = await reader.content()
    if (piece === undefined) return undefined
    if (held.length === 0 && !END_MARKS.some((mark) => startsLine(piece, mark))) return piece
    held.push(piece)
    const bytes = held.reduce((sum, { byteLength }) => sum + byteLength, 0)
    if (bytes > MAX_HELD_BYTES) throw new ClientError('ANSWER_MALFORMED', 'the stream goes on after its end mark')
  }
}

function startsLine(piece: Uint8Array, mark: Uint8Array): boolean {
  const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  const at = bytes.indexOf(mark)
  return at === 0 || (at > 0 && bytes[at - 1] === 0x0a)
}
