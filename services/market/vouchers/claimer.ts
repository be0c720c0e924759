import { Cell, internal, loadMessage } from '@ton/core'
import { equalBytes } from '../../../attestation/crypto.ts'
import { decodeHex, encodeHex } from '../../../attestation/encoding.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { ATTACHED } from '../../../contracts/escrow/escrow.ts'
import { encodeClaim, encodeCollectFee } from '../../../contracts/escrow/messages.ts'
import { accountOf, addressOf } from '../../../contracts/escrow/terms.ts'
import type { SigningKey } from '../../../contracts/key-file.ts'
import { normalizedMessageHash } from '../../../contracts/message.ts'
import { readSeqno, walletOf } from '../../../contracts/send.ts'
import type { Wallet } from '../../../contracts/wallet.ts'
import type { Bell } from '../../runtime/bell.ts'
import type { Database } from '../../runtime/database.ts'
import { codeOf } from '../../runtime/errors.ts'
import { holdLease, type Lease } from '../../runtime/lease.ts'
import type { Logger } from '../../runtime/log.ts'
import { PAID_WITHIN, planClaim, type SignedClaim, VALID_FOR } from './claim-plan.ts'
import type { EscrowFacts } from './escrows.ts'
import type { VoucherStore } from './store.ts'

export interface ClaimerContext {
  readonly database: Database
  readonly store: VoucherStore
  readonly chain: Chain
  /** Of the wallet that pays for gas. */
  readonly key: SigningKey
  /** Looks an escrow up on chain and writes down what is seen. */
  readonly see: (escrow: Uint8Array) => Promise<EscrowFacts>
  /** nanoTON: less is not worth the gas. */
  readonly threshold: bigint
  /** Of the fee that an escrow owes this wallet, where it names it as its market. */
  readonly feeThreshold: bigint
  readonly pollMs: number
  readonly bell: Bell
  readonly now: () => Date
  readonly logger: Logger
}

/** `refused`: by the hex of an escrow that did not take a claim, or was not there, when that was seen; milliseconds. */
type Claiming = ClaimerContext & { readonly refused: Map<string, number> }

/** Escrows are looked at again after so long, so that a consumer who closes is seen well within the delay. */
const LOOK_AGAIN_MS = 5 * 60_000
/** nanoTON: what a voucher that will be worth nothing some day must pay, a few times the gas of its claim. */
const ENDING = 5_000_000n
/** Nothing is signed that an escrow might refuse by the time that it comes. */
const ON_ITS_WAY_MS = (VALID_FOR + PAID_WITHIN) * 1000
/** An escrow that refused a claim lets others go first for so long: who makes his refuse holds up no other for more than a minute. */
const SET_ASIDE_MS = 10 * 60_000
/** Escrows whose refusals are remembered: the oldest are forgotten. */
const MOST_REFUSED = 10_000

/** What the next message is to bring about. */
type Due = Pick<SignedClaim, 'kind' | 'escrow' | 'payee' | 'cumulative'> & {
  readonly body: Cell
  /** nanoTON. */
  readonly value: bigint
}

/**
 * Claims what is worth it, and collects the market's own fee after that, one message at a time and from one replica. The queue is one
 * row: a message is stored before it is sent, so a crash anywhere sends the same bytes again. A chain that is halted or out of reach is
 * waited for.
 */
export function startClaimer(context: ClaimerContext): AsyncDisposable {
  const { database, chain, key, logger, bell, pollMs } = context
  const claiming: Claiming = { ...context, refused: new Map() }
  const wallet = walletOf(chain, key)
  const name = wallet.address.toRawString()
  return holdLease({ database, name: `claimer ${name}`, logger }, async (lease, signal) => {
    while (!signal.aborted) {
      try {
        await takeStep(claiming, lease, wallet)
      } catch (error) {
        if (codeOf(error) === 'LEASE_LOST') throw error
        const fields = error instanceof ContractError ? { code: error.code, reason: error.message } : {}
        logger.warn('no step towards a claim', fields, error)
      }
      await bell.wait(pollMs, signal)
    }
  })
}

async function takeStep(context: Claiming, lease: Lease, wallet: Wallet): Promise<void> {
  const { store, now } = context
  const name = wallet.address.toRawString()
  const open = await store.readOpenClaim(name)
  if (open !== undefined) return followUp(context, lease, { wallet, open })
  const before = new Date(now().getTime() - LOOK_AGAIN_MS)
  for (const escrow of await store.unseen(before, setAside(context))) await seeOrSetAside(context, escrow)
  const due = (await findVoucher(context)) ?? (await findFee(context, wallet))
  if (due !== undefined) await sign(context, lease, { wallet, due })
}

/** Undefined where no escrow is any more, as after a chain was set back: the others are claimed all the same. */
async function seeOrSetAside(context: Claiming, escrow: Uint8Array): Promise<EscrowFacts | undefined> {
  try {
    return await context.see(escrow)
  } catch (error) {
    if (codeOf(error) !== 'UNPAID') throw error
    context.logger.warn('an escrow is set aside', { name: encodeHex(escrow) }, error)
    remember(context, escrow)
    return undefined
  }
}

