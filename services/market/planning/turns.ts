import { ServiceError } from '../../runtime/errors.ts'
import type { Caller } from '../callers.ts'

/** One plan at a time for each organisation and provider: a plan takes a core for seconds, and all share one thread. */
export class PlanTurns {
  readonly #taken = new Set<string>()

  /** Until disposed. Refuses UNAVAILABLE; the operator is never refused. */
  take(caller: Caller): Disposable {
    if (caller.kind === 'operator') return { [Symbol.dispose]: () => {} }
    const name = `${caller.kind} ${caller.name}`
    if (this.#taken.has(name)) throw new ServiceError('UNAVAILABLE', `a plan is being made for ${caller.name}`)
    this.#taken.add(name)
    return { [Symbol.dispose]: () => void this.#taken.delete(name) }
  }
}
