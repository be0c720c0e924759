import type { SessionCode } from '../../../attestation/session/codes.ts'
import { FRAME, type FrameType } from '../../../attestation/session/frame-header.ts'
import { BrokenRule } from './broken-rule.ts'
import { codePayload, creditPayload, readCode, readCredit } from './payloads.ts'

/** Payload bytes of DATA and FINAL that may be sent on a new stream. */
export const FIRST_CREDIT = 65_536
/** Most credit that a sender may ever hold on one stream: what bounds the memory of whoever passes it on. */
export const MAX_WINDOW: number = 4 * 1024 * 1024
/** The AEAD's tag: an empty chunk. */
const MIN_CHUNK = 16
/** Plaintext of at most 32 KiB and the tag. */
export const MAX_CHUNK: number = 32_768 + MIN_CHUNK
// With a chunk of 32 KiB and 64 KiB at the start, holding back up to a quarter can never leave a sender stuck.
const GRANT_STEP = FIRST_CREDIT / 4

/** What a stream tells its owner. Payloads are views of the batch they came in: copy what is kept for long. */
export interface StreamEvents {
  /** Only to who opened the stream; once, before any data. */
  accept?(payload: Uint8Array): void
  data(payload: Uint8Array): void
  /** The other side's half is closed. */
  final(payload: Uint8Array): void
  /** The other side granted so many bytes more; for who passes credit on. */
  credit?(bytes: number): void
  /** Both halves are over, before both were final: the other side's code, or HOST_LOST where the link is lost. */
  reset(code: SessionCode): void
}

/** What a stream needs of its link. */
export interface StreamLink {
  send(type: FrameType, stream: number, payload: Uint8Array): void
  forget(stream: LinkStream): void
}

interface Pending {
  readonly type: FrameType
  readonly payload: Uint8Array
}

/** One request on a link. Its owner is who opened it, or who answers the OPEN. */
export class LinkStream {
  readonly id: number
  readonly #link: StreamLink
  readonly #opened: boolean
  #events: StreamEvents | undefined
  #credit = FIRST_CREDIT
  #allowance = FIRST_CREDIT
  #consumed = 0
  #pending: Pending[] = []
  #waiting: (() => void)[] = []
  #accepted = false
  #finished = false
  #sentFinal = false
  #receivedFinal = false
  #closed = false

  constructor(link: StreamLink, id: number, opened: boolean) {
    this.#link = link
    this.id = id
    this.#opened = opened
  }

  /** Both halves are over. What is sent from now on goes nowhere. */
  get closed(): boolean {
    return this.#closed
  }

