import { randomBytes } from '../../attestation/crypto.ts'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import { FRAME } from '../../attestation/session/frame-header.ts'
import { encodeFramePayload, parseFramePayload } from '../../attestation/session/frames.ts'
import { encodeClientLinkHello, parseRelayLinkHello } from '../../attestation/session/link-hello.ts'
import { encodeMeta, type Meta } from '../../attestation/session/meta.ts'
import { clientLink } from '../../proto/link.ts'
import { connectDuplex } from '../../services/runtime/grpc-client.ts'
import { callChannel } from '../../services/runtime/link/channel.ts'
import { dialLink } from '../../services/runtime/link/hello.ts'
import type { Link, LinkEnd } from '../../services/runtime/link/link.ts'
import type { LinkStream } from '../../services/runtime/link/stream.ts'

/** One request as the fake client sees it. */
export interface ClientRequest {
  readonly stream: LinkStream
  readonly chunks: Uint8Array[]
  readonly accepts: Uint8Array[]
  /** 'complete', or the code of a reset. */
  readonly outcome: Promise<string>
  readonly accepted: Promise<void>
  /** Begins to read, where it did not. */
  read(): void
}

/** A client as a relay sees one: a link, and requests whose chunks mean nothing. */
export class FakeClient implements AsyncDisposable {
  readonly link: Link
  readonly usage: Uint8Array[]
  readonly ended: Promise<LinkEnd>
  readonly #close: () => void

  private constructor(parts: { link: Link; usage: Uint8Array[]; ended: Promise<LinkEnd>; close: () => void }) {
    this.link = parts.link
    this.usage = parts.usage
    this.ended = parts.ended
    this.#close = parts.close
  }

  static async dial(relay: string, apiKey = ''): Promise<FakeClient> {
    const client = await connectDuplex<Uint8Array>(clientLink, relay)
    const usage: Uint8Array[] = []
    const ended = Promise.withResolvers<LinkEnd>()
    const link = await dialLink({
      channel: callChannel(client.open()),
      maxStreams: 0,
      answerHello: (payload) => {
        const { mostStreams, mostBatchBytes } = parseRelayLinkHello(payload)
        const hello = encodeClientLinkHello(encodeUtf8(apiKey))
        return { hello, maxStreams: mostStreams, maxBatch: mostBatchBytes }
      },
      events: {
        open: () => 'PROTOCOL',
        control: (type, payload) => {
          const frame = parseFramePayload(type, 0, payload)
          if (frame.kind === 'usage') usage.push(frame.statement.slice())
        },
        goaway: () => {},
        closed: (end) => ended.resolve(end)
      }
    })
    return new FakeClient({ link, usage, ended: ended.promise, close: () => client[Symbol.dispose]() })
  }

  /** Opens a request for the hosts with these digests and sends its chunks, the last as the final one. */
  ask(
    digests: readonly Uint8Array[],
    chunks: readonly Uint8Array[],
    meta: Partial<Meta> = {},
    { reads = true }: { readonly reads?: boolean } = {}
  ): ClientRequest {
    let unread = 0
    let reading = reads
    const candidates = digests.map((digest) => ({ digest, wrap: randomBytes(48) }))
    const open = encodeFramePayload({ kind: 'open', stream: 1, meta: encodeMeta({ ...META, ...meta }), candidates })
    const [outcome, accepted] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()]
    const seen: Uint8Array[] = []
    const accepts: Uint8Array[] = []
    const stream = this.link.open(open, {
      accept: (payload) => {
        accepts.push(payload.slice())
        accepted.resolve()
      },
      data: (chunk) => {
        seen.push(chunk.slice())
        if (reading) stream?.consumed(chunk.byteLength)
        else unread += chunk.byteLength
      },
      final: (chunk) => {
        seen.push(chunk.slice())
        outcome.resolve('complete')
      },
      reset: (code) => outcome.resolve(code)
    })
    if (stream === undefined) throw new Error('the link takes no streams')
    chunks.forEach((chunk, index) => {
      if (index === chunks.length - 1) stream.finish(chunk)
      else stream.send(chunk)
    })
    const read = (): void => {
      reading = true
      stream.consumed(unread)
    }
    return { stream, chunks: seen, accepts, outcome: outcome.promise, accepted: accepted.promise, read }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.close()
    this.#close()
  }
}

export const META: Meta = {
  sessionId: new Uint8Array(16).fill(1),
  n: 0,
  stream: true,
  deadline: Math.floor(Date.now() / 1000) + 60,
  inputSize: 1024,
  outputLimit: 0,
  cadenceMs: 0,
  maxPrice: 0n,
  affinity: new Uint8Array(8),
  model: 'm'
}

export { FRAME }
