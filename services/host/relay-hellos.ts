import { AttestationError } from '../../attestation/errors.ts'
import { type SessionCode, sessionCodeOf } from '../../attestation/session/codes.ts'
import type { AcceptMessage, HelloMessage, HostKeys } from '../../attestation/session/handshake.ts'
import { parseHello } from '../../attestation/session/hello.ts'
import type { HostSessions } from '../../attestation/session/host-sessions.ts'
import type { Prices } from '../../attestation/session/leg.ts'
import { codeOf } from '../runtime/errors.ts'
import type { Logger } from '../runtime/log.ts'
import type { HostIdentity } from './identity.ts'
import type { LeftWord } from './left-statements.ts'
import type { PaymentStanding, Payments } from './payments.ts'

const REPLAY_WINDOW = 16_384
/** Hellos that are being answered at once; a relay that sends more is told that there is no capacity. */
const MOST_ANSWERING = 64

/** What a relay sends on HostSession.Serve. */
export type HelloCall =
  | { readonly kind: 'nonce'; readonly nonce: Uint8Array }
  | {
      readonly kind: 'hello'
      readonly callId: bigint
      readonly message: HelloMessage
      /** The best vouchers of its payer's escrow, by the market; undefined where it was not asked. */
      readonly known?: readonly Uint8Array[] | undefined
    }
  | PaymentCall
  | ({ readonly kind: 'left' } & LeftWord)

export interface PaymentCall {
  readonly kind: 'payment'
  readonly callId: bigint
  readonly escrow: Uint8Array
  /** Absent: how does the payer stand? */
  readonly voucher?: Uint8Array | undefined
  /** nanoTON of the request that is meant; 0: any. */
  readonly maxPrice: bigint
}

export type HelloAnswer =
  | { readonly kind: 'accept'; readonly callId: bigint; readonly message: AcceptMessage }
  | { readonly kind: 'refusal'; readonly callId: bigint; readonly code: SessionCode }
  | { readonly kind: 'payment'; readonly callId: bigint; readonly standing: PaymentStanding }

export interface HelloContext {
  /** Absent where nobody has to pay. */
  readonly payments?: Payments | undefined
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
  async answer(callId: bigint, message: HelloMessage, known?: readonly Uint8Array[]): Promise<HelloAnswer> {
    if (this.#answering >= MOST_ANSWERING) return { kind: 'refusal', callId, code: 'NO_CAPACITY' }
    this.#answering++
    try {
      const { payments } = this.#context
      const { payer } = payments === undefined ? {} : parseHello(message.hello)
      if (payments !== undefined && !(await payments.welcome(payer, known))) {
        return { kind: 'refusal', callId, code: 'UNPAID' }
      }
      return { kind: 'accept', callId, message: await this.#context.sessions.accept(message, this.#keys()) }
    } catch (error) {
      return { kind: 'refusal', callId, code: this.#codeOf(error) }
    } finally {
      this.#answering--
    }
  }

  /** Takes a voucher, or says how its payer stands. Never rejects. */
  async pay(call: PaymentCall): Promise<HelloAnswer> {
    const { payments } = this.#context
    const { callId } = call
    try {
      if (payments === undefined) return { kind: 'refusal', callId, code: 'UNPAID' }
      return { kind: 'payment', callId, standing: await payments.give(call, this.#identity) }
    } catch (error) {
      const isRefusal = codeOf(error) === 'UNPAID' || codeOf(error) === 'VOUCHER_REFUSED'
      this.#context.logger.warn('a voucher was refused', {}, error)
      return { kind: 'refusal', callId, code: isRefusal ? 'UNPAID' : 'PROTOCOL' }
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
