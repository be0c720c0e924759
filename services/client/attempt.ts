import type { SessionCode } from '../../attestation/session/codes.ts'
import { FRAME } from '../../attestation/session/frame-header.ts'
import { parseFramePayload } from '../../attestation/session/frames.ts'
import type { SealedChunk } from '../../attestation/session/response.ts'
import type { Link } from '../runtime/link/link.ts'
import type { LinkStream, StreamEvents } from '../runtime/link/stream.ts'
import { ClientError, type ClientErrorCode } from './errors.ts'

/** What ACCEPT says: which host took the request, and the salt of its answer. */
export interface Accepted {
  readonly digest: Uint8Array
  readonly salt: Uint8Array
}

/**
 * One request on its way over one link, and the sealed chunks of the answer as they are asked for: what nobody asks for
 * is not granted again, so that a slow reader holds the sender and no memory fills.
 */
export class Attempt implements Disposable {
  readonly accepted: Promise<Accepted>
  readonly #accept = Promise.withResolvers<Accepted>()
  readonly #chunks: SealedChunk[] = []
  #waiting: PromiseWithResolvers<SealedChunk> | undefined
  #stream: LinkStream | undefined
  #failure: ClientError | undefined
  #ended = false

  constructor(link: Link, openPayload: Uint8Array) {
    this.accepted = this.#accept.promise
    // A failure is also told by `next`; nobody has to listen to both.
    this.accepted.catch(() => {})
    this.#stream = link.open(openPayload, this.#events())
    if (this.#stream === undefined) this.#fail('NO_CAPACITY', 'the relay takes no more requests on this link')
  }

  /** Sends the sealed request as the other side grants credit; ends early when the stream is over. Never rejects. */
  async send(chunks: readonly SealedChunk[]): Promise<void> {
    try {
      for (const { sealed, final } of chunks) {
        if (this.#stream === undefined || this.#failure !== undefined) return
        const sent = final ? this.#stream.finish(sealed) : this.#stream.send(sealed)
        if (!sent) await this.#stream.ready()
      }
    } catch (cause) {
      this.abandon(new ClientError('PROTOCOL', 'the request could not be sent', { cause }), 'PROTOCOL')
    }
  }

  /** The next sealed chunk of the answer; one caller at a time. Throws ClientError when there will be none. */
  async next(): Promise<SealedChunk> {
    const chunk = this.#chunks.shift()
    if (chunk !== undefined) return this.#take(chunk)
    if (this.#failure !== undefined) throw this.#failure
    this.#waiting = Promise.withResolvers<SealedChunk>()
    return this.#take(await this.#waiting.promise)
  }

  /** Gives the request up: the host hears of it at once, and whoever waits here gets the error. */
  abandon(error: ClientError, code: SessionCode): void {
    this.#stream?.reset(code)
    this.#rejectAll(error)
  }

  /** Whatever is still running is cancelled. */
  [Symbol.dispose](): void {
    if (!this.#ended) this.abandon(new ClientError('CANCELLED', 'the request was given up'), 'CANCELLED')
  }

  #events(): StreamEvents {
    return {
      accept: (payload) => this.#receiveAccept(payload),
      data: (payload) => this.#receive({ sealed: new Uint8Array(payload), final: false }),
      final: (payload) => {
        this.#ended = true
        this.#receive({ sealed: new Uint8Array(payload), final: true })
      },
      reset: (code) => this.#fail(code, `the relay or the host ended the request: ${code}`)
    }
  }

  #receiveAccept(payload: Uint8Array): void {
    const frame = parseFramePayload(FRAME.accept, 1, payload)
    if (frame.kind === 'accept')
      this.#accept.resolve({ digest: new Uint8Array(frame.digest), salt: new Uint8Array(frame.salt) })
  }

  #receive(chunk: SealedChunk): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#chunks.push(chunk)
    else waiting.resolve(chunk)
  }

  #take(chunk: SealedChunk): SealedChunk {
    if (!chunk.final) this.#stream?.consumed(chunk.sealed.byteLength)
    return chunk
  }

  #fail(code: ClientErrorCode, message: string): void {
    this.#rejectAll(new ClientError(code, message))
  }

  #rejectAll(error: ClientError): void {
    this.#ended = true
    this.#failure ??= error
    this.#accept.reject(this.#failure)
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
  }
}
