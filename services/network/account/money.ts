import { setTimeout as delay } from 'node:timers/promises'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { readEscrow } from '../../../contracts/escrow/consumer.ts'
import { feesOf, type OpenEscrow } from '../../../contracts/escrow/state.ts'
import { addressOf, escrowAddress } from '../../../contracts/escrow/terms.ts'
import type { LocalPayment } from '../local/payment.ts'
import type { NetworkEvent } from '../start.ts'

/** One answer that was paid for; money is nanoTON. */
export interface PaidAnswer {
  /** Hex. */
  readonly receiptId: string
  /** Of the keyset that answered, hex. */
  readonly host: string
  /** Account that it was paid to, hex; undefined: no voucher was given. */
  readonly payee: string | undefined
  readonly tokens: number
  readonly price: bigint
}

/** What became of the money, once the claim is on chain. */
export interface MoneyEvent {
  readonly kind: 'money-settled'
  /** Raw address. */
  readonly escrow: string
  readonly deposit: bigint
  readonly reserved: bigint
  readonly answers: readonly PaidAnswer[]
  /** By the account of each payee that was paid, hex; `balance` is its wallet's, with what claims left of the market's gas money. */
  readonly payees: readonly {
    readonly account: string
    readonly vouchered: bigint
    readonly paid: bigint
    readonly balance: bigint
  }[]
  /** Of the market's, on top. */
  readonly fee: bigint
  readonly feeShare: number
}

/** Claims come a block or two after a voucher here. */
const SETTLED_LIMIT_MS = 8_000
const POLL_MS = 50

type PayeeMoney = MoneyEvent['payees'][number]

/** The payment is on its way for a block when the escrow shows it. */
async function withBalance(chain: Chain, payee: Omit<PayeeMoney, 'balance'>): Promise<PayeeMoney> {
  for (let tries = 0; ; tries++) {
    const { balance } = await chain.account(addressOf(Buffer.from(payee.account, 'hex')))
    if (balance >= payee.paid || tries >= MOST_LOOKS) return { ...payee, balance }
    await delay(POLL_MS)
  }
}

const MOST_LOOKS = 20

/** Collects what is told of answers and vouchers, and looks at the chain at the end. */
export class MoneyAccount {
  readonly #receipts = new Map<string, Pick<PaidAnswer, 'receiptId' | 'host'>>()
  readonly #answers: Omit<PaidAnswer, 'payee'>[] = []
  readonly #vouchered = new Map<string, bigint>()
  /** By host. */
  readonly #payeeOf = new Map<string, string>()
  #decided = 0

  onEvent(event: NetworkEvent): void {
    if (event.kind === 'receipt-verified') this.#receipts.set(event.requestId, event)
    if (event.kind === 'usage-verified') this.#take(event)
    if (event.kind === 'voucher-refused' || event.kind === 'voucher-given') this.#decided += 1
    if (event.kind !== 'voucher-given') return
    this.#vouchered.set(event.payee, event.cumulative)
    this.#payeeOf.set(event.host, event.payee)
  }

  /** Undefined where nobody paid, or where the chain did not show it in time. */
  async settled({ terms, deposit, reserved }: LocalPayment, endpoint: string): Promise<MoneyEvent | undefined> {
    const limit = AbortSignal.timeout(SETTLED_LIMIT_MS)
    // Each answer ends with a voucher, given or refused.
    while (this.#decided < Math.max(1, this.#answers.length) && !limit.aborted) await delay(POLL_MS)
    if (this.#vouchered.size === 0) return undefined
    const address = escrowAddress(terms)
    const chain = openChain({ network: 'local', endpoint })
    while (!limit.aborted) {
      const state = await readEscrow(chain, address)
      const owed = state?.kind === 'open' ? this.#payees(state) : []
      if (state?.kind === 'open' && owed.every(({ paid, vouchered }) => paid >= vouchered)) {
        const { accrued: fee } = feesOf(state)
        const payees = await Promise.all(owed.map((payee) => withBalance(chain, payee)))
        const money = { deposit, reserved, payees, fee, feeShare: terms.feeShare, answers: this.#paid() }
        return { kind: 'money-settled', escrow: address.toRawString(), ...money }
      }
      await delay(POLL_MS)
    }
    return undefined
  }

  #take({ requestId, tokens, price }: Extract<NetworkEvent, { kind: 'usage-verified' }>): void {
    const receipt = this.#receipts.get(requestId)
    if (receipt === undefined) return
    const { receiptId, host } = receipt
    const all = tokens.prompt + tokens.cached + tokens.completion + tokens.reasoning
    this.#answers.push({ receiptId, host, tokens: all, price })
  }

  #paid(): readonly PaidAnswer[] {
    return this.#answers.map((answer) => ({ ...answer, payee: this.#payeeOf.get(answer.host) }))
  }

  /** Those with a voucher of this run, and those that earlier runs paid: the fee and what was paid are sums over all. */
  #payees({ payees }: OpenEscrow): readonly Omit<PayeeMoney, 'balance'>[] {
    const before = [...payees].filter(([, { paid }]) => paid > 0n).map(([account]) => account)
    return [...new Set([...this.#vouchered.keys(), ...before])].map((account) => {
      const paid = payees.get(account)?.paid ?? 0n
      return { account, vouchered: this.#vouchered.get(account) ?? paid, paid }
    })
  }
}
