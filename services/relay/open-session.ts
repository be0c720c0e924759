import { encodeHex } from '../../attestation/encoding.ts'
import type { HelloMessage } from '../../attestation/session/handshake.ts'
import { parseHello } from '../../attestation/session/hello.ts'
import type { LinkTimers } from '../runtime/link/timers.ts'
import type { HelloAnswer } from './host-sessions.ts'
import type { HostTable } from './host-table.ts'

/** How long hosts have to answer a hello. */
export const ANSWER_LIMIT_MS = 10_000

export interface OpenSessionContext {
  readonly timers: LinkTimers
  readonly signal: AbortSignal
  /** The best vouchers of an escrow, by the market; undefined where it cannot be asked. */
  readonly knownVouchers?: (escrow: Uint8Array) => Promise<readonly Uint8Array[] | undefined>
}

/**
 * Carries a hello to every host it names and gives their answers as they come; a host that is not there or too slow is
 * refused HOST_LOST. Ends after the last answer. Refuses a malformed hello as `parseHello` does.
 */
export async function* openSession(
  message: HelloMessage,
  table: HostTable,
  wait: OpenSessionContext
): AsyncGenerator<HelloAnswer, void> {
  const { digests, payer } = parseHello(message.hello)
  const known = payer === undefined ? undefined : await wait.knownVouchers?.(payer.escrow.subarray(1))
  const answers = new AnswerLine()
  const forget = digests.map((digest) => {
    const sessions = table.find(encodeHex(digest))?.sessions
    if (sessions !== undefined) return sessions.ask(message, (answer) => answers.put(digest, answer), known)
    answers.put(digest, { kind: 'refusal', digest, code: 'HOST_LOST' })
    return () => {}
  })
  const cancel = wait.timers.after(ANSWER_LIMIT_MS, () => {
    for (const digest of digests) answers.put(digest, { kind: 'refusal', digest, code: 'HOST_LOST' })
  })
  const hangUp = (): void => answers.close()
  wait.signal.addEventListener('abort', hangUp, { once: true })
  try {
    for (let count = 0; count < digests.length; count++) {
      const answer = await answers.take()
      if (answer === undefined) return
      yield answer
    }
  } finally {
    cancel()
    wait.signal.removeEventListener('abort', hangUp)
    for (const one of forget) one()
  }
}

/** Answers in the order in which they come, one a host. */
class AnswerLine {
  readonly #answered = new Set<string>()
  readonly #ready: HelloAnswer[] = []
  #wake: (() => void) | undefined
  #closed = false

  put(digest: Uint8Array, answer: HelloAnswer): void {
    const key = encodeHex(digest)
    if (this.#answered.has(key)) return
    this.#answered.add(key)
    this.#ready.push(answer)
    this.#wake?.()
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  async take(): Promise<HelloAnswer | undefined> {
    while (this.#ready.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#ready.shift()
  }
}
