import type { Address, Message, Transaction } from '@ton/core'
import { ContractError } from '../errors.ts'
import { ESCROW_OPS, type EscrowPayment, parsePayment } from './messages.ts'

/** One reason why a wallet's balance changed; nanoTON, below 0 where it went. */
export interface Posting {
  readonly kind: PostingKind
  readonly amount: bigint
  /** Who sent it or got it; absent for fees. */
  readonly party?: Address
}

export type PostingKind =
  /** An escrow paid what a voucher earned. */
  | 'earned'
  /** Beside it in the same message: what its claim carried for gas, and did not use. */
  | 'gas-left'
  /** The market's fee, collected; what a closed escrow returned to its consumer. */
  | 'market-fee'
  | 'escrow-rest'
  /** Words of an escrow's payment, from an account that is none; or that nobody can show to be one. */
  | 'look-alike'
  | 'unproven'
  /** A message of the wallet's own that its destination refused. */
  | 'returned'
  | 'received'
  /** What the wallet refused. */
  | 'sent-back'
  /** With a claim for an escrow; anything else. */
  | 'claim-sent'
  | 'sent'
  /** Gas, rent, and the ways of messages. */
  | 'fees'

/** What an account that says it pays is found to be. */
export type Recognised = 'escrow' | 'other' | 'unknown'

/** The account whose message reads as an escrow's payment; undefined: it does not. */
export function payingParty({ inMessage }: Transaction): Address | undefined {
  if (inMessage?.info.type !== 'internal' || inMessage.info.bounced) return undefined
  return paymentOf(inMessage) && inMessage.info.src
}

/** Why a transaction changed the balance of its account, to the nanoTON. */
export function explainTransaction(
  transaction: Transaction,
  recognised: (party: Address) => Recognised
): readonly Posting[] {
  const { inMessage, outMessages, totalFees } = transaction
  const came = inMessage == null ? [] : explainIncome(inMessage, recognised)
  const out = outMessages.values()
  const ways = out.reduce((sum, { info }) => sum + (info.type === 'internal' ? info.forwardFee : 0n), 0n)
  const fees: Posting = { kind: 'fees', amount: -(totalFees.coins + ways) }
  return [...came, ...out.flatMap(explainSent), fees].filter(({ amount }) => amount !== 0n)
}

function explainIncome(message: Message, recognised: (party: Address) => Recognised): readonly Posting[] {
  const { info } = message
  if (info.type !== 'internal') return []
  const [value, party] = [info.value.coins, info.src]
  if (info.bounced) return [{ kind: 'returned', amount: value, party }]
  const payment = paymentOf(message)
  if (payment === undefined) return [{ kind: 'received', amount: value, party }]
  const found = recognised(party)
  if (found !== 'escrow') return [{ kind: found === 'other' ? 'look-alike' : 'unproven', amount: value, party }]
  if (payment.kind === 'rest') return [{ kind: 'escrow-rest', amount: value, party }]
  const kind = payment.kind === 'fee' ? 'market-fee' : 'earned'
  return [
    { kind, amount: payment.amount, party },
    { kind: 'gas-left', amount: value - payment.amount, party }
  ]
}

function explainSent({ info, body }: Message): readonly Posting[] {
  if (info.type !== 'internal') return []
  const slice = body.beginParse()
  const isClaim = slice.remainingBits >= 32 && slice.preloadUint(32) === ESCROW_OPS.claim
  const kind = info.bounced ? 'sent-back' : isClaim ? 'claim-sent' : 'sent'
  return [{ kind, amount: -info.value.coins, party: info.dest }]
}

function paymentOf({ body }: Message): EscrowPayment | undefined {
  try {
    return parsePayment(body)
  } catch (error) {
    if (error instanceof ContractError) return undefined
    throw error
  }
}
