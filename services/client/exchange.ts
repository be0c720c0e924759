import { sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { type BhttpResponseHead, encodeBhttpRequest, type HttpField } from '../../attestation/session/bhttp.ts'
import { encodeFramePayload } from '../../attestation/session/frames.ts'
import { type SealedRequest, sealRequest } from '../../attestation/session/request.ts'
import { AnswerReader, inClientTerms } from './answer.ts'
import { Attempt } from './attempt.ts'
import { ClientError } from './errors.ts'
import type { ClientEvent, ClientEventListener } from './events.ts'
import type { RequestOutline } from './openai-request.ts'
import type { Payments } from './payments.ts'
import { type AttemptState, planNext } from './plan.ts'
import type { Relays } from './relays.ts'
import { type ClientSession, type Leg, requestName } from './session.ts'
import type { Sessions } from './sessions.ts'

/** What sealing can refuse. */
const SEAL_CODES = { SESSION_EXPIRED: 'SESSION_EXPIRED', TOO_LARGE: 'TOO_LARGE' } as const

/** A request as it will be sealed: nothing of it but the outline's model and stream is told to anybody but the hosts. */
export interface Outgoing {
  readonly path: string
  readonly headers: readonly HttpField[]
  readonly body: Uint8Array
  readonly outline: RequestOutline
}

export interface ExchangeContext {
  readonly relays: Relays
  readonly sessions: Sessions
  /** Unix seconds that never run behind the monotonic clock. */
  readonly clock: () => number
  readonly onEvent: ClientEventListener
  readonly requestSeconds: number
  readonly cadenceMs: number
  readonly maxRequestPrice: bigint
  /** Undefined where nobody pays. */
  readonly payments?: () => Promise<Payments | undefined>
}

/** An answer whose head has been opened; dispose when its end has been read, or to cancel the rest. */
export interface OpenAnswer extends Disposable {
  readonly requestId: string
  readonly leg: Leg
  readonly n: number
  readonly head: BhttpResponseHead
  readonly reader: AnswerReader
  readonly startedAt: number
}

/**
 * Seals a request and gets it answered: by one leg after the other as `planNext` says, once with a new session.
 * Throws ClientError, or the signal's reason.
 */
export async function exchange(outgoing: Outgoing, signal: AbortSignal, context: ExchangeContext): Promise<OpenAnswer> {
  const deadline = context.clock() + context.requestSeconds
  let requestId: string | null = null
  const payments = await context.payments?.()
  const underWay = payments?.begin(context.maxRequestPrice)
  let paid = false
  try {
    for (let reattested = false; ; ) {
      const session = await context.sessions.get(outgoing.outline.model, signal)
      const run = new RequestRun(session, { outgoing, deadline, reattested, signal, context })
      requestId = run.requestId
      const answer = await run.answer().catch(async (error: unknown) => {
        if (paid || !isUnpaid(error) || payments === undefined) throw error
        paid = await payments.settle(session.standing(context.clock()), context.maxRequestPrice)
        if (!paid) throw error
        return 'paid' as const
      })
      if (answer === 'paid') continue
      if (answer !== 'a new session') return { ...answer, [Symbol.dispose]: () => endBoth(answer, underWay) }
      reattested = true
      context.sessions.retire(session)
    }
  } catch (thrown) {
    underWay?.[Symbol.dispose]()
    const error: unknown = signal.aborted ? signal.reason : thrown
    context.onEvent(requestFailed(requestId, error))
    throw error
  }
}

function isUnpaid(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'UNPAID'
}

function endBoth(answer: Disposable, underWay: Disposable | undefined): void {
  answer[Symbol.dispose]()
  underWay?.[Symbol.dispose]()
}

/** How a request's end without an answer is told. */
export function requestFailed(requestId: string | null, error: unknown): ClientEvent {
  const [code, message] = error instanceof ClientError ? [error.code, error.message] : ['CANCELLED', String(error)]
  return { kind: 'request-failed', requestId, code, message }
}

interface RunOptions {
  readonly outgoing: Outgoing
  readonly deadline: number
  readonly reattested: boolean
  readonly signal: AbortSignal
  readonly context: ExchangeContext
}

interface Turn {
  readonly candidates: readonly string[]
  readonly tried: ReadonlySet<string>
  readonly singly: boolean
}

/** One sealed form of a request, sent to one leg or another until one answers. */
class RequestRun {
  readonly #session: ClientSession
  readonly #options: RunOptions
  readonly #n: number
  readonly requestId: string
  readonly #startedAt = performance.now()
  #current: Attempt | undefined
  #acceptedBy: string | null = null
  #answerStarted = false

  constructor(session: ClientSession, options: RunOptions) {
    this.#session = session
    this.#options = options
    this.#n = session.takeNumber()
    this.requestId = requestName(session, this.#n)
  }

  async answer(): Promise<OpenAnswer | 'a new session'> {
    using stack = new DisposableStack()
    stack.use(this.#session.use())
    this.#cancelInTime(stack)
    const sealed = stack.use(this.#seal())
    const legs = sealed.wraps.map(({ digest }) => encodeHex(digest))
    let turn: Turn = { candidates: legs, tried: new Set(), singly: false }
    for (;;) {
      try {
        const opened = await this.#attempt(sealed, turn.candidates, stack)
        const rest = stack.move()
        return { ...opened, [Symbol.dispose]: () => rest.dispose() }
      } catch (error) {
        this.#options.signal.throwIfAborted()
        const failure = asClientError(error)
        const plan = this.#plan(failure, legs, turn)
        if (plan.kind === 'a new session') return plan.kind
        if (plan.kind === 'stop') throw failure
        turn = plan
      }
    }
  }

  #seal(): SealedRequest {
    const { outgoing, deadline, context } = this.#options
    const { path, headers, body, outline } = outgoing
    const message = encodeBhttpRequest({ method: 'POST', path, headers, content: body })
    const wish = {
      n: this.#n,
      stream: outline.stream,
      deadline,
      outputLimit: outline.outputLimit,
      cadenceMs: outline.stream ? context.cadenceMs : 0,
      maxPrice: context.maxRequestPrice,
      affinity: this.#session.affinity(outline.prefix),
      model: outline.model
    }
    const now = context.clock()
    const sealed = inClientTerms(() => sealRequest(this.#session.standing(now), wish, message, now), SEAL_CODES)
    context.onEvent({
      kind: 'request-sealed',
      requestId: this.requestId,
      model: outline.model,
      stream: outline.stream,
      bodyBytes: body.byteLength,
      messageBytes: message.byteLength,
      paddedBytes: sealed.meta.inputSize,
      sealedBytes: sealedSize(sealed),
      chunks: sealed.chunks.length,
      legs: sealed.wraps.length,
      deadline
    })
    return sealed
  }

  async #attempt(
    sealed: SealedRequest,
    candidates: readonly string[],
    stack: DisposableStack
  ): Promise<Omit<OpenAnswer, typeof Symbol.dispose>> {
    this.#acceptedBy = null
    const { context, signal } = this.#options
    const requestId = this.requestId
    const { link, relay } = await context.relays.link()
    signal.throwIfAborted()
    using attempt = new DisposableStack()
    const running = attempt.use(new Attempt(link, openPayload(sealed, candidates)))
    this.#current = running
    // Sending and waiting go on together: a host may refuse before it has read everything.
    void running.send(sealed.chunks)
    const { digest, salt } = await running.accepted
    const host = encodeHex(digest)
    const leg = this.#session.legs.find((one) => encodeHex(one.digest) === host)
    if (leg === undefined || !candidates.includes(host)) {
      throw new ClientError('PROTOCOL', 'the request was accepted by a host that it was not given to')
    }
    this.#acceptedBy = host
    context.onEvent({ kind: 'request-accepted', requestId, host, relay, elapsedMs: this.#elapsed() })
    const opener = attempt.use(inClientTerms(() => sealed.openResponse(digest, salt)))
    const bodyHash = sha256(this.#options.outgoing.body)
    const reader = new AnswerReader(running, opener, { leg, n: this.#n, bodyHash })
    const head = await this.#head(reader)
    context.onEvent({ kind: 'answer-started', requestId, host, elapsedMs: this.#elapsed() })
    stack.use(attempt.move())
    return { requestId, leg, n: this.#n, head, reader, startedAt: this.#startedAt }
  }

  async #head(reader: AnswerReader): Promise<BhttpResponseHead> {
    try {
      return await reader.head()
    } finally {
      this.#answerStarted = reader.started
    }
  }

  #plan(failure: ClientError, legs: readonly string[], turn: Turn): ReturnType<typeof planNext> {
    const { context, reattested } = this.#options
    const state: AttemptState = {
      legs,
      tried: turn.tried,
      singly: turn.singly,
      named: turn.candidates,
      acceptedBy: this.#acceptedBy,
      code: failure.code,
      answerStarted: this.#answerStarted,
      reattested
    }
    const plan = planNext(state)
    const { requestId } = this
    const { code } = failure
    if (plan.kind !== 'stop') {
      context.onEvent({ kind: 'attempt-failed', requestId, host: this.#acceptedBy, code, next: plan.kind })
    }
    // With every host of it lost, a session is worth nothing: the next request finds other hosts.
    if (plan.kind === 'stop' && code === 'HOST_LOST') context.sessions.retire(this.#session)
    return plan
  }

  #cancelInTime(stack: DisposableStack): void {
    const { deadline, signal, context } = this.#options
    const cancel = (): void =>
      this.#current?.abandon(new ClientError('CANCELLED', 'the request was cancelled'), 'CANCELLED')
    signal.addEventListener('abort', cancel, { once: true })
    stack.defer(() => signal.removeEventListener('abort', cancel))
    const expire = (): void => {
      const late = new ClientError('DEADLINE_PASSED', 'the request was not answered before its deadline')
      this.#current?.abandon(late, 'DEADLINE_PASSED')
    }
    const timer = setTimeout(expire, Math.max(0, deadline - context.clock()) * 1000)
    stack.defer(() => clearTimeout(timer))
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt
  }
}

function openPayload(sealed: SealedRequest, candidates: readonly string[]): Uint8Array {
  const wraps = sealed.wraps.filter(({ digest }) => candidates.includes(encodeHex(digest)))
  return encodeFramePayload({ kind: 'open', stream: 1, meta: sealed.metaBytes, candidates: wraps })
}

function sealedSize({ metaBytes, wraps, chunks }: SealedRequest): number {
  const keys = wraps.reduce((sum, { digest, wrap }) => sum + digest.byteLength + wrap.byteLength, 0)
  return metaBytes.byteLength + keys + chunks.reduce((sum, { sealed }) => sum + sealed.byteLength, 0)
}

function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error
  throw error
}
