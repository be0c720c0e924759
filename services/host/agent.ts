import { encodeHex } from '../../attestation/encoding.ts'
import { pause } from './backoff.ts'
import { type Enrolled, type EnrolmentContext, enrolUntilListed, withdraw } from './enrolment.ts'
import { type HostIdentity, RETIRED_SECONDS } from './identity.ts'
import { RelayConnection, type RelayContext } from './relay.ts'

export interface AgentContext extends Omit<EnrolmentContext, 'signal'>, Omit<RelayContext, 'delisted'> {
  /** Authorities. */
  readonly relays: readonly string[]
  /** Called once, when the host is listed for the first time and has tried each relay. */
  readonly listed: (enrolled: Enrolled) => void
}

/** One keyset at work: listed, and standing to every relay. */
interface Post {
  readonly identity: HostIdentity
  readonly connections: readonly RelayConnection[]
}

/** A new keyset replaces the old one so long before it lapses, whatever the registry says. */
const LAPSE_MARGIN_SECONDS = 15 * 60
const SOONEST_SECONDS = 1
/** A host that hears that it was delisted attests at once, and no more often than this: relays are not trusted. */
const DELISTED_SECONDS = 30
const HOUSEKEEPING_MS = 5_000
const DRAIN_MS = 3_000
/** A relay that does not answer must not keep the old keyset in place. */
const LINK_WAIT_MS = 30_000

/**
 * The agent's life: enrol, serve, and attest again with a new keyset when it is time. The old keyset finishes what it
 * runs, for 15 minutes at most, and is erased.
 */
export class Agent implements AsyncDisposable {
  readonly #context: AgentContext
  readonly #stop = new AbortController()
  readonly #retiring = new Set<Promise<void>>()
  readonly #housekeeping: NodeJS.Timeout
  readonly #running: Promise<void>
  #post: Post | undefined
  #enrolledAt = 0
  #wake = new AbortController()

  constructor(context: AgentContext) {
    this.#context = context
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS)
    this.#running = this.#run()
  }

  /** Delists the host, lets what runs end for a moment, and erases every key. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
    if (this.#post !== undefined) {
      await withdraw(this.#post.identity, this.#context.registry).catch((error: unknown) => {
        this.#context.logger.warn('the host could not be withdrawn', {}, error)
      })
      this.#retire(this.#post)
    }
    await Promise.all(this.#retiring)
    clearInterval(this.#housekeeping)
    this.#context.sessions[Symbol.dispose]()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let first = true
    while (!signal.aborted) {
      const enrolled = await enrolUntilListed({ ...this.#context, signal })
      if (enrolled === undefined) return
      await this.#take(enrolled)
      if (first) this.#context.listed(enrolled)
      first = false
      this.#wake = new AbortController()
      await pause(this.#untilNext(enrolled) * 1000, AbortSignal.any([signal, this.#wake.signal]))
    }
  }

  /** The new keyset stands to every relay before the old one steps back. */
  async #take({ identity, enrolment }: Enrolled): Promise<void> {
    const before = this.#post
    const { status, tee, tcbStatus } = enrolment
    const keysetDigest = encodeHex(identity.keyset.digest)
    this.#context.logger.info('listed', { host: encodeHex(enrolment.hostId), keysetDigest, status, tee, tcbStatus })
    const context = { ...this.#context, delisted: () => this.#delisted(identity) }
    const connections = this.#context.relays.map((relay) => new RelayConnection(relay, identity, context))
    this.#enrolledAt = this.#context.clock()
    this.#post = { identity, connections }
    const linked = connections.map((connection) => connection.linked)
    await Promise.race([Promise.any(linked), this.#stopped(), pause(LINK_WAIT_MS, this.#stop.signal)])
    if (before !== undefined) this.#retire(before)
  }

  #delisted(identity: HostIdentity): void {
    if (this.#post?.identity !== identity) return
    if (this.#context.clock() < this.#enrolledAt + DELISTED_SECONDS) return
    this.#context.logger.warn('delisted: the host attests again')
    this.#wake.abort()
  }

  #untilNext({ identity, enrolment }: Enrolled): number {
    const latest = identity.keyset.notAfter - LAPSE_MARGIN_SECONDS
    return Math.max(SOONEST_SECONDS, Math.min(enrolment.attestAgainAt, latest) - this.#context.clock())
  }

  #retire(post: Post): void {
    const retiring = this.#finish(post).finally(() => this.#retiring.delete(retiring))
    this.#retiring.add(retiring)
  }

  async #finish({ identity, connections }: Post): Promise<void> {
    for (const connection of connections) connection.retire()
    const ended = Promise.all(connections.map((connection) => connection.ended))
    const limit = new AbortController()
    const stopped = this.#stopped().then(() => pause(DRAIN_MS, limit.signal))
    await Promise.race([ended, stopped, pause(RETIRED_SECONDS * 1000, limit.signal)])
    limit.abort()
    await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()))
    this.#context.sessions.drop(identity.keyset.digest)
    identity[Symbol.dispose]()
  }

  #stopped(): Promise<void> {
    const { signal } = this.#stop
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }

  #keepHouse(): void {
    this.#context.sessions.sweep(this.#context.clock())
    this.#context.ledger.resend()
    this.#context.left?.keepHouse()
    this.#context.payments?.keepHouse()
  }
}
