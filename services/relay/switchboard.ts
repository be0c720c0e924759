import { encodeHex } from '../../attestation/encoding.ts'
import type { SessionCode } from '../../attestation/session/codes.ts'
import { FRAME } from '../../attestation/session/frame-header.ts'
import { parseFramePayload } from '../../attestation/session/frames.ts'
import { parseMeta } from '../../attestation/session/meta.ts'
import { BrokenRule } from '../runtime/link/broken-rule.ts'
import type { LinkStream, StreamEvents } from '../runtime/link/stream.ts'
import { type Candidate, Exchange, type ExchangeEnd, type RelayedRequest } from './exchange.ts'
import type { HostTable } from './host-table.ts'
import type { KeyGrant } from './key-grant.ts'
import type { LiveHost } from './live-host.ts'
import { type Draw, planDispatch } from './plan.ts'
import { RecentMap } from './recent-map.ts'
import type { WaitQueue } from './wait-queue.ts'

/** A client's link, as the switchboard knows it. */
export interface ClientLine {
  /** The API key's name; undefined where none are configured. */
  readonly keyName: string | undefined
  /** What the key may do; absent where none are configured. */
  readonly grant?: KeyGrant | undefined
  /** Passes on a usage statement. */
  usage(payload: Uint8Array): void
}

/** What the relay saw of a finished request: sizes and times, never contents. */
export interface FinishedRequest {
  readonly sessionId: string
  readonly model: string
  /** Given by the registry; undefined when no host got it. */
  readonly hostId: string | undefined
  readonly end: ExchangeEnd
  readonly bytesIn: number
  readonly bytesOut: number
  readonly durationMs: number
}

export interface SwitchboardContext {
  readonly table: HostTable
  readonly queue: WaitQueue<LiveHost>
  readonly draw: Draw
  /** Unix seconds. */
  readonly now: () => number
  /** Milliseconds that never run back. */
  readonly monotonic: () => number
  /** Longest wait for a slot, in milliseconds. */
  readonly patienceMs: number
  /** Whether the directory's view is current; nothing new starts otherwise. */
  readonly current: () => boolean
  readonly finished: (request: FinishedRequest) => void
}

const REMEMBERED = 65_536
/** Of a session: more than a hello names. */
const REMEMBERED_HOSTS = 64
/** For requests without an output limit. */
const ASSUMED_TOKENS = 512

interface SessionState {
  line: ClientLine
  /** Keyset digest of the leg that served it last. */
  last: string | undefined
  /** Registry's ids of the hosts that its requests named, whatever their keysets: a statement may come after the next. */
  readonly hosts: RecentMap<string, true>
}

/** Joins requests of clients to hosts. It decides with `planDispatch`; exchanges do the rest. */
export class Switchboard {
  readonly #context: SwitchboardContext
  readonly #sessions = new RecentMap<string, SessionState>(REMEMBERED)
  readonly #affinities = new RecentMap<string, string>(REMEMBERED)
  #running = 0

  constructor(context: SwitchboardContext) {
    this.#context = context
  }

  /** Requests that run or wait. */
  get running(): number {
    return this.#running
  }

  /** A client's OPEN. Throws for a malformed one, which drops its link. */
  open(line: ClientLine, stream: LinkStream, payload: Uint8Array): StreamEvents | SessionCode {
    const { now, current } = this.#context
    const request = this.#readRequest(payload, line.grant)
    const state = this.#enter(request, line)
    if (state === undefined) return 'SESSION_UNKNOWN'
    for (const { host } of request.candidates) state.hosts.set(host.listed.hostId, true)
    if (now() >= request.deadline) return 'DEADLINE_PASSED'
    if (!current()) return 'HOST_LOST'
    if (request.candidates.length === 0) return this.#whyNone(payload)
    const refusal = line.grant?.start(request.model)
    if (refusal !== undefined) return refusal
    const exchange = this.#join(request, line, stream)
    const host = this.#choose(request, state)
    if (host === undefined && !this.#context.queue.add(exchange)) return 'NO_CAPACITY'
    this.#running++
    if (host !== undefined) this.#start(exchange, host)
    return exchange.fromClient
  }

  /** Passes a host's statement on to the client whose session it names, if a request of that session named the host. */
  deliverUsage(hostId: string, sessionId: string, payload: Uint8Array): void {
    const session = this.#sessions.get(sessionId)
    if (session?.hosts.get(hostId) === true) session.line.usage(payload)
  }

  /** The key whose session it is, if a request of that session named the host: others may not sign anything on its account. */
  ownerOf(hostId: string, sessionId: string): KeyGrant | undefined {
    const session = this.#sessions.get(sessionId)
    return session?.hosts.get(hostId) === true ? session.line.grant : undefined
  }

  /** A host has free slots. */
  serve(host: LiveHost): void {
    this.#context.queue.serve(host)
    this.#context.table.place(host)
  }

  #start(exchange: Exchange, host: LiveHost): void {
    exchange.start(host)
    this.#context.table.place(host)
  }

