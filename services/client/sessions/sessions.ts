import { ClientError } from '../errors.ts'
import type { ClientSession } from './session.ts'

export interface SessionsContext {
  /** Finds hosts, appraises them and runs the handshake. */
  readonly open: (model: string) => Promise<ClientSession>
  /** Unix seconds that never run behind the monotonic clock. */
  readonly clock: () => number
}

/** One session a model, shared by all its requests and renewed by the one that comes in the last quarter of its life. */
export class Sessions implements Disposable {
  readonly #context: SessionsContext
  readonly #current = new Map<string, ClientSession>()
  readonly #opening = new Map<string, Promise<ClientSession>>()
  #closed: ClientError | undefined

  constructor(context: SessionsContext) {
    this.#context = context
  }

  /** A session with at least one leg that stands. Whoever stops waiting leaves the opening to the others. */
  async get(model: string, signal?: AbortSignal): Promise<ClientSession> {
    if (this.#closed !== undefined) throw this.#closed
    const session = this.#current.get(model)
    const now = this.#context.clock()
    if (session === undefined) return unlessAborted(this.#open(model), signal)
    if (session.standing(now).length === 0) {
      this.retire(session)
      return unlessAborted(this.#open(model), signal)
    }
    // Should the renewal fail, the session in use stands until its own end, and a later request tries again.
    if (session.takeRenewal(now)) this.#open(model).catch(() => {})
    return session
  }

  /** The session is used no more: a host has forgotten it, or all its hosts are lost. */
  retire(session: ClientSession): void {
    if (this.#current.get(session.model) === session) this.#current.delete(session.model)
    session.retire()
  }

  live(model: string): ClientSession | undefined {
    return this.#current.get(model)
  }

  /** Ends all sessions, and fails whoever asks for one with this reason. */
  halt(reason: ClientError): void {
    this.#closed ??= reason
    for (const session of this.#current.values()) session.retire()
    this.#current.clear()
  }

  [Symbol.dispose](): void {
    this.halt(new ClientError('CLIENT_CLOSED', 'the client is closed'))
  }

  #open(model: string): Promise<ClientSession> {
    const running = this.#opening.get(model)
    if (running !== undefined) return running
    const opening = this.#context
      .open(model)
      .then((session) => this.#adopt(session))
      .finally(() => this.#opening.delete(model))
    this.#opening.set(model, opening)
    return opening
  }

  #adopt(session: ClientSession): ClientSession {
    if (this.#closed !== undefined) {
      session.retire()
      throw this.#closed
    }
    this.#current.get(session.model)?.retire()
    this.#current.set(session.model, session)
    return session
  }
}

/** The result, or the signal's reason as soon as it is given. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work
  // Whoever has stopped waiting hears nothing of a later failure.
  work.catch(() => {})
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
