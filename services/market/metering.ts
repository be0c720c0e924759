import type { Logger } from '../runtime/log.ts'
import type { EpochProgress, MarketStore } from './store.ts'
import { checkDelivery, type DeliveredStatement, type UsageRefusal } from './usage.ts'

export interface MeteringContext {
  readonly store: MarketStore
  readonly now: () => Date
  readonly logger: Logger
  readonly count: (outcome: 'stored' | 'refused', statements: number) => void
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
