import { encodeHex } from '../../../attestation/encoding.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import type { Logger } from '../../runtime/log.ts'
import { checkDelivery, type DeliveredStatement, type UsageRefusal } from './delivery.ts'
import type { EpochProgress, MarketStore } from './store.ts'

export interface MeteringContext {
  readonly store: MarketStore
  readonly now: () => Date
  readonly logger: Logger
  readonly count: (outcome: 'stored' | 'refused', statements: number) => void
}

/** An answer, by the receipt that whoever has it holds. */
export interface ReceiptName {
  /** 16 bytes. */
  readonly sessionId: Uint8Array
  readonly n: number
  /** 32 bytes each. */
  readonly keysetDigest: Uint8Array
  readonly receiptHash: Uint8Array
}

export interface FoundStatement {
  readonly statement: Uint8Array
  /** That its digest names. */
  readonly keyset: Uint8Array
}

export interface Metered {
  /** Of every epoch of which a statement proved itself. */
  readonly progress: readonly EpochProgress[]
  readonly refused: readonly UsageRefusal[]
}

/**
 * Stores what proves itself and names what does not, by its index. Any order, loss and repetition end in the same rows:
 * the first statement of an (epoch, seq) stays, the same one again is fine, another is a conflict.
 */
export async function storeUsage(
  delivery: readonly DeliveredStatement[],
  { store, now, logger, count }: MeteringContext
): Promise<Metered> {
  const { proven, refused } = checkDelivery(delivery)
  const { progress, conflicts } = await store.storeStatements(proven, now())
  const conflicting = conflicts.map((index) => ({ index, code: 'USAGE_CONFLICT' }) as const)
  const all = [...refused, ...conflicting].sort((a, b) => a.index - b.index)
  for (const { code } of all) logger.warn('usage statement refused', { code })
  count('stored', delivery.length - all.length)
  count('refused', all.length)
  return { progress, refused: all }
}

/** Nobody learns of an answer whose receipt he does not hold: a receipt is sealed, and its hash cannot be guessed. */
export async function findStatements(
  receipts: readonly ReceiptName[],
  { store }: Pick<MeteringContext, 'store'>
): Promise<readonly FoundStatement[]> {
  const wanted = new Set(receipts.map(({ receiptHash }) => encodeHex(receiptHash)))
  return (await store.readAnswered(receipts)).filter(({ statement }) => {
    const { receiptHash } = parseUsage(statement)
    return receiptHash !== null && wanted.has(encodeHex(receiptHash))
  })
}
