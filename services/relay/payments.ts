import type { VoucherMessage__Output } from '../../proto/gen/bombyx/v1/VoucherMessage.ts'
import { codeOf, kindOf, ServiceError } from '../runtime/errors.ts'
import type { LinkTimers } from '../runtime/link/timers.ts'
import type { Logger } from '../runtime/log.ts'
import type { PaymentMessage, PaymentReply, PaymentWish } from './host-sessions.ts'
import type { HostTable } from './host-table.ts'

/** A voucher as the market gets it, passed on as it came. */
export type VoucherForMarket = VoucherMessage__Output

/** What a client wants carried to a host. */
export interface VoucherGift {
  /** Hex of the host's keyset digest. */
  readonly digest: string
  readonly wish: PaymentWish
  /** Null: only a question. */
  readonly message: VoucherForMarket | null
}

export interface PaymentsContext {
  readonly table: HostTable
  readonly timers: LinkTimers
  readonly logger: Logger
  readonly store: (message: VoucherForMarket) => Promise<void>
}

/** Nothing is known of how the payer stands with the host. */
const LOST_AND_STORED: PaymentMessage = {
  ...{ terms: Buffer.alloc(0), delivered: '0', vouchered: '0', reason: 'HOST_LOST', stored: true }
}
/** What the market did with a voucher; `failed`: nobody knows, and it may do so with the same one again. */
type MarketWord = 'stored' | 'refused' | 'failed' | 'away'

const ANSWER_LIMIT_MS = 10_000
/** A market that has not answered so long after the host is offered the voucher again. */
const MARKET_PATIENCE_MS = 500
const STORE_AGAIN_MS = 5_000
/** So many wait for a market that is out of reach: some 60 MB, when each covers as much as it may. */
const MOST_WAITING = 2_048

/** Carries vouchers to hosts, who serve on them, and to the market, which keeps and claims them. */
export class VoucherCarrier implements Disposable {
  readonly #context: PaymentsContext
  readonly #waiting = new Map<string, VoucherForMarket>()
  readonly #cancel: () => void
  #storing = false

  constructor(context: PaymentsContext) {
    this.#context = context
    this.#cancel = context.timers.every(STORE_AGAIN_MS, () => void this.#storeAgain())
  }

  [Symbol.dispose](): void {
    this.#cancel()
  }

  /**
   * What the host says, and whether the market has the voucher, which is not waited for much longer. One that the market was too far
   * away for is offered to it again, if the host, who knows whose signature counts, took it. Where the host is lost, the market alone
   * is good enough: it claims for the host.
   */
  async give({ digest, wish, message }: VoucherGift): Promise<PaymentMessage> {
    const storing = message === null ? Promise.resolve('stored' as const) : this.#store(message)
    const reply = await this.#ask(digest, wish)
    const word = await this.#patiently(storing)
    const stored = word === 'stored' || word === 'refused'
    if (reply === 'HOST_LOST' && message !== null && stored) return LOST_AND_STORED
    if (typeof reply === 'string') throw new ServiceError(reply, 'the host refused the voucher or the payer')
    if (message !== null && !stored) void storing.then((late) => late === 'away' && this.#keep(message))
    return { ...reply, stored }
  }

  #keep(message: VoucherForMarket): void {
    if (this.#waiting.size < MOST_WAITING) this.#waiting.set(nameOf(message), message)
  }

  #patiently(storing: Promise<MarketWord>): Promise<MarketWord> {
    const { promise, resolve } = Promise.withResolvers<MarketWord>()
    const cancel = this.#context.timers.after(MARKET_PATIENCE_MS, () => resolve('away'))
    return Promise.race([storing, promise]).finally(cancel)
  }

  #ask(digest: string, wish: PaymentWish): Promise<PaymentReply> {
    const { table, timers } = this.#context
    const sessions = table.find(digest)?.sessions
    if (sessions === undefined) return Promise.resolve('HOST_LOST')
    const { promise, resolve } = Promise.withResolvers<PaymentReply>()
    const forget = sessions.pay(wish, resolve)
    const cancel = timers.after(ANSWER_LIMIT_MS, () => {
      forget()
      resolve('HOST_LOST')
    })
    return promise.finally(cancel)
  }

  async #store(message: VoucherForMarket): Promise<MarketWord> {
    try {
      await this.#context.store(message)
      return 'stored'
    } catch (error) {
      const code = codeOf(error) ?? 'INTERNAL'
      this.#context.logger.warn('the market did not take a voucher', { code }, error)
      if (code === 'INTERNAL') return 'failed'
      return kindOf(code) === 'unavailable' ? 'away' : 'refused'
    }
  }

  async #storeAgain(): Promise<void> {
    if (this.#storing) return
    this.#storing = true
    for (const [name, message] of [...this.#waiting]) {
      const word = await this.#store(message)
      this.#waiting.delete(name)
      if (word !== 'away') continue
      // Behind the others: whatever the market fails on holds up none of them.
      this.#waiting.set(name, message)
      break
    }
    this.#storing = false
  }
}

/** Each is kept, because each names what it covers. */
function nameOf({ voucher }: VoucherForMarket): string {
  return voucher.toString('base64')
}
