import { ServiceError } from '../runtime/errors.ts'
import type { DirectoryEvent } from './host.ts'

/** More than this unread and a watcher had better start over. */
const MOST_UNREAD = 10_000

/** Events for one watcher, in order, until it leaves. One that does not keep up is cut with UNAVAILABLE. */
export class EventQueue {
  #unread: DirectoryEvent[] = []
  #wake: (() => void) | undefined
  #closed: ServiceError | undefined

  push(events: readonly DirectoryEvent[]): void {
    this.#unread.push(...events)
    if (this.#unread.length > MOST_UNREAD) this.close('the watcher does not keep up: watch again')
    this.#wake?.()
  }

  close(reason: string): void {
    this.#closed ??= new ServiceError('UNAVAILABLE', reason)
    this.#wake?.()
  }

  /** Ends when `signal` is aborted; throws when the queue is closed. */
  async *read(signal: AbortSignal): AsyncGenerator<DirectoryEvent, void> {
    const leave = (): void => this.#wake?.()
    signal.addEventListener('abort', leave, { once: true })
    try {
      while (!signal.aborted) {
        if (this.#closed !== undefined) throw this.#closed
        const events = this.#unread
        this.#unread = []
        yield* events
        if (this.#unread.length === 0 && this.#closed === undefined && !signal.aborted) await this.#woken()
      }
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  async #woken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    await promise
    this.#wake = undefined
  }
}
