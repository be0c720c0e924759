import type { Link } from '../runtime/link/link.ts'
import type { SessionChannel } from './host-sessions.ts'
import type { ListedHost } from './listed-host.ts'
import type { ClassPrices, HostView } from './plan.ts'

/** Where a request that was dispatched sits until it ends. */
export interface Seat {
  readonly link: Link
  /** The host accepted, which its next SLOTS counts. */
  accepted(): void
  /** The host refused before it accepted: it took no slot. */
  refused(): void
  /** The request is over. Once. */
  leave(): void
}

interface HostLink {
  readonly link: Link
  free: number
  total: number
  /** OPENs that the host has not answered; its SLOTS do not count them yet. */
  unanswered: number
}

/** Before there is a measurement. */
const ASSUMED_SPEED = 50
const SPEED_WEIGHT = 0.2

/** A host of the directory and what stands to it: links, session channel, slots, speed. */
export class LiveHost implements HostView {
  listed: ListedHost
  /** Delisted: what runs may finish, nothing new starts. */
  leaving = false
  /** Its place among its model's available hosts; -1 when it is not among them. */
  position = -1
  free = 0
  outstandingTokens = 0
  tokensPerSecond: number = ASSUMED_SPEED
  sessions: SessionChannel | undefined
  readonly #links: HostLink[] = []

  constructor(listed: ListedHost) {
    this.listed = listed
  }

  get digest(): string {
    return this.listed.digest
  }

  get model(): string {
    return this.listed.model
  }

  get region(): string {
    return this.listed.region
  }

  get prices(): ClassPrices {
    return this.listed.prices
  }

  get notAfter(): number {
    return this.listed.notAfter
  }

  get linked(): boolean {
    return this.#links.length > 0
  }

  get links(): readonly Link[] {
    return this.#links.map(({ link }) => link)
  }

  addLink(link: Link): void {
    this.#links.push({ link, free: 0, total: 0, unanswered: 0 })
  }

  removeLink(link: Link): void {
    const at = this.#links.findIndex((one) => one.link === link)
    if (at >= 0) this.#links.splice(at, 1)
    this.recount()
  }

  /** What the host's SLOTS say: absolute, and without the OPENs that it has not answered. */
  announce(link: Link, free: number, total: number): void {
    const one = this.#links.find((candidate) => candidate.link === link)
    if (one === undefined) return
    one.total = total
    one.free = Math.max(0, Math.min(free, total) - one.unanswered)
    this.recount()
  }

  /** Takes a slot on the link that has most; undefined when there is none. */
  take(tokens: number): Seat | undefined {
    const best = this.#mostFree()
    if (this.leaving || best === undefined) return undefined
    best.free--
    best.unanswered++
    this.outstandingTokens += tokens
    this.recount()
    return new TakenSeat(this, best, tokens)
  }

  /** A finished request's tokens and time, as its host counted them: a hint for scheduling, no more. */
  measure(tokens: number, milliseconds: number): void {
    if (tokens <= 0 || milliseconds <= 0) return
    const speed = (tokens * 1000) / milliseconds
    this.tokensPerSecond += (speed - this.tokensPerSecond) * SPEED_WEIGHT
  }

  recount(): void {
    let free = 0
    if (!this.leaving) for (const one of this.#links) free += one.link.takesStreams ? one.free : 0
    this.free = free
  }

  #mostFree(): HostLink | undefined {
    let best: HostLink | undefined
    for (const one of this.#links) {
      if (one.free > (best?.free ?? 0) && one.link.takesStreams) best = one
    }
    return best
  }
}

class TakenSeat implements Seat {
  readonly #host: LiveHost
  readonly #on: HostLink
  readonly #tokens: number
  #answered = false

  constructor(host: LiveHost, on: HostLink, tokens: number) {
    this.#host = host
    this.#on = on
    this.#tokens = tokens
  }

  get link(): Link {
    return this.#on.link
  }

  accepted(): void {
    this.#answer()
  }

  refused(): void {
    if (this.#answered) return
    this.#answer()
    this.#on.free++
    this.#host.recount()
  }

  leave(): void {
    // Cancelled before an answer: whether the host took the slot only its next SLOTS can say.
    this.#answer()
    this.#host.outstandingTokens -= this.#tokens
  }

  #answer(): void {
    if (this.#answered) return
    this.#answered = true
    this.#on.unanswered--
  }
}