function remember({ refused, now }: Claiming, escrow: Uint8Array): void {
  refused.delete(encodeHex(escrow))
  refused.set(encodeHex(escrow), now().getTime())
  const [oldest] = refused.keys()
  if (refused.size > MOST_REFUSED && oldest !== undefined) refused.delete(oldest)
}

function setAside({ refused, now }: Claiming): readonly Uint8Array[] {
  const since = now().getTime() - SET_ASIDE_MS
  return [...refused].filter(([, at]) => at > since).map(([escrow]) => decodeHex(escrow))
}

/** What is stored may be old: somebody else may have claimed, or a key have ended, and gas would be lost. So each is looked at twice. */
async function findVoucher(context: Claiming): Promise<Due | undefined> {
  const { store, now, threshold, refused } = context
  const enough = { standing: threshold, ending: threshold < ENDING ? threshold : ENDING }
  const which = { enough, paysUntil: new Date(now().getTime() + ON_ITS_WAY_MS), except: setAside(context) }
  const stored = await store.mostDue(which)
  if (stored === undefined) return undefined
  const facts = await seeOrSetAside(context, stored.escrow)
  if (facts === undefined) return undefined
  const due = await store.mostDue(which)
  if (due === undefined || !equalBytes(due.escrow, stored.escrow)) return undefined
  const { escrow, payee, reserved, voucher } = due
  const cumulative = due.cumulative < reserved ? due.cumulative : reserved
  // A claim that was refused may have carried too little: the next one carries what is always enough.
  const usual = facts.claimValue?.(payee) ?? ATTACHED
  const value = refused.has(encodeHex(escrow)) && usual < ATTACHED ? ATTACHED : usual
  return { kind: 'voucher', escrow, payee, cumulative, body: encodeClaim(voucher), value }
}

async function findFee(context: Claiming, { address }: Wallet): Promise<Due | undefined> {
  const { store, feeThreshold } = context
  const market = accountOf(address)
  const stored = await store.mostFeeDue(market, feeThreshold, setAside(context))
  if (stored === undefined) return undefined
  await seeOrSetAside(context, stored.escrow)
  const due = await store.mostFeeDue(market, feeThreshold, setAside(context))
  if (due === undefined || !equalBytes(due.escrow, stored.escrow)) return undefined
  const { escrow, accrued } = due
  return { kind: 'fee', escrow, payee: market, cumulative: accrued, body: encodeCollectFee(), value: ATTACHED }
}

/** What becomes of a message that was signed. */
async function followUp(
  context: Claiming,
  lease: Lease,
  { wallet, open }: { readonly wallet: Wallet; readonly open: SignedClaim }
): Promise<void> {
  const { chain, store, now, logger } = context
  // In this order: wallet and escrow are then not older than the block.
  const block = await chain.latestBlock()
  const seqno = await readSeqno(chain, wallet)
  const paid = paidBy(await seeOrSetAside(context, open.escrow), open)
  const found =
    seqno > open.seqno ? await chain.findTransaction(wallet.address, open.messageHash, open.sinceLt) : undefined
  const step = planClaim({ open, seqno, block, takenAt: found?.now, paid })
  if (step.kind === 'resend') return chain.sendBoc(open.message)
  if (step.kind === 'wait') return
  const transaction = found && { lt: found.lt, hash: new Uint8Array(found.hash()) }
  await store.settleClaim(lease, wallet.address.toRawString(), { state: step.state, transaction }, now())
  if (step.state === 'refused') remember(context, open.escrow)
  const fields = { name: encodeHex(open.payee), size: String(open.cumulative), state: step.state }
  const what = open.kind === 'fee' ? 'the fee of an escrow' : 'a voucher'
  if (step.state === 'paid') logger.info(`claimed ${what}`, fields)
  else logger.error(`a claim of ${what} did not pay`, fields)
}

/** nanoTON, ever; undefined: nothing more, it is closed or not there. */
function paidBy(facts: EscrowFacts | undefined, { kind, payee }: SignedClaim): bigint | undefined {
  if (facts === undefined || facts.isClosed) return undefined
  const { fee, payees } = facts
  return (kind === 'fee' ? fee?.collected : payees.get(encodeHex(payee))?.paid) ?? 0n
}

async function sign(
  { chain, store, now }: ClaimerContext,
  lease: Lease,
  { wallet, due }: { readonly wallet: Wallet; readonly due: Due }
): Promise<void> {
  const { body, value, ...claimed } = due
  const claim = internal({ to: addressOf(due.escrow), value, bounce: true, body })
  const sinceLt = (await chain.account(wallet.address)).lastTransaction?.lt ?? 0n
  const seqno = await readSeqno(chain, wallet)
  const validUntil = (await chain.latestBlock()).genUtime + VALID_FOR
  const message = wallet.transfer({ seqno, validUntil, messages: [claim] })
  const signed = { ...claimed, seqno, validUntil, message, messageHash: hashOf(message), sinceLt }
  await store.insertClaim(lease, wallet.address.toRawString(), signed, now())
  await chain.sendBoc(message)
}

function hashOf(boc: Uint8Array): Uint8Array {
  const [root] = Cell.fromBoc(Buffer.from(boc))
  const hash = root === undefined ? undefined : normalizedMessageHash(loadMessage(root.beginParse()))
  if (hash === undefined) throw new TypeError('not an external message')
  return hash
}
