import type { SimHost } from './sim-host.ts'
import type { Outcome } from './simulate.ts'
import type { World } from './world.ts'

export interface Report {
  readonly requests: number
  readonly refused: number
  /** Seconds to the first token. */
  readonly p50: number
  readonly p95: number
  readonly p99: number
  /** Standard deviation over mean of hosts' busy time per slot. */
  readonly imbalance: number
  /** Mean price of a token over the mean price of all hosts. */
  readonly cost: number
  /** Jain's index over tenants. */
  readonly fairness: number
  /** The slowest tenant's mean time to the first token over the median tenant's. */
  readonly starvation: number
}

/** Takes outcomes one by one, so that a million of them take the memory of their times alone. */
export class Reporter {
  readonly #times: Float64Array
  readonly #tenants: { count: number; times: number; ideals: number }[]
  #count = 0
  #refused = 0
  #paid = 0
  #tokens = 0

  constructor(requests: number, { tenants }: World) {
    this.#times = new Float64Array(requests)
    this.#tenants = Array.from({ length: tenants }, () => ({ count: 0, times: 0, ideals: 0 }))
  }

  take({ request, host, toFirstToken, ideal }: Outcome): void {
    this.#times[this.#count++] = toFirstToken
    const tenant = this.#tenants[request.session.tenant]
    if (tenant !== undefined) {
      tenant.count++
      tenant.times += toFirstToken
      tenant.ideals += ideal
    }
    if (host === undefined) this.#refused++
    else {
      this.#paid += host.prices.completion * request.outputTokens
      this.#tokens += request.outputTokens
    }
  }

  conclude(hosts: readonly SimHost[]): Report {
    const times = this.#times.subarray(0, this.#count).sort()
    const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0
    const seen = this.#tenants.filter(({ count }) => count > 0)
    const alike = seen.map(({ times: actual, ideals }) => ideals / actual)
    const means = seen.map(({ times: sum, count }) => sum / count).sort((a, b) => a - b)
    const everyPrice = mean(hosts.map(({ prices }) => prices.completion))
    return {
      requests: this.#count,
      refused: this.#refused,
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      imbalance: variation(hosts.map(({ busySeconds, slots }) => busySeconds / slots)),
      cost: this.#paid / this.#tokens / everyPrice,
      fairness: jain(alike),
      starvation: (means.at(-1) ?? 1) / (means[Math.floor(means.length / 2)] ?? 1)
    }
  }
}

/** Jain's fairness index: 1 when all are equal, 1/n when one has everything. */
function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return (sum * sum) / (shares.length * squares)
}

function variation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) / middle
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
