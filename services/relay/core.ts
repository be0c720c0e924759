import { encodeHex } from '../../attestation/encoding.ts'
import { parseUsage, type UsageStatement } from '../../attestation/receipt/usage.ts'
import { FRAME } from '../../attestation/session/frame-header.ts'
import { parseFramePayload } from '../../attestation/session/frames.ts'
import type { Link } from '../runtime/link/link.ts'
import type { LinkTimers } from '../runtime/link/timers.ts'
import type { Logger } from '../runtime/log.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { unixSeconds } from '../runtime/time.ts'
import { relieve } from './client-links.ts'
import type { RelayLimits } from './config.ts'
import { CountedStatements } from './counted.ts'
import { DirectoryWatch } from './directory.ts'
import { countFinished } from './finished.ts'
import type { RelayParts } from './handlers.ts'
import { HelloBudget } from './hello-budget.ts'
import { HostTable } from './host-table.ts'
import type { Admit, KeyGrant } from './key-grant.ts'
import { forwardLeft } from './left-statements.ts'
import type { DelistReason, DirectoryChange } from './listed-host.ts'
import type { LiveHost } from './live-host.ts'
import type { Draw } from './plan.ts'
import { Switchboard } from './switchboard.ts'
import { type DeliveredStatement, type StoredUsage, UsageForwarder } from './usage.ts'
import { WaitQueue } from './wait-queue.ts'

export interface CorePorts {
  readonly limits: RelayLimits
  readonly authorities: ReadonlySet<string>
  readonly watch: (signal: AbortSignal) => AsyncIterable<DirectoryChange>
  readonly store: (statements: readonly DeliveredStatement[]) => Promise<StoredUsage>
}

export interface CoreContext {
  readonly now: () => Date
  readonly monotonic: () => number
  readonly timers: LinkTimers
  readonly draw: Draw
  readonly logger: Logger
  readonly metrics: Metrics
}

const EXPIRE_EVERY_MS = 250
/** What was accepted before a keyset lapsed may end within 15 minutes. */
const LEAVE_LIMIT_MS = 15 * 60_000

/** The relay without its network: the table of hosts, the queue, the switchboard, and what keeps them true. */
export class RelayCore implements AsyncDisposable {
  readonly table: HostTable
  readonly queue: WaitQueue<LiveHost>
  readonly switchboard: Switchboard
  readonly usage: UsageForwarder
  readonly #ports: CorePorts
  readonly #context: CoreContext
  readonly #directory: DirectoryWatch
  readonly #counted = new CountedStatements()
  readonly #clientLinks = new Set<Link>()
  readonly #cancelExpiry: () => void

  constructor(ports: CorePorts, context: CoreContext) {
    const { limits } = ports
    this.#ports = ports
    this.#context = context
    this.queue = new WaitQueue({ total: limits.queue, perTenant: limits.queuePerTenant })
    this.table = new HostTable({
      free: (host) => this.switchboard.serve(host),
      listed: (host) => this.#directory.listed(host),
      delisted: (host, reason) => this.#delisted(host, reason)
    })
    this.switchboard = new Switchboard({
      table: this.table,
      queue: this.queue,
      draw: context.draw,
      now: this.#now,
      monotonic: context.monotonic,
      patienceMs: limits.queueWaitMs,
      current: () => this.#directory.current,
      finished: countFinished(context)
    })
    this.usage = new UsageForwarder({ store: ports.store, timers: context.timers, logger: context.logger })
    this.#directory = new DirectoryWatch({
      watch: ports.watch,
      table: this.table,
      timers: context.timers,
      logger: context.logger,
      monotonic: context.monotonic,
      graceMs: limits.directoryGraceMs,
      listingWaitMs: limits.listingWaitMs
    })
    this.#cancelExpiry = context.timers.every(EXPIRE_EVERY_MS, () => this.#expire())
  }

  /** What the handlers need. */
  parts(
    admit: Admit
  ): Omit<RelayParts, 'blobs' | 'draw' | 'log' | 'listReferenceValues' | 'vouchers' | 'knownVouchers' | 'market'> {
    const { limits, authorities } = this.#ports
    const { timers, logger, monotonic } = this.#context
    const { table, switchboard } = this
    const now = this.#now
    const directory = this.#directory
    return {
      table,
      directory,
      admit,
      now,
      hellos: new HelloBudget(limits.hellosPerMinute, monotonic),
      hostLinks: {
        table,
        authorities,
        now,
        timers,
        logger,
        whenListed: (digest) => directory.whenListed(digest),
        usage: (host, payload, acknowledge) => this.#receiveUsage(host, payload, acknowledge),
        left: (host, parcel, tell) =>
          forwardLeft(parcel, tell, {
            host: host.listed,
            add: (...statement) => this.usage.add(...statement),
            // The file that they come from is the provider's: what it makes up there spends nothing of a key before the market has said.
            pass: (usage, payload) => this.#passUsage(host, usage, payload)?.keyId
          }),
        lost: (host) => {
          if (!host.linked) this.queue.abandon(host)
        }
      },
      clientLinks: {
        switchboard,
        admit,
        maxStreams: limits.streamsPerClient,
        maxBacklog: limits.clientBacklogBytes,
        links: this.#clientLinks,
        logger
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelExpiry()
    this.usage[Symbol.dispose]()
    await this.#directory[Symbol.asyncDispose]()
  }

  readonly #now = (): number => unixSeconds(this.#context.now())

  #receiveUsage(host: LiveHost, payload: Uint8Array, acknowledge: (seq: number) => void): void {
    const frame = parseFramePayload(FRAME.usage, 0, payload)
    if (frame.kind !== 'usage') return
    const { hostId, keyset } = host.listed
    const usage = parseUsage(frame.statement)
    const owner = this.#passUsage(host, usage, payload)
    if (this.#counted.count(hostId, usage)) {
      const { counts, durationMs, price } = usage
      owner?.spend(BigInt(counts.prompt + counts.cached + counts.completion + counts.reasoning), price)
      host.measure(counts.completion + counts.reasoning, durationMs)
    }
    this.usage.add({ hostId, keyset, keyId: owner?.keyId }, frame.statement, acknowledge)
  }

  /** Passes a host's own statement on to its client. The answer is the key whose session it is of. */
  #passUsage(
    { listed: { hostId } }: LiveHost,
    { sessionId }: UsageStatement,
    payload: Uint8Array
  ): KeyGrant | undefined {
    this.switchboard.deliverUsage(hostId, encodeHex(sessionId), payload)
    return this.switchboard.ownerOf(hostId, encodeHex(sessionId))
  }

  #delisted(host: LiveHost, reason: DelistReason): void {
    const { logger, timers } = this.#context
    logger.info('host delisted', { host: host.listed.hostId, reason, keysetDigest: host.digest })
    this.queue.abandon(host)
    host.sessions?.close()
    for (const link of host.links) {
      if (reason === 'quarantined') {
        link.drop('KEYSET_CHANGED', 'the host is quarantined')
      } else {
        link.goaway('KEYSET_CHANGED')
        timers.after(LEAVE_LIMIT_MS, () => link.drop('SESSION_EXPIRED', 'its keyset is gone for too long'))
      }
    }
  }

  #expire(): void {
    const now = this.#now()
    this.queue.expire(now, this.#context.monotonic())
    relieve(this.#clientLinks, this.#ports.limits.backlogBytes)
    for (const host of [...this.table.hosts()]) if (now >= host.notAfter) this.table.delist(host.digest, 'lapsed')
  }
}
