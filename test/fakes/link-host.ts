import {
  ed25519PublicBytes,
  generateEd25519,
  type PrivateKey,
  randomBytes,
  sha256,
  signEd25519
} from '../../attestation/crypto.ts'
import { concatBytes } from '../../attestation/encoding.ts'
import { signUsage } from '../../attestation/receipt/usage.ts'
import { FRAME } from '../../attestation/session/frame-header.ts'
import { encodeFramePayload, parseFramePayload } from '../../attestation/session/frames.ts'
import { encodeKeyset, type Keyset, parseKeyset } from '../../attestation/session/keyset.ts'
import { encodeHostLinkHello, linkHelloMessage, parseRelayLinkHello } from '../../attestation/session/link-hello.ts'
import { type Meta, parseMeta } from '../../attestation/session/meta.ts'
import type { Host } from '../../proto/gen/bombyx/v1/Host.ts'
import type { HostSessionAnswer } from '../../proto/gen/bombyx/v1/HostSessionAnswer.ts'
import type { HostSessionCall__Output } from '../../proto/gen/bombyx/v1/HostSessionCall.ts'
import { hostLink } from '../../proto/link.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { connect, connectDuplex } from '../../services/runtime/grpc-client.ts'
import { callChannel } from '../../services/runtime/link/channel.ts'
import { dialLink } from '../../services/runtime/link/hello.ts'
import type { Link, LinkEnd } from '../../services/runtime/link/link.ts'
import type { LinkStream, StreamEvents } from '../../services/runtime/link/stream.ts'

/** One request as the fake host got it. */
export interface HostRequest {
  readonly stream: LinkStream
  readonly meta: Meta
  readonly digests: readonly Uint8Array[]
  readonly chunks: Uint8Array[]
  code: string | undefined
  final: boolean
}

export interface FakeHostOptions {
  readonly model?: string
  readonly region?: string
  readonly price?: number
  readonly slots?: number
  readonly notAfter?: number
  /** Answers a request when its final chunk is there; echoes it when absent. */
  readonly answer?: (request: HostRequest, host: FakeHost) => void | Promise<void>
  /** Answers hellos; accepts with the hello itself when absent, never when it returns undefined. */
  readonly sayTo?: (hello: Uint8Array) => 'accept' | number | undefined
}

/** A host as a relay sees one: real keys, links and handshakes, and nothing behind them. */
export class FakeHost implements AsyncDisposable {
  readonly keyset: Keyset
  readonly sessionKey: PrivateKey = generateEd25519()
  readonly receiptKey: PrivateKey = generateEd25519()
  readonly requests: HostRequest[] = []
  readonly acks: number[] = []
  readonly goaways: (string | undefined)[] = []
  readonly hellos: Uint8Array[] = []
  link: Link | undefined
  end: LinkEnd | undefined
  readonly #options: FakeHostOptions
  readonly #stack = new AsyncDisposableStack()
  #free: number

  constructor(options: FakeHostOptions = {}) {
    this.#options = options
    this.#free = options.slots ?? 4
    this.keyset = parseKeyset(
      encodeKeyset({
        epoch: randomBytes(16),
        subject: `bombyx:host:${Buffer.from(randomBytes(16)).toString('hex')}`,
        model: { id: options.model ?? 'm', engine: 'vllm', weights: randomBytes(32) },
        notAfter: options.notAfter ?? Math.floor(Date.now() / 1000) + 3600,
        sessionKeys: [{ keyId: 's1', publicKey: ed25519PublicBytes(this.sessionKey) }],
        receiptKeys: [{ keyId: 'r1', publicKey: ed25519PublicBytes(this.receiptKey) }],
        gpus: [],
        switches: [],
        tlsKeys: []
      })
    )
  }

