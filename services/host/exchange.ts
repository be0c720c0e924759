import { randomBytes, sha256 } from '../../attestation/crypto.ts'
import { concatBytes, encodeUtf8 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { signReceipt } from '../../attestation/receipt/receipt.ts'
import { priceOf, signUsage, type UsageFinish } from '../../attestation/receipt/usage.ts'
import { type BhttpRequest, parseBhttpRequest } from '../../attestation/session/bhttp.ts'
import { cacheSalt } from '../../attestation/session/cache-salt.ts'
import { type SessionCode, sessionCodeOf } from '../../attestation/session/codes.ts'
import type { HostLeg } from '../../attestation/session/leg.ts'
import type { RequestOpener } from '../../attestation/session/request.ts'
import type { LinkStream, StreamEvents } from '../runtime/link/stream.ts'
import type { Logger } from '../runtime/log.ts'
import { type AnswerTask, answerRequest, type ReceiptFacts, type Tally } from './answer.ts'
import { AnswerWriter } from './answer-writer.ts'
import type { WatchedEngine } from './engine-watch.ts'
import { type ForwardPlan, planForward } from './forward.ts'
import { type HostIdentity, RECEIPT_KEY_ID } from './identity.ts'
import { badRequest } from './openai-errors.ts'
import type { Allowance } from './payments.ts'
import type { InferenceRoute } from './routes.ts'
import { NO_TOKENS } from './usage-counter.ts'
import type { SignStatement, StatementSender, UsageLedger } from './usage-ledger.ts'

/** What all requests of an agent share. */
export interface ExchangeContext {
  readonly engine: WatchedEngine
  readonly routes: ReadonlyMap<string, InferenceRoute>
  readonly ledger: UsageLedger
  /** 32 random bytes of this guest, which cache salts are derived from. */
  readonly cacheKey: Uint8Array
  /** Unix seconds, never behind the monotonic clock. */
  readonly clock: () => number
  /** Milliseconds. */
  readonly monotonic: () => number
  readonly logger: Logger
}

/** One accepted request: its n is spent, its slot taken, ACCEPT is written. */
export interface Accepted {
  readonly stream: LinkStream
  readonly opener: RequestOpener
  readonly leg: HostLeg
  readonly identity: HostIdentity
  /** That went out with ACCEPT. */
  readonly salt: Uint8Array
  /** The relay it came by. */
  readonly via: StatementSender
  /** What it may come to and where its price goes; absent where nobody has to pay. */
  readonly allowance?: Allowance | undefined
  /** Called once, when the request has ended however it ends. */
  readonly released: () => void
}

/** A request whose chunks stop coming for so long is given up, so that it does not hold a slot until its deadline. */
const INPUT_SILENCE_MS = 60_000
const CACHE_HEADER = 'bombyx-cache'

/** The life of one request from ACCEPT to its usage statement, which is made however it ends. */
export class Exchange implements StreamEvents {
  readonly #accepted: Accepted
  readonly #context: ExchangeContext
  readonly #startedAt: number
  readonly #abort = new AbortController()
  readonly #tally: Tally = { counts: NO_TOKENS, receipt: null }
  readonly #deadline: NodeJS.Timeout
  readonly #inputSilence: NodeJS.Timeout
  #input: Uint8Array[] = []
  #ended = false

  constructor(accepted: Accepted, context: ExchangeContext) {
    this.#accepted = accepted
    this.#context = context
    this.#startedAt = context.monotonic()
    const left = (accepted.opener.meta.deadline - context.clock()) * 1000
    this.#deadline = setTimeout(() => this.#stop('DEADLINE_PASSED', 'cancelled'), left)
    this.#inputSilence = setTimeout(() => this.#stop('TRUNCATED', 'cancelled'), INPUT_SILENCE_MS)
  }

  data(payload: Uint8Array): void {
    if (!this.#open(payload, false)) return
    this.#inputSilence.refresh()
    this.#accepted.stream.consumed(payload.byteLength)
  }

  final(payload: Uint8Array): void {
    if (!this.#open(payload, true)) return
    clearTimeout(this.#inputSilence)
    const input = concatBytes(...this.#input)
    this.#input = []
    this.#answer(input).then(
      (finish) => this.#end(finish),
      (error: unknown) => this.#breakOff(error)
    )
  }

  /** The client cancelled, or its way here is lost: the engine is hung up on in this turn. */
  reset(): void {
    this.#end('cancelled')
  }

  #open(payload: Uint8Array, final: boolean): boolean {
    try {
      this.#input.push(this.#accepted.opener.open(payload, final))
      return true
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      this.#stop(sessionCodeOf(error.code), 'failed')
      return false
    }
  }

  async #answer(input: Uint8Array): Promise<UsageFinish> {
    const { stream, opener, salt, leg, identity } = this.#accepted
    using writer = new AnswerWriter(stream, opener.sealResponse(salt))
    const request = readRequest(input)
    const plan = request === undefined ? UNREADABLE : await this.#plan(request)
    const task: AnswerTask = {
      meta: opener.meta,
      prices: leg.prices,
      mostPrice: this.#accepted.allowance?.upTo,
      engine: this.#context.engine,
      writer,
      signal: this.#abort.signal,
      tally: this.#tally,
      models: () => modelList(identity),
      signReceipt: (facts) => this.#signReceipt(request, facts)
    }
    // Awaited here: the writer is erased on the way out.
    return await answerRequest(task, plan)
  }

  #plan(request: BhttpRequest): Promise<ForwardPlan> {
    const { leg, opener, identity } = this.#accepted
    const wide =
      leg.payer !== undefined && request.headers.some(([name, value]) => name === CACHE_HEADER && value === 'tenant')
    const { tenant, sessionId } = leg
    const scope = wide ? ({ kind: 'tenant', tenant } as const) : ({ kind: 'session', tenant, sessionId } as const)
    return planForward(request, opener.meta, {
      model: identity.keyset.model.id,
      routes: this.#context.routes,
      facts: this.#context.engine.known,
      cacheSalt: cacheSalt(this.#context.cacheKey, scope)
    })
  }

  #signReceipt(request: BhttpRequest | undefined, facts: ReceiptFacts): Uint8Array {
    if (request === undefined) throw new TypeError('no receipt without a request')
    const { identity, leg, opener } = this.#accepted
    const salt = randomBytes(32)
    const fields = {
      ...facts,
      endpoint: request.path,
      method: request.method,
      model: identity.keyset.model.id,
      keyId: RECEIPT_KEY_ID,
      receiptId: randomBytes(16),
      servedAt: this.#context.clock(),
      keysetDigest: identity.keyset.digest,
      sessionId: leg.sessionId,
      n: opener.meta.n,
      receivedHash: sha256(request.content),
      salt,
      requestHash: sha256(salt, request.content),
      logIndex: identity.logIndex
    }
    return signReceipt(fields, identity.receiptKey)
  }

  /** The answer cannot be finished. Its reader must not take what it got for the whole. */
  #breakOff(error: unknown): void {
    if (this.#ended) return
    const { sessionId } = this.#accepted.leg
    this.#context.logger.warn('an answer broke off', { sessionId: Buffer.from(sessionId).toString('hex') }, error)
    this.#stop('TRUNCATED', 'failed')
  }

  #stop(code: SessionCode, finish: UsageFinish): void {
    if (this.#ended) return
    this.#accepted.stream.reset(code)
    this.#end(finish)
  }

  #end(finish: UsageFinish): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#deadline)
    clearTimeout(this.#inputSilence)
    // Nothing is left to hang up on after a complete answer, and an abort is not free.
    if (finish !== 'complete') this.#abort.abort()
    this.#input = []
    const { allowance, leg, via } = this.#accepted
    const stored = allowance?.settle(priceOf(this.#tally.counts, leg.prices))
    const owner = stored && { account: allowance?.account ?? '', stored }
    this.#context.ledger.record(this.#usageSigner(finish), via, owner)
    this.#accepted.opener[Symbol.dispose]()
    this.#accepted.released()
  }

  /** Holds the figures alone: a statement may have to wait longer than the request's keys. */
  #usageSigner(finish: UsageFinish): SignStatement {
    const { leg, opener } = this.#accepted
    const { counts, receipt } = this.#tally
    const fields = {
      counts,
      durationMs: Math.round(this.#context.monotonic() - this.#startedAt),
      finish,
      keyId: RECEIPT_KEY_ID,
      n: opener.meta.n,
      price: priceOf(counts, leg.prices),
      receiptHash: finish === 'cancelled' || receipt === null ? null : sha256(receipt),
      sessionId: leg.sessionId,
      tenant: leg.tenant
    }
    return (seq, { keyset, receiptKey }) => {
      const { epoch, digest: keysetDigest, model } = keyset
      return signUsage({ ...fields, seq, epoch, model: model.id, keysetDigest }, receiptKey)
    }
  }
}

const UNREADABLE: ForwardPlan = {
  kind: 'own',
  answer: badRequest('the sealed request is not Binary HTTP of known length'),
  inference: false
}

function readRequest(input: Uint8Array): BhttpRequest | undefined {
  try {
    return parseBhttpRequest(input)
  } catch (error) {
    if (error instanceof AttestationError) return undefined
    throw error
  }
}

function modelList({ keyset }: HostIdentity): Uint8Array {
  const created = keyset.notAfter - 24 * 3600
  const model = { id: keyset.model.id, object: 'model', created, owned_by: keyset.model.engine, root: keyset.model.id }
  return encodeUtf8(JSON.stringify({ object: 'list', data: [model] }))
}
