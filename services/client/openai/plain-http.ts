import { encodeUtf8 } from '../../../attestation/encoding.ts'
import type { HttpField } from '../../../attestation/session/bhttp.ts'

/** A request as the client takes it; the SDK's `fetch` and the local endpoint are two faces of what answers it. */
export interface PlainRequest {
  readonly method: string
  /** Begins with `/`; without the query. */
  readonly path: string
  /** With its `?`; empty where there is none. */
  readonly query: string
  /** A header by its name in lower case. */
  readonly header: (name: string) => string | undefined
  readonly body: Uint8Array
}

export interface PlainAnswer {
  readonly status: number
  /** Names in lower case; none of the connection's own. */
  readonly headers: readonly HttpField[]
  readonly content: Uint8Array | AnswerStream
}

/** An answer as it comes. Nothing is asked of the host that was not asked for here. */
export interface AnswerStream {
  /** What has come since, at least a byte; undefined: it is complete and verified. Throws once when it breaks. */
  next(): Promise<Uint8Array | undefined>
  /** The rest is not wanted. Does nothing at the end. */
  cancel(reason: unknown): void
}

/** Answers a request; failures of the client's own too, as OpenAI would. Rejects with the signal's reason when it is aborted. */
export type Ask = (request: PlainRequest, signal: AbortSignal) => Promise<PlainAnswer>

export function jsonAnswer(status: number, value: unknown, headers: readonly HttpField[] = []): PlainAnswer {
  // People read these with curl.
  const content = encodeUtf8(`${JSON.stringify(value, null, 2)}\n`)
  return { status, headers: [['content-type', 'application/json'], ...headers], content }
}
