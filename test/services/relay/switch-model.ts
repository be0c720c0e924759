import { expect } from 'vitest'
import { concatBytes } from '../../../attestation/encoding.ts'
import type { SessionCode } from '../../../attestation/session/codes.ts'
import { FRAME } from '../../../attestation/session/frame-header.ts'
import { encodeFramePayload, parseFramePayload } from '../../../attestation/session/frames.ts'
import { encodeMeta, parseMeta } from '../../../attestation/session/meta.ts'
import { HostTable } from '../../../services/relay/host-table.ts'
import type { ListedHost } from '../../../services/relay/listed-host.ts'
import type { LiveHost } from '../../../services/relay/live-host.ts'
import { type ClientLine, type FinishedRequest, Switchboard } from '../../../services/relay/switchboard.ts'
import { WaitQueue } from '../../../services/relay/wait-queue.ts'
import { acceptLink, dialLink } from '../../../services/runtime/link/hello.ts'
import type { Link, LinkEvents } from '../../../services/runtime/link/link.ts'
import { FIRST_CREDIT, type LinkStream, type StreamEvents } from '../../../services/runtime/link/stream.ts'
import { ManualTimers } from '../../fakes/manual-timers.ts'
import { MemoryChannel } from '../../fakes/memory-channel.ts'

const NOW = 1_790_000_000
const PERIOD = 65_521
const LONGEST = 40_000
const PATTERN = new Uint8Array(PERIOD + LONGEST).map((_, at) => ((at % PERIOD) * 31 + ((at % PERIOD) >> 8)) & 0xff)
const limits = { maxStreams: 1000, maxBatch: 65_536 }

/** What one end sends of a stream and what the other end has of it: every byte can be told from every other. */
export class Flow {
  readonly #sizes: readonly number[]
  readonly #seed: number
  sentChunks = 0
  sent = 0
  received = 0
  unconsumed = 0
  final = false

  constructor(sizes: readonly number[], seed: number) {
    this.#sizes = sizes
    this.#seed = seed
  }

  get done(): boolean {
    return this.sentChunks === this.#sizes.length
  }

  /** Sends the next chunk, if there is one. */
  sendNext(stream: LinkStream): void {
    const size = this.#sizes[this.sentChunks]
    if (size === undefined || stream.closed) return
    const chunk = this.#bytes(this.sent, size)
    this.sentChunks++
    this.sent += size
    if (this.done) stream.finish(chunk)
    else stream.send(chunk)
  }

