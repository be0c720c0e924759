import { AttestationError } from '../../attestation/errors.ts'
import { type SessionCode, sessionCodeOf } from '../../attestation/session/codes.ts'
import type { AcceptMessage, HelloMessage, HostKeys } from '../../attestation/session/handshake.ts'
import type { HostSessions } from '../../attestation/session/host-sessions.ts'
import type { Prices } from '../../attestation/session/leg.ts'
import type { Logger } from '../runtime/log.ts'
import type { HostIdentity } from './identity.ts'

export const REPLAY_WINDOW = 16_384
/** Hellos that are being answered at once; a relay that sends more is told that there is no capacity. */
const MOST_ANSWERING = 64

/** What a relay sends on HostSession.Serve. */
export type HelloCall =
  | { readonly kind: 'nonce'; readonly nonce: Uint8Array }
  | { readonly kind: 'hello'; readonly callId: bigint; readonly message: HelloMessage }

export type HelloAnswer =
  | { readonly kind: 'accept'; readonly callId: bigint; readonly message: AcceptMessage }
  | { readonly kind: 'refusal'; readonly callId: bigint; readonly code: SessionCode }

export interface HelloContext {
  readonly sessions: HostSessions
  readonly prices: Prices
  readonly clock: () => number
  readonly logger: Logger
}

/** Answers the hellos that a relay brings, as one identity. */
export class HelloDesk {
  readonly #identity: HostIdentity
  readonly #context: HelloContext
  #answering = 0

  constructor(identity: HostIdentity, context: HelloContext) {
    this.#identity = identity
    this.#context = context
  }

  /** Never rejects: whatever is wrong with a hello is a refusal to whoever sent it. */
  async answer(callId: bigint, message: HelloMessage): Promise<HelloAnswer> {
    if (this.#answering >= MOST_ANSWERING) return { kind: 'refusal', callId, code: 'NO_CAPACITY' }
    this.#answering++
    try {
      return { kind: 'accept', callId, message: await this.#context.sessions.accept(message, this.#keys()) }
    } catch (error) {
      return { kind: 'refusal', callId, code: this.#codeOf(error) }
    } finally {
      this.#answering--
    }
  }

  #keys(): HostKeys {
    const { keyset, sessionKey } = this.#identity
    const { prices, clock } = this.#context
    return { keyset, sessionKey, prices, replayWindow: REPLAY_WINDOW, now: clock(), maxNotAfter: keyset.notAfter }
  }

  #codeOf(error: unknown): SessionCode {
    if (error instanceof AttestationError) return sessionCodeOf(error.code)
    if (!this.#identity.erased) this.#context.logger.error('a hello could not be answered', {}, error)
    return this.#identity.erased ? 'KEYSET_CHANGED' : 'HOST_LOST'
  }
}
