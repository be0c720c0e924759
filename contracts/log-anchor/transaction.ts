import type { Address, Transaction } from '@ton/core'
import { ContractError } from '../errors.ts'
import { type AnchorOrder, parseBody, type RetireOrder } from './messages.ts'

/** What one transaction of an anchor's account did. */
export type AnchorEvent =
  | { readonly kind: 'anchored'; readonly order: AnchorOrder }
  | { readonly kind: 'retired'; readonly order: RetireOrder }
  /** Accepted and paid for, with a proof that did not hold: the seqno moved, the head did not. */
  | { readonly kind: 'refused'; readonly order: AnchorOrder | RetireOrder; readonly exitCode: number }
  /** nanoTON. */
  | { readonly kind: 'topped-up'; readonly from: Address; readonly value: bigint }

/**
 * Reads a transaction of a log anchor. The compute phase of a refused anchor counts as a success, because the contract commits its
 * seqno before it checks the proof: the exit code alone tells. Throws `ANCHOR_MESSAGE_MALFORMED` for what an anchor never does.
 */
export function parseAnchorTransaction(transaction: Transaction): AnchorEvent {
  const { inMessage, description } = transaction
  if (!inMessage || description.type !== 'generic') throw malformed('a transaction without a message')
  const { info } = inMessage
  if (info.type === 'internal') return { kind: 'topped-up', from: info.src, value: info.value.coins }
  if (info.type !== 'external-in') throw malformed('a transaction of an outgoing message')
  const { computePhase } = description
  if (computePhase.type !== 'vm') throw malformed('an order that was not run')
  const { order } = parseBody(inMessage.body)
  const { exitCode } = computePhase
  if (exitCode !== 0) return { kind: 'refused', order, exitCode }
  return order.kind === 'anchor' ? { kind: 'anchored', order } : { kind: 'retired', order }
}

function malformed(message: string): ContractError {
  return new ContractError('ANCHOR_MESSAGE_MALFORMED', message)
}
