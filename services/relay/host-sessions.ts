import type { SessionCode } from '../../attestation/session/codes.ts'
import type { AcceptMessage, HelloMessage } from '../../attestation/session/handshake.ts'

/** A host's answer to a hello, or why there is none. */
export type HelloAnswer =
  | { readonly kind: 'accept'; readonly message: AcceptMessage }
  | { readonly kind: 'refusal'; readonly digest: Uint8Array; readonly code: SessionCode }

/** What a host's HostSession.Serve sends. */
export type SessionAnswer =
  | { readonly kind: 'identity'; readonly digest: Uint8Array; readonly signature: Uint8Array }
  | { readonly kind: 'accept'; readonly callId: bigint; readonly message: AcceptMessage }
  | { readonly kind: 'refusal'; readonly callId: bigint; readonly code: SessionCode }

export type SessionCall =
  | { readonly kind: 'nonce'; readonly nonce: Uint8Array }
  | { readonly kind: 'hello'; readonly callId: bigint; readonly message: HelloMessage }

const MOST_PENDING = 1024

interface PendingHello {
  readonly digest: Uint8Array
  readonly answer: (answer: HelloAnswer) => void
}

/** The handshake's side of a host that dialled in: hellos out, answers back, each once. */
export class SessionChannel {
  readonly #digest: Uint8Array
  readonly #send: (call: SessionCall) => void
  readonly #pending = new Map<bigint, PendingHello>()
  /** Called when the relay closes the channel. */
  whenClosed: () => void = () => {}
  #nextCall = 1n
  #closed = false

  constructor(digest: Uint8Array, send: (call: SessionCall) => void) {
    this.#digest = digest
    this.#send = send
  }

  /** Hands a hello to the host; `answer` is called once unless the caller forgets it first. */
  ask(message: HelloMessage, answer: (answer: HelloAnswer) => void): () => void {
    if (this.#closed || this.#pending.size >= MOST_PENDING) {
      answer({ kind: 'refusal', digest: this.#digest, code: this.#closed ? 'HOST_LOST' : 'NO_CAPACITY' })
      return () => {}
    }
    const callId = this.#nextCall++
    this.#pending.set(callId, { digest: this.#digest, answer })
    this.#send({ kind: 'hello', callId, message })
    return () => {
      this.#pending.delete(callId)
    }
  }

  /** An answer came; one that nobody waits for any more goes nowhere. */
  receive(answer: Exclude<SessionAnswer, { readonly kind: 'identity' }>): void {
    const pending = this.#pending.get(answer.callId)
    if (pending === undefined) return
    this.#pending.delete(answer.callId)
    if (answer.kind === 'accept') pending.answer({ kind: 'accept', message: answer.message })
    else pending.answer({ kind: 'refusal', digest: this.#digest, code: answer.code })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.whenClosed()
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { answer, digest } of pending) answer({ kind: 'refusal', digest, code: 'HOST_LOST' })
  }
}
