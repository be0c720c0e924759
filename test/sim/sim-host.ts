import type { HostView } from '../../services/relay/plan.ts'
import type { QueuedHost } from '../../services/relay/wait-queue.ts'
import type { Request, SimHostFacts } from './world.ts'

/** As a relay's: what it assumes of a host before it has measured it, and how much each measurement counts. */
const ASSUMED_SPEED = 50
const ASSUMED_SECONDS = 5
const WEIGHT = 0.2

/** What a request takes of a host, in seconds. */
export interface Service {
  readonly toFirstToken: number
  readonly total: number
}

/** A host and what stands to it, in the simulation's own time (seconds). */
export class SimHost implements HostView, QueuedHost {
  readonly digest: string
  readonly model: string
  readonly region: string
  readonly prices: HostView['prices']
  readonly notAfter: number
  readonly linked = true
  readonly leaving = false
  free: number
  outstandingTokens = 0
  tokensPerSecond: number = ASSUMED_SPEED
  /** Its place among its model's hosts that have a free slot; -1 when it is not among them. */
  position = -1
  running = 0
  /** Seconds of a request, by what it has finished. */
  meanTime: number = ASSUMED_SECONDS
  busySeconds = 0
  readonly #facts: SimHostFacts

  constructor(facts: SimHostFacts) {
    this.#facts = facts
    this.digest = facts.digest
    this.model = facts.model
    this.region = facts.region
    this.prices = facts.prices
    this.notAfter = facts.notAfter
    this.free = facts.slots
  }

  get slots(): number {
    return this.#facts.slots
  }

  begin(request: Request, warm: boolean): Service {
    this.free--
    this.running++
    this.outstandingTokens += request.outputLimit
    const { slots, speed, promptSpeed } = this.#facts
    const slower = 1 + (this.running - 1) / (slots - 1)
    const toFirstToken = ((request.promptTokens - (warm ? request.warmTokens : 0)) / promptSpeed) * slower
    return { toFirstToken, total: toFirstToken + (request.outputTokens / speed) * slower }
  }

  end(request: Request, seconds: number): void {
    this.free++
    this.running--
    this.outstandingTokens -= request.outputLimit
    this.busySeconds += seconds
    this.tokensPerSecond += (request.outputTokens / seconds - this.tokensPerSecond) * WEIGHT
    this.meanTime += (seconds - this.meanTime) * WEIGHT
  }
}
