import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { type BhttpResponseHead, encodeBhttpRequest } from '../../../attestation/session/bhttp.ts'
import { encodeFramePayload } from '../../../attestation/session/frames.ts'
import { type SealedRequest, sealRequest } from '../../../attestation/session/request.ts'
import { ClientError } from '../errors.ts'
import type { Payments } from '../payment/payments.ts'
import { estimatePrice } from '../payment/request-price.ts'
import { type ClientSession, type Leg, requestName } from '../sessions/session.ts'
import { AnswerReader, inClientTerms } from './answer.ts'
import { Attempt } from './attempt.ts'
import type { ExchangeContext, OpenAnswer, Outgoing } from './exchange.ts'
import { type AttemptState, planNext } from './plan.ts'

/** What sealing can refuse. */
const SEAL_CODES = { SESSION_EXPIRED: 'SESSION_EXPIRED', TOO_LARGE: 'TOO_LARGE' } as const

export interface RunOptions {
  readonly outgoing: Outgoing
  readonly deadline: number
  readonly reattested: boolean
  readonly signal: AbortSignal
  readonly context: ExchangeContext
  readonly payments: Payments | undefined
  /** Legs that said that they would take it; none: any. */
  readonly payable: readonly Leg[]
}

interface Turn {
  readonly candidates: readonly string[]
  readonly tried: ReadonlySet<string>
  readonly singly: boolean
}

/** One sealed form of a request, sent to one leg or another until one answers. */
export class RequestRun {
  readonly #session: ClientSession
  readonly #options: RunOptions
  readonly #n: number
  readonly #legs: readonly Leg[]
  readonly requestId: string
  /** nanoTON; 0: none. */
  readonly maxPrice: bigint
  readonly #startedAt = performance.now()
  #current: Attempt | undefined
  #acceptedBy: string | null = null
  #answerStarted = false

  constructor(session: ClientSession, options: RunOptions) {
    this.#session = session
    this.#options = options
    this.#n = session.takeNumber()
    this.requestId = requestName(session, this.#n)
    this.#legs = chooseLegs(session.standing(options.context.clock()), options.payable)
    this.maxPrice = priceLimit(this.#legs, options)
  }

  async answer(): Promise<OpenAnswer | 'a new session'> {
    using stack = new DisposableStack()
    stack.use(this.#session.use())
    stack.use(this.#options.payments?.begin(this.maxPrice))
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
      maxPrice: this.maxPrice,
      affinity: this.#session.affinity(outline.prefix),
      model: outline.model
    }
    const now = context.clock()
    const sealed = inClientTerms(() => sealRequest(this.#legs, wish, message, now), SEAL_CODES)
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
    return { requestId, leg, n: this.#n, maxPrice: this.maxPrice, head, reader, startedAt: this.#startedAt }
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

/** A session that was renewed meanwhile has other legs. */
function chooseLegs(standing: readonly Leg[], payable: readonly Leg[]): readonly Leg[] {
  const both = standing.filter((leg) => payable.includes(leg))
  return both.length > 0 ? both : standing
}

/** Who pays holds each request to what it can come to; who does not, to the limit that was set, if any. */
function priceLimit(legs: readonly Leg[], { outgoing, context, payments }: RunOptions): bigint {
  if (payments === undefined) return context.maxRequestPrice
  const prices = legs.map((leg) => leg.prices)
  return estimatePrice(outgoing.outline, prices, context.maxRequestPrice)
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
