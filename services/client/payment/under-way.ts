import { unlessAborted } from '../sessions/sessions.ts'

/** How long a host may take to count what has ended, and its statement to come. */
const LATE_MS = 1000

/** This client's paid requests: what they may come to in all, and when one of them makes room for another. */
export class UnderWay {
  #sum = 0n
  #running = 0
  #change = Promise.withResolvers<void>()

  /** nanoTON. */
  get sum(): bigint {
    return this.#sum
  }

  /** Resolves when a request has ended or begun to wait, or something was paid. */
  get change(): Promise<void> {
    return this.#change.promise
  }

  /** A request that may come to `maxPrice` is under way until disposed: with a host, or waiting to be. */
  begin(maxPrice: bigint, place: 'runs' | 'waits'): Disposable {
    this.#sum += maxPrice
    if (place === 'runs') this.#running++
    let ended = false
    return {
      [Symbol.dispose]: () => {
        if (ended) return
        ended = true
        this.#sum -= maxPrice
        if (place === 'runs') this.#running--
        this.changed()
      }
    }
  }

  changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }

  /** Whether `change` came before `until` aborted. Where nothing runs it comes soon or never. */
  cameOf(change: Promise<void>, until: AbortSignal): Promise<boolean> {
    const limit = this.#running > 0 ? until : AbortSignal.any([until, AbortSignal.timeout(LATE_MS)])
    return unlessAborted(change, limit).then(
      () => true,
      () => false
    )
  }
}
