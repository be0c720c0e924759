import type { BhttpResponseHead, HttpField } from '../../../attestation/session/bhttp.ts'
import { ClientError } from '../errors.ts'
import type { ClientEvent, ClientEventListener } from '../events.ts'
import type { RequestOutline } from '../openai/request.ts'
import type { Payments } from '../payment/payments.ts'
import type { Relays } from '../relays/relays.ts'
import type { Leg } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { AnswerReader } from './answer.ts'
import { RequestRun } from './request-run.ts'

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
  /** nanoTON that the host held it to; 0: none. */
  readonly maxPrice: bigint
  readonly head: BhttpResponseHead
  readonly reader: AnswerReader
  readonly startedAt: number
}

/** A request that found no room so often, after it was told that there was some, waits for another to end each time. */
const UNPAID_TRIES = 3

/**
 * Seals a request and gets it answered: by one leg after the other as `planNext` says, once with a new session.
 * Throws ClientError, or the signal's reason.
 */
export async function exchange(outgoing: Outgoing, signal: AbortSignal, context: ExchangeContext): Promise<OpenAnswer> {
  const deadline = context.clock() + context.requestSeconds
  const payments = await context.payments?.()
  let requestId: string | null = null
  let reattested = false
  let unpaid = 0
  let payable: readonly Leg[] = []
  try {
    for (;;) {
      const session = await context.sessions.get(outgoing.outline.model, signal)
      const run = new RequestRun(session, { outgoing, deadline, reattested, signal, context, payments, payable })
      requestId = run.requestId
      const answer = await run.answer().catch(async (error: unknown) => {
        if (payments === undefined || !isUnpaid(error)) throw error
        const { maxPrice } = run
        const ask = { maxPrice, isPatient: ++unpaid > UNPAID_TRIES, until: within(signal, deadline, context) }
        payable = await payments.settle(session.standing(context.clock()), ask)
        if (payable.length === 0) throw error
        return 'payable' as const
      })
      if (typeof answer === 'object') return answer
      if (answer === 'payable') continue
      reattested = true
      context.sessions.retire(session)
    }
  } catch (thrown) {
    const error: unknown = signal.aborted ? signal.reason : thrown
    context.onEvent(requestFailed(requestId, error))
    throw error
  }
}

function within(signal: AbortSignal, deadline: number, { clock }: ExchangeContext): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, deadline - clock()) * 1000)])
}

function isUnpaid(error: unknown): boolean {
  return error instanceof ClientError && error.code === 'UNPAID'
}

/** How a request's end without an answer is told. */
export function requestFailed(requestId: string | null, error: unknown): ClientEvent {
  const [code, message] = error instanceof ClientError ? [error.code, error.message] : ['CANCELLED', String(error)]
  return { kind: 'request-failed', requestId, code, message }
}
