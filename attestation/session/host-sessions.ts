import type { AcceptMessage, HelloMessage, HostKeys } from './handshake.ts'
import type { HostLeg } from './leg.ts'

/**
 * The legs that a host lives with, in memory alone. The same hello gets the same Accept while its leg lives, and another
 * hello of that session id a refusal.
 */
export class HostSessions implements Disposable {
  readonly #most: number

  /** At most `most` live legs; hellos beyond are refused with NO_CAPACITY. */
  constructor(most: number) {
    this.#most = most
  }

  /** Refuses with HELLO_MALFORMED, HELLO_REFUSED, KEYSET_CHANGED or NO_CAPACITY. */
  accept(message: HelloMessage, host: HostKeys): Promise<AcceptMessage> {
    return Promise.reject(new TypeError(`not yet ${message.hello.length} ${host.now} ${this.#most}`))
  }

  /** The leg of a session. Refuses with SESSION_UNKNOWN or SESSION_EXPIRED. */
  find(sessionId: Uint8Array, now: number): HostLeg {
    throw new TypeError(`not yet ${sessionId} ${now}`)
  }

  /** Erases the legs that ended; those whose requests may still be running stay for 15 minutes. */
  sweep(now: number): void {
    throw new TypeError(`not yet ${now}`)
  }

  [Symbol.dispose](): void {}
}
