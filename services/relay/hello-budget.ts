import { ServiceError } from '../runtime/errors.ts'
import { RecentMap } from './recent-map.ts'

const MINUTE_MS = 60_000
const MOST_SENDERS = 65_536

interface Budget {
  readonly left: number
  readonly at: number
}

/**
 * How many hellos each sender may have carried: every host keeps a leg for each, an hour at most, and has room for a
 * bounded number. A minute's worth may come at once; they come back evenly.
 */
export class HelloBudget {
  readonly #perMinute: number
  readonly #monotonic: () => number
  readonly #senders = new RecentMap<string, Budget>(MOST_SENDERS)

  /** `monotonic` in milliseconds. */
  constructor(perMinute: number, monotonic: () => number) {
    this.#perMinute = perMinute
    this.#monotonic = monotonic
  }

  /** Counts a hello; `sender` is an API key's name, or a connection where there are no keys. Refuses NO_CAPACITY. */
  spend(sender: string): void {
    const now = this.#monotonic()
    const known = this.#senders.get(sender) ?? { left: this.#perMinute, at: now }
    const left = Math.min(this.#perMinute, known.left + ((now - known.at) * this.#perMinute) / MINUTE_MS)
    if (left < 1) throw new ServiceError('NO_CAPACITY', `more than ${this.#perMinute} hellos a minute`)
    this.#senders.set(sender, { left: left - 1, at: now })
  }
}
