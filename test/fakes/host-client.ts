import { createSha256 } from '../../attestation/crypto.ts'
import { decodeBase64, decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { RECEIPT_TRAILER, type Receipt, verifyReceipt } from '../../attestation/receipt/receipt.ts'
import { BhttpResponseReader, encodeBhttpRequest, type HttpField } from '../../attestation/session/bhttp.ts'
import type { Payer } from '../../attestation/session/client-handshake.ts'
import type { SessionCode } from '../../attestation/session/codes.ts'
import { encodeFramePayload } from '../../attestation/session/frames.ts'
import { type ClientLeg, createHello } from '../../attestation/session/handshake.ts'
import { type RequestWish, type SealedRequest, sealRequest } from '../../attestation/session/request.ts'
import type { ResponseOpener } from '../../attestation/session/response.ts'
import { type LinkStream, MAX_WINDOW } from '../../services/runtime/link/stream.ts'
import type { HostNetwork } from './host-network.ts'

export interface Ask {
  readonly path?: string
  readonly method?: string
  readonly headers?: readonly HttpField[]
  readonly body?: unknown
  readonly content?: Uint8Array
  readonly meta?: Partial<RequestWish>
}

/** An answer as a client opened it; `code` where the host reset the stream. */
export interface Answer {
  readonly code: SessionCode | undefined
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  /** Verified against the request and the content. */
  readonly receipt: Receipt | undefined
  /** Lengths of the sealed chunks. */
  readonly chunks: readonly number[]
}

/** A running request. */
export interface Running {
  readonly stream: LinkStream
  readonly sealed: SealedRequest
  readonly answer: Promise<Answer>
  /** When the first chunk of the answer has come. */
  readonly begun: Promise<void>
}

const unixNow = (): number => Math.floor(Date.now() / 1000)

/** A client of one host over a fake relay: the handshake, and requests sealed for its one leg. */
export class HostClient {
  readonly #network: HostNetwork
  readonly leg: ClientLeg
  #n = 0

  constructor(network: HostNetwork, leg: ClientLeg) {
    this.#network = network
    this.leg = leg
  }

  static async open(
    network: HostNetwork,
    model: string,
    ttlSeconds = 600,
    paying?: { readonly payer: Payer; readonly known?: readonly Uint8Array[] }
  ): Promise<HostClient> {
    const wish = { model, ttlSeconds, hosts: [network.host], ...(paying === undefined ? {} : { payer: paying.payer }) }
    using handshake = await createHello(wish, unixNow())
    const accept = await network.hello(handshake.message, paying?.known)
    return new HostClient(network, await handshake.receiveAccept(accept, unixNow()))
  }

  /** Seals and sends; `reading` false grants no credit for the answer beyond the first 64 KiB. */
  start(ask: Ask, options: { readonly reading?: boolean; readonly sealed?: SealedRequest } = {}): Running {
    const content = ask.content ?? (ask.body === undefined ? new Uint8Array(0) : encodeUtf8(JSON.stringify(ask.body)))
    const sealed = options.sealed ?? this.seal(ask, content)
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const begun = Promise.withResolvers<void>()
    const collector = new AnswerCollector({ sealed, leg: this.leg, content, resolve, begun: begun.resolve })
    const payload = encodeFramePayload({ kind: 'open', stream: 1, meta: sealed.metaBytes, candidates: sealed.wraps })
    const stream = this.#network.link.open(payload, collector)
    if (stream === undefined) throw new TypeError('the link takes no more streams')
    if (options.reading !== false) collector.read(stream)
    void this.#send(stream, sealed)
    return { stream, sealed, answer: promise, begun: begun.promise }
  }

  ask(ask: Ask): Promise<Answer> {
    return this.start(ask).answer
  }

  seal(ask: Ask, content: Uint8Array): SealedRequest {
    const { path = '/v1/chat/completions', method = 'POST', headers = [['content-type', 'application/json']] } = ask
    const wish: RequestWish = {
      n: this.#n++,
      stream: false,
      deadline: unixNow() + 60,
      outputLimit: 0,
      cadenceMs: 0,
      maxPrice: 0n,
      affinity: new Uint8Array(8),
      model: this.leg.host.keyset.model.id,
      ...ask.meta
    }
    return sealRequest([this.leg], wish, encodeBhttpRequest({ method, path, headers, content }), unixNow())
  }

  async #send(stream: LinkStream, sealed: SealedRequest): Promise<void> {
    for (const { sealed: chunk, final } of sealed.chunks) {
      if (!(final ? stream.finish(chunk) : stream.send(chunk))) await stream.ready()
    }
  }
}

interface Collecting {
  readonly sealed: SealedRequest
  readonly leg: ClientLeg
  readonly content: Uint8Array
  readonly resolve: (answer: Answer) => void
  readonly begun: () => void
}

/** Reads an answer as the SDK does, strictly: what it refuses is thrown to the link, which drops. */
class AnswerCollector {
  readonly #collecting: Collecting
  readonly #reader = new BhttpResponseReader()
  readonly #parts: Uint8Array[] = []
  readonly #chunks: number[] = []
  #opener: ResponseOpener | undefined
  #stream: LinkStream | undefined
  #status = 0
  #headers: readonly HttpField[] = []
  #trailers: readonly HttpField[] = []

  constructor(collecting: Collecting) {
    this.#collecting = collecting
  }

  read(stream: LinkStream): void {
    this.#stream = stream
  }

  accept(payload: Uint8Array): void {
    this.#opener = this.#collecting.sealed.openResponse(payload.slice(0, 32), payload.slice(32))
    this.#stream?.grant(MAX_WINDOW / 2)
  }

  data(payload: Uint8Array): void {
    this.#open(payload, false)
    this.#stream?.consumed(payload.byteLength)
  }

  final(payload: Uint8Array): void {
    this.#open(payload, true)
    this.#opener?.end()
    this.#reader.end()
    this.#finish(undefined)
  }

  reset(code: SessionCode): void {
    this.#finish(code)
  }

  #open(payload: Uint8Array, final: boolean): void {
    if (this.#opener === undefined) throw new TypeError('data before ACCEPT')
    this.#chunks.push(payload.byteLength)
    this.#collecting.begun()
    for (const part of this.#reader.push(this.#opener.open(payload, final))) {
      if (part.kind === 'content') this.#parts.push(part.bytes.slice())
      else if (part.kind === 'trailers') this.#trailers = part.fields
      else [this.#status, this.#headers] = [part.status, part.headers]
    }
  }

  #finish(code: SessionCode | undefined): void {
    const content = Buffer.concat(this.#parts)
    this.#collecting.resolve({
      code,
      status: this.#status,
      headers: new Map(this.#headers),
      text: decodeUtf8(content),
      receipt: code === undefined ? this.#receipt(content) : undefined,
      chunks: this.#chunks
    })
  }

  #receipt(answer: Uint8Array): Receipt | undefined {
    const trailer = this.#trailers.find(([name]) => name === RECEIPT_TRAILER)
    if (trailer === undefined) return undefined
    const { leg, sealed, content } = this.#collecting
    const hash = (bytes: Uint8Array) => {
      const sha = createSha256()
      sha.update(bytes)
      return sha.digest()
    }
    return verifyReceipt(decodeBase64(trailer[1]), {
      keyset: leg.host.keyset,
      sessionId: leg.sessionId,
      n: sealed.meta.n,
      requestContentHash: hash(content),
      responseContentHash: hash(answer)
    })
  }
}
