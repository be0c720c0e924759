import type { SessionCode } from '../../../attestation/session/codes.ts'
import { FRAME } from '../../../attestation/session/frame-header.ts'
import { parseFramePayload } from '../../../attestation/session/frames.ts'
import type { SealedChunk } from '../../../attestation/session/response.ts'
import type { Link } from '../../runtime/link/link.ts'
import type { LinkStream, StreamEvents } from '../../runtime/link/stream.ts'
import { ClientError, type ClientErrorCode } from '../errors.ts'

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
  #wake: () => void = () => {}
  #stream: LinkStream | undefined
  #failure: ClientError | undefined
  #ended = false

  constructor(link: Link, openPayload: Uint8Array) {
    this.accepted = this.#accept.promise
    // A failure is also told by `take`; nobody has to listen to both.
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

  /** The next sealed chunk of the answer that has come; undefined: none yet. Throws ClientError when there will be none. */
  take(): SealedChunk | undefined {
    const chunk = this.#chunks.shift()
    if (chunk === undefined && this.#failure !== undefined) throw this.#failure
    if (chunk?.final === false) this.#stream?.consumed(chunk.sealed.byteLength)
    return chunk
  }

  /** When a chunk has come, or none will; one caller at a time. */
  arrival(): Promise<void> {
    if (this.#chunks.length > 0 || this.#failure !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = resolve
    })
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
    this.#chunks.push(chunk)
    this.#wake()
  }

  #fail(code: ClientErrorCode, message: string): void {
    this.#rejectAll(new ClientError(code, message))
  }

  #rejectAll(error: ClientError): void {
    this.#ended = true
    this.#failure ??= error
    this.#accept.reject(this.#failure)
    this.#wake()
  }
}
