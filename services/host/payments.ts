import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import type { ExposureLimits, ExposurePlan } from '../../attestation/receipt/exposure.ts'
import { signPaymentTerms } from '../../attestation/receipt/payment-terms.ts'
import type { PayerIdentity } from '../../attestation/session/leg.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Logger } from '../runtime/log.ts'
import { type HostIdentity, RECEIPT_KEY_ID } from './identity.ts'
import { accountName, type EscrowSight, PayerAccount, withDelivered } from './payer-account.ts'
import type { PayerMemory } from './payer-memory.ts'
import { PayerTable, type PresentPayer } from './payer-table.ts'

/** What the provider wants of whoever pays. */
export interface PaymentPolicy {
  /** Accounts of the basechain, 32 bytes. */
  readonly payee: Uint8Array
  readonly market: Uint8Array
  /** Of 10,000, at most. */
  readonly feeShare: number
  /** Seconds, at least. */
  readonly minDelay: number
  /** TON's global id. */
  readonly network: number
  readonly limits: ExposureLimits
}

export interface PaymentsContext {
  /** Whether sessions without a payer are refused; otherwise they are served for nothing. */
  readonly required: boolean
  readonly policy: PaymentPolicy
  /** Looks an escrow up on the chain and checks its code and terms; UNPAID where it will not do. Closed is for ever. */
  readonly look: (escrow: Uint8Array) => Promise<EscrowSight | 'closed'>
  readonly memory: PayerMemory
  /** nanoTON of an account's statements that earlier starts of this host left and of which the market has said nothing yet. */
  readonly leftOf: (name: string) => bigint
  /** Unix seconds. */
  readonly clock: () => number
  readonly logger: Logger
}

/** What a request may come to, and where its price goes. */
export interface Allowance {
  /** Of the payer, as the memory names it; empty where nobody pays. */
  readonly account: string
  readonly upTo: bigint
  /** When the answer has ended. What comes back is to be called when a relay has stored the statement. */
  readonly settle: (price: bigint) => () => void
}

export interface PaymentStanding {
  readonly terms: Uint8Array
  readonly delivered: bigint
  readonly vouchered: bigint
  /** Why the next request would be refused. */
  readonly reason?: string
  readonly cumulative?: bigint
}

export interface PaymentAsk {
  /** Account, 32 bytes. */
  readonly escrow: Uint8Array
  readonly voucher?: Uint8Array | undefined
  /** nanoTON of the request that is meant; 0: any. */
  readonly maxPrice: bigint
}

const FREE: Allowance = { account: '', upTo: 2n ** 53n - 1n, settle: () => () => {} }

/** The payers of this host: whom it serves, how far, and what it asks for. */
export class Payments {
  readonly #context: PaymentsContext
  readonly #payers: PayerTable
  #remembered: Iterator<string> | undefined
  #isMakingRoom = false

  constructor(context: PaymentsContext) {
    this.#context = context
    this.#payers = new PayerTable(context.clock)
  }

  /** Account, 32 bytes: this host's alone. */
  get payee(): Uint8Array {
    return this.#context.policy.payee
  }