  /** Takes a chunk in and checks that it is the next. */
  receive(chunk: Uint8Array, final: boolean): void {
    expect(this.final).toBe(false)
    expect(Buffer.compare(chunk, this.#bytes(this.received, chunk.byteLength))).toBe(0)
    this.received += chunk.byteLength
    this.unconsumed += chunk.byteLength
    this.final = final
    // What a reader holds is bounded by the credit it gave.
    expect(this.unconsumed).toBeLessThanOrEqual(FIRST_CREDIT)
  }

  consume(stream: LinkStream, bytes: number): void {
    const part = Math.min(bytes, this.unconsumed)
    this.unconsumed -= part
    if (part > 0) stream.consumed(part)
  }

  // Every place has a byte that its neighbours in any chunk grid do not have; the flows differ by their start.
  #bytes(from: number, length: number): Uint8Array {
    const start = (this.#seed * 4099 + from) % PERIOD
    return PATTERN.subarray(start, start + length)
  }
}

export interface ModelRequest {
  readonly n: number
  readonly client: ModelClient
  readonly question: Flow
  readonly answer: Flow
  stream: LinkStream | undefined
  atHost: { readonly host: ModelHost; readonly stream: LinkStream } | undefined
  accepts: number
  outcome: 'complete' | SessionCode | undefined
}

interface ModelLink {
  readonly link: Link
  readonly channels: readonly [MemoryChannel, MemoryChannel]
}

export interface ModelClient extends ModelLink {
  readonly relaySide: Link
}

export interface ModelHost extends ModelLink {
  readonly live: LiveHost
  readonly digest: Uint8Array
  readonly slots: number
  running: number
}

/** Clients, a switchboard and hosts in one turn-by-turn world, every byte of which the test moves. */
export class SwitchModel {
  readonly timers = new ManualTimers()
  readonly requests: ModelRequest[] = []
  readonly clients: ModelClient[] = []
  readonly hosts: ModelHost[] = []
  readonly finished: FinishedRequest[] = []
  readonly queue = new WaitQueue<LiveHost>({ total: 50, perTenant: 50 })
  readonly table: HostTable
  readonly #released = new Set<LinkStream>()
  readonly board: Switchboard

  constructor() {
    this.table = new HostTable({ free: (host) => this.board.serve(host), listed: () => {}, delisted: () => {} })
    this.board = new Switchboard({
      table: this.table,
      queue: this.queue,
      draw: () => 0.5,
      now: () => NOW,
      monotonic: () => this.timers.now,
      patienceMs: 1e9,
      current: () => true,
      finished: (request) => this.finished.push(request)
    })
  }

  async addClient(): Promise<void> {
    const channels = MemoryChannel.pair(3)
    const line: ClientLine = { keyName: undefined, usage: () => {} }
    const events: LinkEvents = {
      open: (stream, payload) => this.board.open(line, stream, payload),
      control: () => {},
      goaway: () => {},
      drained: () => {},
      closed: () => {}
    }
    const [link, relaySide] = await this.#join(channels, events, idle)
    this.clients.push({ link, relaySide, channels })
  }

  async addHost(slots: number): Promise<void> {
    const channels = MemoryChannel.pair(3)
    const digest = new Uint8Array(32).fill(this.hosts.length + 1)
    const hex = Buffer.from(digest).toString('hex')
    this.table.list({ digest: hex, model: 'm', notAfter: NOW + 9999, hostId: hex, prices: ZERO } as ListedHost)
    const live = this.table.find(hex)
    if (live === undefined) throw new Error('not listed')
    let relaySide: Link | undefined
    const relayEvents: LinkEvents = {
      open: () => 'PROTOCOL',
      control: (type, payload) => {
        const frame = parseFramePayload(type, 0, payload)
        if (frame.kind !== 'slots' || relaySide === undefined) return
        live.announce(relaySide, frame.free, frame.total)
        this.table.changed(live)
      },
      goaway: () => {},
      closed: () => {
        if (relaySide !== undefined) live.removeLink(relaySide)
        this.table.changed(live)
        if (!live.linked) this.queue.abandon(live)
      }
    }
    const index = this.hosts.length
    const hostEvents: LinkEvents = { ...idle, open: (stream, payload) => this.#serve(index, stream, payload) }
    const joined = await this.#join(channels, relayEvents, hostEvents)
    relaySide = joined[1]
    live.addLink(relaySide)
    this.hosts.push({ link: joined[0], live, digest, slots, running: 0, channels })
    this.announce(index)
    this.settle()
  }

  announce(index: number): void {
    const host = this.hosts[index]
    if (host === undefined) return
    const slots = { kind: 'slots', stream: 0, free: host.slots - host.running, total: host.slots } as const
    host.link.control(FRAME.slots, encodeFramePayload(slots))
  }

  ask(client: ModelClient, hosts: readonly ModelHost[], sizes: { question: number[]; answer: number[] }): void {
    const n = this.requests.length
    const request: ModelRequest = {
      n,
      client,
      question: new Flow(sizes.question, n + 1),
      answer: new Flow(sizes.answer, n + 101),
      stream: undefined,
      atHost: undefined,
      accepts: 0,
      outcome: undefined
    }
    const candidates = hosts.map(({ digest }) => ({ digest, wrap: new Uint8Array(48) }))
    const payload = encodeFramePayload({ kind: 'open', stream: 1, meta: encodeMeta({ ...META, n }), candidates })
    request.stream = client.link.open(payload, {
      accept: () => void request.accepts++,
      data: (chunk) => request.answer.receive(chunk, false),
      final: (chunk) => {
        request.answer.receive(chunk, true)
        request.outcome = 'complete'
      },
      reset: (code) => {
        request.outcome ??= code
      }
    })
    if (request.stream !== undefined) this.requests.push(request)
  }

  /** What waits anywhere at the relay for one client, in bytes. */
  heldFor({ relaySide, channels }: ModelClient): number {
    return relaySide.backlog + channels[1].inFlight
  }

  get channels(): readonly MemoryChannel[] {
    return [...this.clients, ...this.hosts].flatMap(({ channels }) => channels)
  }

  /** Ends turns and delivers until nothing moves. */
  settle(): void {
    for (let moved = true; moved; ) {
      moved = !this.timers.idle
      this.timers.endTurn()
      for (const channel of this.channels) while (channel.deliver()) moved = true
    }
  }

  #serve(index: number, stream: LinkStream, payload: Uint8Array): StreamEvents | SessionCode {
    const host = this.hosts[index]
    const frame = parseFramePayload(FRAME.open, stream.id, payload)
    if (host === undefined || frame.kind !== 'open') return 'PROTOCOL'
    const request = this.requests[parseMeta(frame.meta).n]
    if (request === undefined) return 'PROTOCOL'
    expect(request.atHost).toBeUndefined()
    expect(frame.candidates.map(({ digest }) => [...digest])).toEqual([[...host.digest]])
    // The relay never gives more than was announced.
    expect(host.running).toBeLessThan(host.slots)
    request.atHost = { host, stream }
    host.running++
    stream.accept(concatBytes(host.digest, new Uint8Array(32)))
    this.announce(index)
    return {
      data: (chunk) => request.question.receive(chunk, false),
      final: (chunk) => request.question.receive(chunk, true),
      reset: () => {}
    }
  }

  /** Hosts take back the slots of requests that are over. */
  sweep(): void {
    for (const { atHost } of this.requests) {
      if (atHost?.stream.closed !== true || this.#released.has(atHost.stream)) continue
      this.#released.add(atHost.stream)
      atHost.host.running--
      this.announce(this.hosts.indexOf(atHost.host))
    }
  }

  async #join(
    [up, down]: readonly [MemoryChannel, MemoryChannel],
    relay: LinkEvents,
    dialler: LinkEvents
  ): Promise<[Link, Link]> {
    const { timers } = this
    const relaySide = acceptLink({
      channel: down,
      timers,
      maxStreams: 1000,
      hello: new Uint8Array(1),
      receiveHello: () => relay
    })
    const answerHello = () => ({ hello: new Uint8Array(1), ...limits })
    const dialling = dialLink({ channel: up, timers, maxStreams: 1000, answerHello, events: dialler })
    for (let turn = 0; turn < 3; turn++) {
      timers.endTurn()
      down.deliver()
      up.deliver()
    }
    return [await dialling, relaySide]
  }
}

const ZERO = { prompt: 0, cached: 0, completion: 0, reasoning: 0 }
const idle: LinkEvents = { open: () => 'PROTOCOL', control: () => {}, goaway: () => {}, closed: () => {} }

const META = {
  sessionId: new Uint8Array(16).fill(1),
  stream: true,
  deadline: NOW + 60,
  inputSize: 1024,
  outputLimit: 0,
  cadenceMs: 0,
  maxPrice: 0n,
  affinity: new Uint8Array(8),
  model: 'm'
}
