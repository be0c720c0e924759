import { equalBytes } from '../crypto.ts'
import { concatBytes, encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { type AcceptMessage, acceptHello, type HelloMessage, type HostKeys } from './handshake.ts'
import { helloHash, sessionIdOf } from './key-schedule.ts'
import type { HostLeg } from './leg.ts'

/** A hello that was answered, or is being answered. */
interface Entry {
  readonly message: HelloMessage
  readonly answer: Promise<AcceptMessage>
  leg: HostLeg | undefined
}

/**
 * The legs that a host lives with, in memory alone, by session id and keyset. The same hello gets the same Accept while
 * its leg lives, and another hello of that session id a refusal.
 */
export class HostSessions implements Disposable {
  readonly #entries = new Map<string, Entry>()
  readonly #most: number

  /** At most `most` legs; hellos beyond are refused with NO_CAPACITY. */
  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  /** Refuses as `acceptHello` does, and with NO_CAPACITY. */
  async accept(message: HelloMessage, host: HostKeys): Promise<AcceptMessage> {
    const key = entryKey(sessionIdOf(helloHash(message.hello)), host.keyset.digest)
    this.#dropEnded(key, host.now)
    const known = this.#entries.get(key)
    if (known !== undefined) return sameHello(known.message, message) ? known.answer : refuseOther()
    if (this.#entries.size >= this.#most) {
      this.sweep(host.now)
      if (this.#entries.size >= this.#most) throw new AttestationError('NO_CAPACITY', 'no room for another leg')
    }
    return this.#answer(key, message, host)
  }

  /** The live leg of a session with this keyset. Refuses with SESSION_UNKNOWN or SESSION_EXPIRED. */
  find(sessionId: Uint8Array, digest: Uint8Array, now: number): HostLeg {
    const leg = this.#entries.get(entryKey(sessionId, digest))?.leg
    if (leg === undefined) throw new AttestationError('SESSION_UNKNOWN', 'no such session here')
    if (now >= leg.notAfter) throw new AttestationError('SESSION_EXPIRED', 'the leg has ended')
    return leg
  }

  /** Erases the legs that have ended. Requests that were accepted hold keys of their own and go on. */
  sweep(now: number): void {
    for (const key of this.#entries.keys()) this.#dropEnded(key, now)
  }

  /** Erases every leg of a keyset that is being erased itself. */
  drop(digest: Uint8Array): void {
    for (const [key, { leg }] of this.#entries) if (leg && equalBytes(leg.digest, digest)) this.#erase(key)
  }

  [Symbol.dispose](): void {
    for (const key of this.#entries.keys()) this.#erase(key)
  }

  async #answer(key: string, message: HelloMessage, host: HostKeys): Promise<AcceptMessage> {
    const answer = acceptHello(message, host).then((accepted) => {
      entry.leg = accepted.leg
      if (this.#entries.get(key) !== entry) accepted.leg[Symbol.dispose]()
      return accepted.message
    })
    const entry: Entry = { message, answer, leg: undefined }
    this.#entries.set(key, entry)
    try {
      return await answer
    } catch (cause) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      throw cause
    }
  }

  #dropEnded(key: string, now: number): void {
    const leg = this.#entries.get(key)?.leg
    if (leg !== undefined && now >= leg.notAfter) this.#erase(key)
  }

  #erase(key: string): void {
    this.#entries.get(key)?.leg?.[Symbol.dispose]()
    this.#entries.delete(key)
  }
}

function entryKey(sessionId: Uint8Array, digest: Uint8Array): string {
  return encodeHex(concatBytes(sessionId, digest))
}

function sameHello(a: HelloMessage, b: HelloMessage): boolean {
  return equalBytes(a.hello, b.hello) && equalBytes(a.payerSignature, b.payerSignature)
}

function refuseOther(): never {
  throw new AttestationError('HELLO_REFUSED', 'another hello of a live session')
}