  #readRequest(payload: Uint8Array, grant: KeyGrant | undefined): RelayedRequest {
    const frame = parseFramePayload(FRAME.open, 1, payload)
    if (frame.kind !== 'open') throw new BrokenRule('not an OPEN')
    const meta = parseMeta(frame.meta)
    const candidates: Candidate[] = []
    for (const wrap of frame.candidates) {
      const host = this.#context.table.find(encodeHex(wrap.digest))
      if (host?.linked === true && grant?.allows(host.listed.assurance) !== false)
        candidates.push({ host, wrap: { digest: wrap.digest.slice(), wrap: wrap.wrap.slice() } })
    }
    return {
      sessionId: encodeHex(meta.sessionId),
      affinity: meta.affinity.some((byte) => byte !== 0) ? encodeHex(meta.affinity) : '',
      model: meta.model,
      meta: frame.meta.slice(),
      candidates,
      deadline: meta.deadline,
      tokens: meta.outputLimit === 0 ? ASSUMED_TOKENS : meta.outputLimit
    }
  }

  // Its statements go to whoever opened the session's last request; a session of another key is nobody's here.
  #enter(request: RelayedRequest, line: ClientLine): SessionState | undefined {
    const known = this.#sessions.get(request.sessionId)
    if (known !== undefined && known.line.keyName === line.keyName) {
      known.line = line
      // Young again: somebody else's many sessions must not push out one that is in use.
      this.#sessions.set(request.sessionId, known)
      return known
    }
    if (known !== undefined) return undefined
    const state: SessionState = { line, last: undefined, hosts: new RecentMap(REMEMBERED_HOSTS) }
    this.#sessions.set(request.sessionId, state)
    return state
  }

  #whyNone(payload: Uint8Array): SessionCode {
    const frame = parseFramePayload(FRAME.open, 1, payload)
    const wraps = frame.kind === 'open' ? frame.candidates : []
    const replaced = wraps.some(({ digest }) => this.#context.table.reasonGone(encodeHex(digest)) === 'replaced')
    return replaced ? 'KEYSET_CHANGED' : 'HOST_LOST'
  }

  #choose(request: RelayedRequest, state: SessionState): LiveHost | undefined {
    const { now, draw } = this.#context
    const last = (request.affinity === '' ? undefined : this.#affinities.get(request.affinity)) ?? state.last
    const legs = request.candidates.map(({ host }) => host)
    const chosen = planDispatch(legs, { last }, now(), draw)
    return chosen === undefined ? undefined : legs.find((host) => host === chosen)
  }

  #join(request: RelayedRequest, line: ClientLine, stream: LinkStream): Exchange {
    const startedAt = this.#context.monotonic()
    const wish = {
      request,
      tenant: line.grant?.tenant ?? line.keyName ?? request.sessionId,
      startedAt,
      giveUpAt: startedAt + this.#context.patienceMs
    }
    return new Exchange(wish, stream, {
      accepted: (exchange) => this.#accepted(exchange),
      ended: (exchange, end) => this.#ended(exchange, end)
    })
  }

  #accepted({ request, host }: Exchange): void {
    if (host === undefined) return
    const state = this.#sessions.get(request.sessionId)
    if (state !== undefined) state.last = host.digest
    if (request.affinity !== '') this.#affinities.set(request.affinity, host.digest)
  }

  #ended(exchange: Exchange, end: ExchangeEnd): void {
    const { queue, table, monotonic, finished } = this.#context
    const { request, host, bytesIn, bytesOut, startedAt } = exchange
    this.#running--
    if (host === undefined) queue.remove(exchange)
    else table.changed(host)
    finished({
      sessionId: request.sessionId,
      model: request.model,
      hostId: host?.listed.hostId,
      end,
      bytesIn,
      bytesOut,
      durationMs: monotonic() - startedAt
    })
  }
}
