/** nanoTON a million tokens, each below 2^53. */
export interface ClassPrices {
  readonly prompt: number
  readonly cached: number
  readonly completion: number
  readonly reasoning: number
}

/** What a choice needs to know of a host. The relay keeps it up to date; `free` never exceeds what the host announced. */
export interface HostView {
  /** Keyset digest, hex. */
  readonly digest: string
  readonly model: string
  readonly region: string
  readonly prices: ClassPrices
  /** Unix seconds until which host and keyset are good. */
  readonly notAfter: number
  /** Slots that may be filled now. */
  readonly free: number
  /** Tokens that running requests may still take. */
  readonly outstandingTokens: number
  /** Measured, above 0. */
  readonly tokensPerSecond: number
}

/** The hosts by model, so that a choice costs the same among ten hosts and ten thousand. */
export interface HostIndex {
  /** Linked hosts that have a free slot, in any order. */
  available(model: string): readonly HostView[]
  find(digest: string): HostView | undefined
}

/** What a client asks of its legs. */
export interface LegsWish {
  readonly model: string
  /** Empty: any. */
  readonly region: string
  /** Undefined: any price. */
  readonly maxPrices: ClassPrices | undefined
  /** 1..8. */
  readonly count: number
  /** Keyset digests that it refused or lost. */
  readonly exclude: ReadonlySet<string>
  /** Keyset digests that hold its warm prefix. */
  readonly prefer: readonly string[]
}

/** What is known of a request beside its legs. */
export interface DispatchWish {
  /** The leg that served the affinity or the session last. */
  readonly last: string | undefined
}

/** Randomness in [0, 1). */
export type Draw = () => number

const SMALL = 32
const DRAWS = 8
const SCAN = 1024
/** A warm prefix is worth this many seconds of waiting. */
const WARM_SECONDS = 2

/**
 * Up to `count` hosts for a session: those that hold the client's prefix first, then for each further leg the better of
 * two random ones. Every host given is available, of the model and region, within the price ceiling and in date.
 */
export function planLegs(hosts: HostIndex, wish: LegsWish, now: number, draw: Draw): readonly HostView[] {
  const legs: HostView[] = []
  for (const digest of wish.prefer) {
    const host = hosts.find(digest)
    if (host !== undefined && legs.length < wish.count && isEligible(host, wish, now) && !legs.includes(host)) {
      legs.push(host)
    }
  }
  const available = hosts.available(wish.model)
  if (available.length <= SMALL) drawFromAll(legs, available, { wish, now, draw })
  else drawFromMany(legs, available, { wish, now, draw })
  return legs
}

/**
 * The leg for one request: the one that served it last if it is not much busier, otherwise the better of two random
 * ones. Undefined when none has a free slot.
 */
export function planDispatch(
  legs: readonly HostView[],
  request: DispatchWish,
  now: number,
  draw: Draw
): HostView | undefined {
  let free = 0
  let last: HostView | undefined
  for (const leg of legs) {
    if (!isFree(leg, now)) continue
    free++
    if (leg.digest === request.last) last = leg
  }
  if (free === 0) return undefined
  const first = Math.floor(draw() * free)
  const second = free === 1 ? first : (first + 1 + Math.floor(draw() * (free - 1))) % free
  const best = better(nthFree(legs, first, now), nthFree(legs, second, now))
  if (last !== undefined && best !== undefined && waitOf(last) <= waitOf(best) + WARM_SECONDS) return last
  return best
}

interface Drawing {
  readonly wish: LegsWish
  readonly now: number
  readonly draw: Draw
}

function drawFromAll(legs: HostView[], available: readonly HostView[], { wish, now, draw }: Drawing): void {
  const pool = available.filter((host) => isEligible(host, wish, now) && !legs.includes(host))
  while (legs.length < wish.count && pool.length > 0) {
    const first = pool[Math.floor(draw() * pool.length)]
    const second = pool[Math.floor(draw() * pool.length)]
    const chosen = better(first, second)
    if (chosen === undefined) return
    legs.push(chosen)
    pool.splice(pool.indexOf(chosen), 1)
  }
}

function drawFromMany(legs: HostView[], available: readonly HostView[], drawing: Drawing): void {
  const { wish } = drawing
  while (legs.length < wish.count) {
    const chosen = better(drawOne(legs, available, drawing), drawOne(legs, available, drawing))
    if (chosen === undefined) break
    legs.push(chosen)
  }
  // The wish is rare among the hosts: look at some in a row, but never at all of ten thousand.
  const start = Math.floor(drawing.draw() * available.length)
  for (let step = 0; step < Math.min(SCAN, available.length) && legs.length < wish.count; step++) {
    const host = available[(start + step) % available.length]
    if (host !== undefined && isEligible(host, wish, drawing.now) && !legs.includes(host)) legs.push(host)
  }
}

function drawOne(
  legs: readonly HostView[],
  available: readonly HostView[],
  { wish, now, draw }: Drawing
): HostView | undefined {
  for (let attempt = 0; attempt < DRAWS; attempt++) {
    const host = available[Math.floor(draw() * available.length)]
    if (host !== undefined && isEligible(host, wish, now) && !legs.includes(host)) return host
  }
  return undefined
}

function isEligible(host: HostView, wish: LegsWish, now: number): boolean {
  return (
    host.model === wish.model &&
    isFree(host, now) &&
    (wish.region === '' || host.region === wish.region) &&
    (wish.maxPrices === undefined || isWithin(host.prices, wish.maxPrices)) &&
    !wish.exclude.has(host.digest)
  )
}

function isFree(host: HostView, now: number): boolean {
  return host.free > 0 && now < host.notAfter
}

function isWithin(prices: ClassPrices, ceiling: ClassPrices): boolean {
  return (
    prices.prompt <= ceiling.prompt &&
    prices.cached <= ceiling.cached &&
    prices.completion <= ceiling.completion &&
    prices.reasoning <= ceiling.reasoning
  )
}

function nthFree(legs: readonly HostView[], n: number, now: number): HostView | undefined {
  let seen = 0
  for (const leg of legs) {
    if (isFree(leg, now) && seen++ === n) return leg
  }
  return undefined
}

function better(a: HostView | undefined, b: HostView | undefined): HostView | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const difference = waitOf(a) - waitOf(b)
  if (difference !== 0) return difference < 0 ? a : b
  return a.prices.prompt + a.prices.completion <= b.prices.prompt + b.prices.completion ? a : b
}

/** Seconds until the host would have done what it has. */
function waitOf(host: HostView): number {
  return host.outstandingTokens / host.tokensPerSecond
}
