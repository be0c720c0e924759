import type { SessionCode } from '../../attestation/session/codes.ts'
import { encodeFramePayload } from '../../attestation/session/frames.ts'
import type { Wrap } from '../../attestation/session/request.ts'
import type { LinkStream, StreamEvents } from '../runtime/link/stream.ts'
import type { LiveHost, Seat } from './live-host.ts'
import type { Waiting } from './wait-queue.ts'

/** A host that may answer, and the request's key wrapped for it. */
export interface Candidate {
  readonly host: LiveHost
  readonly wrap: Wrap
}

/** What a relay reads of a request. */
export interface RelayedRequest {
  /** Hex. */
  readonly sessionId: string
  /** Hex; empty when the client names none. */
  readonly affinity: string
  readonly model: string
  readonly meta: Uint8Array
  /** Linked hosts alone. */
  readonly candidates: readonly Candidate[]
  /** Unix seconds. */
  readonly deadline: number
  /** Tokens that its answer may take, as far as the relay can tell. */
  readonly tokens: number
}

export type ExchangeEnd = SessionCode | 'COMPLETE'

/** What an exchange tells the switchboard. */
export interface ExchangeObserver {
  accepted(exchange: Exchange): void
  /** Once. */
  ended(exchange: Exchange, end: ExchangeEnd): void
}

interface Leg {
  readonly host: LiveHost
  readonly seat: Seat
  readonly stream: LinkStream
}

interface HeldChunk {
  readonly final: boolean
  readonly chunk: Uint8Array
}

/**
 * One request: a stream of a client's link joined to one of a host's. Chunks pass unread and unkept, credit passes the
 * other way. Only while a request waits for a slot are its first chunks held: at most the 64 KiB a stream starts with.
 */
export class Exchange implements Waiting<LiveHost> {
  readonly request: RelayedRequest
  readonly tenant: string
  readonly hosts: readonly LiveHost[]
  readonly giveUpAt: number
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number
  readonly fromClient: StreamEvents
  /** Sealed bytes that passed. */
  bytesIn = 0
  bytesOut = 0
  readonly #observer: ExchangeObserver
  readonly #client: LinkStream
  #held: HeldChunk[] = []
  #heldCredit = 0
  #leg: Leg | undefined
  #answerFinal = false
  #over = false

  constructor(
    wish: {
      readonly request: RelayedRequest
      readonly tenant: string
      readonly startedAt: number
      readonly giveUpAt: number
    },
    client: LinkStream,
    observer: ExchangeObserver
  ) {
    this.request = wish.request
    this.tenant = wish.tenant
    this.hosts = wish.request.candidates.map(({ host }) => host)
    this.startedAt = wish.startedAt
    this.giveUpAt = wish.giveUpAt
    this.#client = client
    this.#observer = observer
    this.fromClient = new ClientSide(this)
  }

  get deadline(): number {
    return this.request.deadline
  }

  /** The host that has the request, once one does. */
  get host(): LiveHost | undefined {
    return this.#leg?.host
  }

  /** Gives the request to a host; it alone gets its wrap. */
  start(host: LiveHost): void {
    if (this.#over) return
    const wrap = this.request.candidates.find((candidate) => candidate.host === host)?.wrap
    const seat = wrap === undefined ? undefined : host.take(this.request.tokens)
    if (wrap === undefined || seat === undefined) {
      this.giveUp('NO_CAPACITY')
      return
    }
    const payload = encodeFramePayload({ kind: 'open', stream: 2, meta: this.request.meta, candidates: [wrap] })
    const stream = seat.link.open(payload, new HostSide(this))
    if (stream === undefined) {
      seat.refused()
      seat.leave()
      this.giveUp('HOST_LOST')
      return
    }
    this.#leg = { host, seat, stream }
    for (const { final, chunk } of this.#held) this.#forward(stream, chunk, final)
    this.#held = []
    if (this.#heldCredit > 0) stream.grant(this.#heldCredit)
  }

  giveUp(code: SessionCode): void {
    if (this.#over) return
    this.#client.reset(code)
    this.#end(code)
  }

  clientChunk(chunk: Uint8Array, final: boolean): void {
    this.bytesIn += chunk.byteLength
    if (this.#leg !== undefined) this.#forward(this.#leg.stream, chunk, final)
    // A copy, so that a small chunk does not keep its whole batch in memory while it waits.
    else this.#held.push({ final, chunk: chunk.slice() })
  }

  clientCredit(bytes: number): void {
    if (this.#leg === undefined) this.#heldCredit += bytes
    else this.#leg.stream.grant(bytes)
  }

  clientReset(code: SessionCode): void {
    // A client's link that is lost has hung up on its requests.
    const end = code === 'HOST_LOST' ? 'CANCELLED' : code
    this.#leg?.stream.reset(end)
    this.#end(end)
  }

  hostAccept(payload: Uint8Array): void {
    this.#leg?.seat.accepted()
    this.#client.accept(payload)
    this.#observer.accepted(this)
  }

  hostChunk(chunk: Uint8Array, final: boolean): void {
    this.bytesOut += chunk.byteLength
    if (!final) {
      this.#client.send(chunk)
      return
    }
    this.#answerFinal = true
    this.#client.finish(chunk)
    if (this.#client.closed) this.#end('COMPLETE')
  }

  hostCredit(bytes: number): void {
    this.#client.grant(bytes)
  }

  hostReset(code: SessionCode): void {
    // A host that is full in spite of its SLOTS is believed: its next SLOTS count.
    if (code !== 'NO_CAPACITY') this.#leg?.seat.refused()
    this.#client.reset(code)
    this.#end(code)
  }

  #forward(stream: LinkStream, chunk: Uint8Array, final: boolean): void {
    if (final) stream.finish(chunk)
    else stream.send(chunk)
    // An answer that ended before the question did: both halves are final now.
    if (final && this.#answerFinal) this.#end('COMPLETE')
  }

  #end(end: ExchangeEnd): void {
    if (this.#over) return
    this.#over = true
    this.#held = []
    this.#leg?.seat.leave()
    this.#observer.ended(this, end)
  }
}

class ClientSide implements StreamEvents {
  readonly #exchange: Exchange

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  data(payload: Uint8Array): void {
    this.#exchange.clientChunk(payload, false)
  }

  final(payload: Uint8Array): void {
    this.#exchange.clientChunk(payload, true)
  }

  credit(bytes: number): void {
    this.#exchange.clientCredit(bytes)
  }

  reset(code: SessionCode): void {
    this.#exchange.clientReset(code)
  }
}

class HostSide implements StreamEvents {
  readonly #exchange: Exchange

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  accept(payload: Uint8Array): void {
    this.#exchange.hostAccept(payload)
  }

  data(payload: Uint8Array): void {
    this.#exchange.hostChunk(payload, false)
  }

  final(payload: Uint8Array): void {
    this.#exchange.hostChunk(payload, true)
  }

  credit(bytes: number): void {
    this.#exchange.hostCredit(bytes)
  }

  reset(code: SessionCode): void {
    this.#exchange.hostReset(code)
  }
}