  /** Answers an OPEN: the first thing sent, once. */
  accept(payload: Uint8Array): void {
    if (this.#opened || this.#accepted) throw new TypeError('a stream is accepted once, by who did not open it')
    if (this.#closed) return
    this.#accepted = true
    this.#link.send(FRAME.accept, this.id, payload)
    this.#grantConsumed()
  }

  /** Sends one DATA, or queues it until there is credit. False: wait for `ready` before the next. */
  send(payload: Uint8Array): boolean {
    return this.#write(FRAME.data, payload)
  }

  /** Sends the FINAL that closes this half. */
  finish(payload: Uint8Array): boolean {
    return this.#write(FRAME.final, payload)
  }

  /** When everything sent has found credit, or the stream is over. */
  ready(): Promise<void> {
    if (this.#pending.length === 0 || this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  /** Says that so many received bytes have left memory; grants them again in steps. */
  consumed(bytes: number): void {
    this.#consumed += bytes
    if (this.#consumed >= GRANT_STEP) this.#grantConsumed()
  }

  /** Grants more than was consumed: a wider window (at most MAX_WINDOW), or the grant of a further receiver. */
  grant(bytes: number): void {
    if (this.#closed || this.#receivedFinal || bytes === 0) return
    if (!(this.#opened || this.#accepted)) {
      // Before ACCEPT the other side gets no credit.
      this.#consumed += bytes
      return
    }
    if (this.#allowance + bytes > MAX_WINDOW) throw new BrokenRule(`credit beyond ${MAX_WINDOW} bytes`, 'TOO_LARGE')
    this.#allowance += bytes
    this.#link.send(FRAME.credit, this.id, creditPayload(bytes))
  }

  /** Ends both halves and tells the other side; no event follows. */
  reset(code: SessionCode): void {
    if (this.#closed) return
    this.#link.send(FRAME.reset, this.id, codePayload(code))
    this.#close()
  }

  /** For the link: who gets the events. */
  bind(events: StreamEvents): void {
    this.#events = events
  }

  /** For the link: a frame of this stream arrived. Throws BrokenRule. */
  receive(type: FrameType, payload: Uint8Array): void {
    if (type === FRAME.data || type === FRAME.final) this.#receiveChunk(type, payload)
    else if (type === FRAME.credit) this.#receiveCredit(payload)
    else if (type === FRAME.accept) this.#receiveAccept(payload)
    else if (type === FRAME.reset) this.lose(readCode(payload))
    else throw new BrokenRule(`frame type ${type} on a stream`)
  }

  /** For the link: over, without a word to the other side. */
  lose(code: SessionCode): void {
    if (this.#closed) return
    this.#close()
    this.#events?.reset(code)
  }

  #receiveChunk(type: FrameType, payload: Uint8Array): void {
    const length = payload.byteLength
    if (this.#receivedFinal) throw new BrokenRule('data after the final chunk')
    if (this.#opened && !this.#accepted) throw new BrokenRule('data before ACCEPT')
    // Credit bounds bytes, and this the number of chunks: empty ones would cost their sender nothing and us memory.
    if (length < MIN_CHUNK) throw new BrokenRule(`a chunk of ${length} bytes`)
    if (length > MAX_CHUNK) throw new BrokenRule(`a chunk of ${length} bytes`, 'TOO_LARGE')
    this.#allowance -= length
    if (this.#allowance < 0) throw new BrokenRule('data over credit')
    if (type === FRAME.data) {
      this.#events?.data(payload)
      return
    }
    this.#receivedFinal = true
    this.#events?.final(payload)
    this.#closeWhenDone()
  }

  #receiveCredit(payload: Uint8Array): void {
    const bytes = readCredit(payload)
    if (this.#opened && !this.#accepted) throw new BrokenRule('CREDIT before ACCEPT')
    if (this.#sentFinal) return
    this.#credit += bytes
    if (this.#credit > MAX_WINDOW) throw new BrokenRule(`credit beyond ${MAX_WINDOW} bytes`, 'TOO_LARGE')
    this.#flush()
    if (!this.#closed) this.#events?.credit?.(bytes)
  }

  #receiveAccept(payload: Uint8Array): void {
    if (!this.#opened) throw new BrokenRule('ACCEPT from who opened the stream')
    if (this.#accepted) throw new BrokenRule('a second ACCEPT')
    this.#accepted = true
    this.#events?.accept?.(payload)
  }

  #write(type: FrameType, payload: Uint8Array): boolean {
    if (this.#closed) return true
    if (this.#finished) throw new TypeError('nothing is sent after the final chunk')
    if (!(this.#opened || this.#accepted)) throw new TypeError('ACCEPT comes first')
    this.#finished = type === FRAME.final
    if (this.#pending.length === 0 && payload.byteLength <= this.#credit) {
      this.#sendChunk(type, payload)
      return true
    }
    this.#pending.push({ type, payload })
    return false
  }

  #flush(): void {
    let sent = 0
    for (const { type, payload } of this.#pending) {
      if (payload.byteLength > this.#credit) break
      this.#sendChunk(type, payload)
      sent++
    }
    if (sent > 0) this.#pending.splice(0, sent)
    if (this.#pending.length === 0) this.#wake()
  }

  #sendChunk(type: FrameType, payload: Uint8Array): void {
    this.#credit -= payload.byteLength
    this.#link.send(type, this.id, payload)
    if (type !== FRAME.final) return
    this.#sentFinal = true
    this.#closeWhenDone()
  }

  #grantConsumed(): void {
    if (!(this.#opened || this.#accepted)) return
    const bytes = Math.min(this.#consumed, MAX_WINDOW - this.#allowance)
    this.#consumed -= bytes
    this.grant(bytes)
  }

  #closeWhenDone(): void {
    if (this.#sentFinal && this.#receivedFinal) this.#close()
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#pending = []
    this.#link.forget(this)
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    if (waiting.length === 0) return
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