  /** As the directory lists it. */
  get listing(): Host {
    const price = this.#options.price ?? 1
    const prices = { prompt: price, cached: price, completion: price, reasoning: price }
    return {
      hostId: this.keyset.epoch,
      provider: 'p',
      keyset: this.keyset.bytes,
      bundleDigest: sha256(this.keyset.bytes),
      collateralDigest: sha256(this.keyset.bytes),
      verdict: { status: 'AFFIRMING', tee: 'virtual', notAfter: String(this.keyset.notAfter) },
      declaration: { prices, region: this.#options.region ?? 'eu', slots: this.#options.slots ?? 4 }
    }
  }

  /** Dials the relay's HostLink; `as` overrides what it signs. */
  async dial(relay: string, as: { readonly authority?: string; readonly key?: PrivateKey } = {}): Promise<void> {
    const client = await connectDuplex<Uint8Array>(hostLink, relay)
    const call = client.open()
    this.#stack.defer(() => {
      call.cancel()
      client[Symbol.dispose]()
    })
    this.link = await dialLink({
      channel: callChannel(call),
      maxStreams: 1000,
      answerHello: (payload) => {
        const { nonce, mostStreams, mostBatchBytes } = parseRelayLinkHello(payload)
        const message = linkHelloMessage(as.authority ?? relay, this.keyset.digest, nonce)
        const signature = signEd25519(as.key ?? this.sessionKey, message)
        const hello = encodeHostLinkHello({ digest: this.keyset.digest, signature })
        return { hello, maxStreams: mostStreams, maxBatch: mostBatchBytes }
      },
      events: {
        open: (stream, payload) => this.#open(stream, payload),
        control: (type, payload) => {
          const frame = parseFramePayload(type, 0, payload)
          if (frame.kind === 'ack') this.acks.push(frame.seq)
        },
        goaway: (code) => this.goaways.push(code),
        closed: (end) => {
          this.end = end
        }
      }
    })
    this.announce()
  }

  /** Dials HostSession.Serve and answers hellos. */
  async serve(relay: string): Promise<void> {
    const client = await connect(bombyxV1.HostSession, relay)
    const call = client.Serve()
    this.#stack.defer(() => {
      call.cancel()
      client.close()
    })
    call.on('error', () => {})
    call.on('data', (message: HostSessionCall__Output) => {
      const answer = this.#answerCall(relay, message)
      if (answer !== undefined) call.write(answer)
    })
  }

  announce(free: number = this.#free): void {
    this.#free = free
    const total = Math.max(free, this.#options.slots ?? 4)
    this.link?.control(FRAME.slots, encodeFramePayload({ kind: 'slots', stream: 0, free, total }))
  }

  /** Sends a signed statement for a request. */
  report(seq: number, meta: Meta): void {
    const statement = this.sign(seq, meta)
    this.link?.control(FRAME.usage, encodeFramePayload({ kind: 'usage', stream: 0, seq, statement }))
  }

  /** A statement for a request. */
  sign(seq: number, meta: Pick<Meta, 'model' | 'n' | 'sessionId'>): Uint8Array {
    return signUsage(
      {
        counts: { prompt: 1, cached: 0, completion: 3, reasoning: 0 },
        durationMs: 10,
        epoch: this.keyset.epoch,
        finish: 'complete',
        keyId: 'r1',
        model: meta.model,
        n: meta.n,
        price: 1n,
        receiptHash: null,
        seq,
        sessionId: meta.sessionId,
        tenant: new Uint8Array(16),
        keysetDigest: this.keyset.digest
      },
      this.receiptKey
    )
  }

  /** Breaks its link without a word. */
  die(): Promise<void> {
    return this.#stack.disposeAsync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link?.close()
    await this.#stack.disposeAsync()
  }

  #open(stream: LinkStream, payload: Uint8Array): StreamEvents {
    const frame = parseFramePayload(FRAME.open, stream.id, payload)
    if (frame.kind !== 'open') throw new TypeError('not an OPEN')
    const request: HostRequest = {
      stream,
      meta: parseMeta(frame.meta),
      digests: frame.candidates.map(({ digest }) => digest),
      chunks: [],
      code: undefined,
      final: false
    }
    this.requests.push(request)
    stream.accept(concatBytes(this.keyset.digest, randomBytes(32)))
    this.announce(this.#free - 1)
    const over = (): void => this.announce(this.#free + 1)
    return {
      data: (chunk) => {
        request.chunks.push(chunk.slice())
        stream.consumed(chunk.byteLength)
      },
      final: (chunk) => {
        request.chunks.push(chunk.slice())
        request.final = true
        const answer = this.#options.answer ?? echo
        void answer(request, this)
        if (stream.closed) over()
      },
      reset: (code) => {
        request.code = code
        over()
      }
    }
  }

  #answerCall(relay: string, { nonce, hello }: HostSessionCall__Output): HostSessionAnswer | undefined {
    if (nonce != null) {
      const signature = signEd25519(this.sessionKey, linkHelloMessage(relay, this.keyset.digest, nonce))
      return { identity: { keysetDigest: this.keyset.digest, signature } }
    }
    if (hello?.hello == null) return undefined
    this.hellos.push(hello.hello.hello)
    const said = this.#options.sayTo === undefined ? 'accept' : this.#options.sayTo(hello.hello.hello)
    const { callId } = hello
    if (said === undefined) return undefined
    if (said !== 'accept') return { refusal: { callId, code: said } }
    return { accept: { callId, accept: { accept: this.keyset.digest, signature: hello.hello.hello.subarray(0, 64) } } }
  }
}

function echo({ stream, chunks }: HostRequest): void {
  chunks.forEach((chunk, index) => {
    if (index === chunks.length - 1) stream.finish(chunk)
    else stream.send(chunk)
  })
}