  /**
   * Whether a session for this payer is worth opening. `known` are the best vouchers of its escrow, by the market; without the
   * market's word a payer that this host does not remember begins nothing.
   */
  async welcome(payer: PayerIdentity | undefined, known: readonly Uint8Array[] | undefined): Promise<boolean> {
    const { clock, logger, required } = this.#context
    if (payer === undefined) return !required
    const escrow = basechainAccount(payer)
    if (escrow === undefined) return false
    const planOf = (account: PayerAccount): ExposurePlan => {
      return account.standing({ voucherKey: payer.voucherKey, maxPrice: 0n, now: clock() }).plan
    }
    try {
      const begin = { escrow, known, isWelcome: (account: PayerAccount) => !isHopeless(planOf(account)) }
      const plan = planOf((await this.#refreshed(escrow, payer.voucherKey)) ?? (await this.#begin(begin)))
      if (!isHopeless(plan)) return true
      logger.warn('a payer was refused', { name: encodeHex(escrow), reason: plan.reason })
      return false
    } catch (error) {
      logger.warn('an escrow does not do', { name: encodeHex(escrow) }, error)
      return false
    }
  }

  /** Whether a request is answered; NO_CAPACITY where what it may come to cannot be written down. */
  admit(payer: PayerIdentity | undefined, maxPrice: bigint): Allowance | 'UNPAID' | 'NO_CAPACITY' {
    const { clock, logger, required } = this.#context
    if (payer === undefined) return required ? 'UNPAID' : FREE
    const escrow = basechainAccount(payer)
    if (escrow === undefined) return 'UNPAID'
    const name = accountName(escrow)
    const account = this.#payers.use(name)
    if (account === undefined) return 'UNPAID'
    const plan = account.admit({ voucherKey: payer.voucherKey, maxPrice, now: clock() })
    if (plan.kind === 'serve') {
      return { account: name, upTo: plan.upTo, settle: (price) => account.settle(plan.upTo, price) }
    }
    if (plan.kind === 'unkept') {
      void this.#makeRoom()
      return 'NO_CAPACITY'
    }
    logger.info('a request waits for a voucher', { reason: plan.reason })
    return 'UNPAID'
  }

  /** Takes a voucher, where there is one, and says how its payer stands. UNPAID for a stranger's; refuses as `verifyVoucher` does. */
  async give({ escrow, voucher, maxPrice }: PaymentAsk, identity: HostIdentity): Promise<PaymentStanding> {
    const { clock, memory } = this.#context
    const isRemembered = memory.read(accountName(escrow)) !== undefined
    const begin = { escrow, known: undefined, isWelcome: () => true }
    const account = (await this.#refreshed(escrow)) ?? (isRemembered ? await this.#begin(begin) : undefined)
    if (account === undefined && voucher !== undefined) {
      throw new ServiceError('UNPAID', 'no session here is paid from this escrow')
    }
    const terms = this.#signTerms(identity)
    // Whoever wants to reserve must learn for whom.
    if (account === undefined) return { terms, delivered: 0n, vouchered: 0n, reason: 'unknown' }
    if (voucher !== undefined) await this.#take(voucher, account, accountName(escrow))
    const { delivered, vouchered, plan } = account.standing({
      voucherKey: account.sight.voucherKeys[0],
      maxPrice,
      now: clock()
    })
    return {
      terms,
      delivered,
      vouchered,
      ...(plan.kind === 'unpaid' && { reason: plan.reason }),
      ...(plan.kind === 'unpaid' && plan.cumulative !== undefined && { cumulative: plan.cumulative })
    }
  }

  /** The market has its word on a statement that an earlier start left. */
  settleLeft(name: string, price: bigint, isStored: boolean): void {
    const present = this.#payers.get(name)
    const record = this.#context.memory.read(name)
    if (present !== undefined) present.account.settleLeft(price, isStored)
    else if (record !== undefined && isStored) this.#context.memory.keep(name, withDelivered(record, price))
  }

  #signTerms({ keyset, receiptKey }: HostIdentity): Uint8Array {
    const { limits, ...policy } = this.#context.policy
    const stamp = { credit: Number(limits.credit), keyId: RECEIPT_KEY_ID, keysetDigest: keyset.digest }
    return signPaymentTerms({ ...policy, ...stamp }, receiptKey)
  }

  /** Looks again at what was seen a while ago, and leaves who is gone; to be called every few seconds. */
  keepHouse(): void {
    const { memory, logger } = this.#context
    memory.flush().catch((error: unknown) => logger.error('what payers owe is not on disk', {}, error))
    for (const [name, { account }] of this.#payers.gone()) this.#leave(name, account.isSquare)
    for (const [name, payer] of this.#payers.due()) {
      payer.looking = true
      void this.#lookAgain(name, payer)
    }
  }

  #leave(name: string, forgets: boolean): void {
    this.#payers.delete(name)
    if (forgets) this.#context.memory.forget(name)
  }

  /** Nothing can be kept any more: looks at one payer that is not here, whether it can be forgotten. */
  async #makeRoom(): Promise<void> {
    if (this.#isMakingRoom) return
    this.#isMakingRoom = true
    try {
      this.#remembered ??= this.#context.memory.names()
      const { value: name, done } = this.#remembered.next()
      if (done === true) this.#remembered = undefined
      else if (!this.#payers.has(name)) {
        const account = await this.#read(name, [])
        const isOver = account === undefined || account.isNearlySquare
        // It may have come meanwhile.
        if (isOver && !this.#payers.has(name)) this.#leave(name, true)
      }
    } catch (error) {
      this.#context.logger.warn('an escrow could not be seen again', {}, error)
    } finally {
      this.#isMakingRoom = false
    }
  }

  /** A reservation that was raised a moment ago, or a key that was changed, is a reason to look at once. */
  async #refreshed(escrow: Uint8Array, voucherKey?: Uint8Array): Promise<PayerAccount | undefined> {
    const name = accountName(escrow)
    const account = this.#payers.use(name)
    if (account === undefined) return undefined
    const ask = { voucherKey: voucherKey ?? account.sight.voucherKeys[0], maxPrice: 0n, now: this.#context.clock() }
    const { plan } = account.standing(ask)
    if (plan.kind === 'unpaid' && plan.reason !== 'credit') await this.#lookIfDue(name)
    return account
  }

  /** Takes a voucher on; one by a key that is not known may be by one that the escrow has since a moment. */
  async #take(voucher: Uint8Array, account: PayerAccount, name: string): Promise<void> {
    try {
      account.take(voucher)
    } catch (error) {
      if (!(error instanceof AttestationError) || error.code !== 'VOUCHER_REFUSED') throw error
      await this.#lookIfDue(name)
      account.take(voucher)
    }
  }

  async #lookIfDue(name: string): Promise<void> {
    const payer = this.#payers.get(name)
    if (payer !== undefined && this.#payers.mayLook(name)) await this.#lookAgain(name, payer)
  }

  /** The account of a payer that is not here; one that is not welcome takes no place, because it costs nothing to be one. */
  async #begin({ escrow, known, isWelcome }: Beginning): Promise<PayerAccount> {
    const name = accountName(escrow)
    if (known === undefined && this.#context.memory.read(name) === undefined) {
      throw new ServiceError('UNAVAILABLE', 'the market does not say what it was paid before')
    }
    const account = await this.#read(name, known ?? [])
    const begun = this.#payers.get(name)
    if (begun !== undefined) return begun.account
    if (account === undefined) throw new ServiceError('UNPAID', 'the escrow is closed')
    if (!isWelcome(account)) return account
    if (this.#payers.isFull) this.#leaveOldest()
    this.#payers.add(name, account)
    return account
  }

  /** Whoever asked for nothing for longest begins again when it comes back. */
  #leaveOldest(): void {
    const oldest = this.#payers.oldest()
    if (oldest === undefined) throw new ServiceError('NO_CAPACITY', 'no room for another payer')
    this.#leave(oldest[0], oldest[1].account.isSquare)
  }

  /** The account as chain, memory and market have it; undefined: the escrow is closed. */
  async #read(name: string, known: readonly Uint8Array[]): Promise<PayerAccount | undefined> {
    const { policy, look, memory, leftOf } = this.#context
    const escrow = Buffer.from(name, 'hex')
    const sight = await look(escrow)
    if (sight === 'closed') return undefined
    return new PayerAccount({ escrow, payee: policy.payee }, policy.limits, {
      ...{ sight, known, kept: memory.read(name), left: leftOf(name) },
      keep: (record) => memory.keep(name, record)
    })
  }

  async #lookAgain(name: string, payer: PresentPayer): Promise<void> {
    payer.lookedAt = this.#context.clock()
    try {
      const sight = await this.#context.look(Buffer.from(name, 'hex'))
      if (sight !== 'closed') payer.account.see(sight)
      else if (payer.account.isIdle) this.#leave(name, true)
    } catch (error) {
      this.#context.logger.warn('an escrow could not be seen again', { name }, error)
    } finally {
      payer.looking = false
    }
  }
}

/** The escrow's account; undefined elsewhere than in the basechain, where no escrow is. */
function basechainAccount({ escrow }: PayerIdentity): Uint8Array | undefined {
  return escrow[0] === 0 ? escrow.subarray(1) : undefined
}

interface Beginning {
  /** Account, 32 bytes. */
  readonly escrow: Uint8Array
  readonly known: readonly Uint8Array[] | undefined
  readonly isWelcome: (account: PayerAccount) => boolean
}

/** Neither credit nor any voucher would do. */
function isHopeless(plan: ExposurePlan): plan is Extract<ExposurePlan, { readonly kind: 'unpaid' }> {
  return plan.kind === 'unpaid' && plan.cumulative === undefined
}
