import type { SessionCode } from '../../attestation/session/codes.ts'
import type { AcceptMessage, HelloMessage } from '../../attestation/session/handshake.ts'
import type { PaymentStatus__Output } from '../../proto/gen/bombyx/v1/PaymentStatus.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { LeftParcel, LeftWord } from './left-statements.ts'

/** A host's answer to a hello, or why there is none. */
export type HelloAnswer =
  | { readonly kind: 'accept'; readonly message: AcceptMessage }
  | { readonly kind: 'refusal'; readonly digest: Uint8Array; readonly code: SessionCode }

/** What a host's HostSession.Serve sends. */
export type SessionAnswer =
  | { readonly kind: 'identity'; readonly digest: Uint8Array; readonly signature: Uint8Array }
  | { readonly kind: 'accept'; readonly callId: bigint; readonly message: AcceptMessage }
  | { readonly kind: 'refusal'; readonly callId: bigint; readonly code: SessionCode }
  | { readonly kind: 'payment'; readonly callId: bigint; readonly status: PaymentMessage }
  | ({ readonly kind: 'left' } & LeftParcel)

/** A host's word on a payer, passed on as it came. */
export type PaymentMessage = PaymentStatus__Output

export type PaymentReply = PaymentMessage | SessionCode

/** What a client asks of a host about its payer. */
export interface PaymentWish {
  readonly escrow: Uint8Array
  /** Without bytes: only the question how the payer stands. */
  readonly voucher: Uint8Array
  readonly maxPrice: string
}

export type SessionCall =
  | { readonly kind: 'nonce'; readonly nonce: Uint8Array }
  | {
      readonly kind: 'hello'
      readonly callId: bigint
      readonly message: HelloMessage
      readonly known: readonly Uint8Array[] | undefined
    }
  | ({ readonly kind: 'payment'; readonly callId: bigint } & PaymentWish)
  | ({ readonly kind: 'left' } & LeftWord)

const MOST_PENDING = 1024

interface PendingHello {
  readonly digest: Uint8Array
  readonly answer: (answer: HelloAnswer) => void
}

/** Calls `tell` once. */
export type ForwardLeft = (parcel: LeftParcel, tell: (word: LeftWord) => void) => void

type PendingPayment = (reply: PaymentReply) => void

/** The handshake's side of a host that dialled in: hellos out, answers back, each once. */
export class SessionChannel {
  readonly #digest: Uint8Array
  readonly #send: (call: SessionCall) => void
  readonly #pending = new Map<bigint, PendingHello>()
  readonly #payments = new Map<bigint, PendingPayment>()
  /** Called when the relay closes the channel. */
  whenClosed: () => void = () => {}
  #nextCall = 1n
  #closed = false
  #hasLeft = false

  constructor(digest: Uint8Array, send: (call: SessionCall) => void) {
    this.#digest = digest
    this.#send = send
  }

  /**
   * Hands a hello to the host, with the best vouchers of its payer's escrow where the market was asked; `answer` is called once
   * unless the caller forgets it first.
   */
  ask(message: HelloMessage, answer: (answer: HelloAnswer) => void, known?: readonly Uint8Array[]): () => void {
    if (this.#closed || this.#pending.size >= MOST_PENDING) {
      answer({ kind: 'refusal', digest: this.#digest, code: this.#closed ? 'HOST_LOST' : 'NO_CAPACITY' })
      return () => {}
    }
    const callId = this.#nextCall++
    this.#pending.set(callId, { digest: this.#digest, answer })
    this.#send({ kind: 'hello', callId, message, known })
    return () => {
      this.#pending.delete(callId)
    }
  }

  /** Brings a voucher to the host; `answer` is called once unless the caller forgets it first. */
  pay(wish: PaymentWish, answer: PendingPayment): () => void {
    if (this.#closed || this.#payments.size >= MOST_PENDING) {
      answer(this.#closed ? 'HOST_LOST' : 'NO_CAPACITY')
      return () => {}
    }
    const callId = this.#nextCall++
    this.#payments.set(callId, answer)
    this.#send({ kind: 'payment', callId, ...wish })
    return () => {
      this.#payments.delete(callId)
    }
  }

  /** An answer came; one that nobody waits for any more goes nowhere. */
  receive(answer: Extract<SessionAnswer, { readonly callId: bigint }>): void {
    const payment = this.#payments.get(answer.callId)
    if (payment !== undefined && answer.kind !== 'accept') {
      this.#payments.delete(answer.callId)
      payment(answer.kind === 'payment' ? answer.status : answer.code)
      return
    }
    if (answer.kind === 'payment') return
    const pending = this.#pending.get(answer.callId)
    if (pending === undefined) return
    this.#pending.delete(answer.callId)
    if (answer.kind === 'accept') pending.answer({ kind: 'accept', message: answer.message })
    else pending.answer({ kind: 'refusal', digest: this.#digest, code: answer.code })
  }

  /** What an earlier start of the host left; the next comes after the word on this. Throws PROTOCOL. */
  takeLeft(parcel: LeftParcel, forward: ForwardLeft): void {
    if (this.#hasLeft) throw new ServiceError('PROTOCOL', 'statements before the word on the last')
    this.#hasLeft = true
    forward(parcel, (word) => {
      this.#hasLeft = false
      if (!this.#closed) this.#send({ kind: 'left', ...word })
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.whenClosed()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    const payments = [...this.#payments.values()]
    this.#payments.clear()
    for (const reply of payments) reply('HOST_LOST')
    for (const { answer, digest } of pending) answer({ kind: 'refusal', digest, code: 'HOST_LOST' })
  }
}
