import { concatBytes, encodeHex } from '../../../attestation/encoding.ts'
import type { HttpField } from '../../../attestation/session/bhttp.ts'
import { ClientError } from '../errors.ts'
import { verdictOf } from '../receipts/receipts.ts'
import type { OpenAnswer } from '../requests/exchange.ts'
import type { AnswerStream, PlainAnswer } from './plain-http.ts'

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
/** What HTTP allows in a value. */
const FIELD_VALUE = /^[\t -~\u0080-\u00ff]*$/
/** A line that tells an application that a stream is complete: OpenAI's sentinel, and the last events of its newer APIs. */
const END_MARK = /(?:^|\n)(?:data: ?\[DONE\]|event: (?:response\.completed|response\.incomplete|message_stop))/

/**
 * The answer as the application gets it. What is not a stream is read and verified first: nothing of it is shown
 * before. A stream is passed on as it comes, opened with the host's key; its end mark is held back until the receipt
 * has been verified, so that an application which stops at the mark has never taken a part for the whole.
 */
export async function showAnswer(answer: OpenAnswer, stream: boolean, end: AnswerEnd): Promise<PlainAnswer> {
  const { status } = answer.head
  const headers = [...passHeaders(answer.head.headers), ...ownHeaders(answer)]
  if (stream && headers.some(([name, value]) => name === 'content-type' && value.startsWith('text/event-stream'))) {
    // The receipt stands at the end of a stream, and is found by the request's name.
    headers.push(['x-bombyx-receipt', answer.requestId])
    return { status, headers, content: new ShownStream(answer, end) }
  }
  const { content, receiptId } = await readToEnd(answer, end)
  if (receiptId !== null) headers.push(['x-bombyx-receipt', receiptId])
  return { status, headers, content }
}

function passHeaders(fields: readonly HttpField[]): readonly HttpField[] {
  const passed = fields.filter(([name]) => !NOT_PASSED.test(name))
  if (passed.some(([, value]) => !FIELD_VALUE.test(value))) {
    throw new ClientError('ANSWER_MALFORMED', 'the answer has a header that HTTP does not allow')
  }
  return passed
}

function ownHeaders({ leg, requestId }: OpenAnswer): readonly HttpField[] {
  return [
    ['x-bombyx-host', encodeHex(leg.digest)],
    ['x-bombyx-session', encodeHex(leg.sessionId)],
    ['x-bombyx-request', requestId],
    ['x-bombyx-verdict', verdictOf(leg)]
  ]
}

async function readToEnd(
  answer: OpenAnswer,
  end: AnswerEnd
): Promise<{ readonly content: Uint8Array; readonly receiptId: string | null }> {
  try {
    const content = await readWhole(answer)
    return { content, receiptId: end.finish(answer) }
  } catch (error) {
    throw end.fail(answer, error)
  } finally {
    answer[Symbol.dispose]()
  }
}

async function readWhole({ reader }: OpenAnswer): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (let piece = await reader.content(); piece !== undefined; piece = await reader.content()) {
    if (reader.contentBytes > MAX_ANSWER_BYTES) throw new ClientError('ANSWER_MALFORMED', 'the answer is over 64 MiB')
    pieces.push(piece)
  }
  const [only, ...others] = pieces
  return only !== undefined && others.length === 0 ? only : concatBytes(...pieces)
}

/** Shows what comes up to the end mark; the mark and what follows when the receipt has been verified. */
class ShownStream implements AnswerStream {
  readonly #answer: OpenAnswer
  readonly #end: AnswerEnd
  readonly #held: Uint8Array[] = []
  #heldBytes = 0
  #ended = false

  constructor(answer: OpenAnswer, end: AnswerEnd) {
    this.#answer = answer
    this.#end = end
  }

  async next(): Promise<Uint8Array | undefined> {
    if (this.#ended) return undefined
    try {
      for (let piece = await this.#read(); piece !== undefined; piece = await this.#read()) {
        const shown = this.#show(piece)
        if (shown.byteLength > 0) return shown
      }
      this.#end.finish(this.#answer)
      this.#close()
      return this.#held.length === 0 ? undefined : concatBytes(...this.#held)
    } catch (error) {
      if (this.#ended) throw error
      this.#close()
      throw this.#end.fail(this.#answer, error)
    }
  }

  cancel(reason: unknown): void {
    if (this.#ended) return
    this.#close()
    this.#end.fail(this.#answer, reason)
  }

  #read(): Promise<Uint8Array | undefined> {
    return this.#answer.reader.content()
  }

  #show(piece: Uint8Array): Uint8Array {
    const mark = this.#heldBytes > 0 ? 0 : endMark(piece)
    if (mark === undefined) return piece
    this.#held.push(piece.subarray(mark))
    this.#heldBytes += piece.byteLength - mark
    if (this.#heldBytes > MAX_HELD_BYTES) {
      throw new ClientError('ANSWER_MALFORMED', 'the stream goes on after its end mark')
    }
    return piece.subarray(0, mark)
  }

  #close(): void {
    this.#ended = true
    this.#answer[Symbol.dispose]()
  }
}

/** Where the line of the end mark begins. */
function endMark(piece: Uint8Array): number | undefined {
  const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1')
  const found = END_MARK.exec(text)
  if (found === null) return undefined
  return found[0].startsWith('\n') ? found.index + 1 : found.index
}
