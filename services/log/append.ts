import type { Heads } from './heads.ts'
import { checkDelivery, type Delivery } from './intake.ts'
import type { LogStore } from './store.ts'

export interface AppendContext {
  readonly store: LogStore
  readonly heads: Heads
}

/** Takes a delivery and waits until a signed checkpoint covers it; the index of each entry. */
export async function append(
  delivery: Delivery,
  { store, heads }: AppendContext,
  signal: AbortSignal
): Promise<readonly bigint[]> {
  await store.takeEntries(delivery.writer, checkDelivery(delivery))
  const [first, last] = [delivery.entries[0], delivery.entries.at(-1)]
  if (first === undefined || last === undefined) return []
  for (;;) {
    // Asked for first: a change between the question and its answer must not be missed.
    const change = heads.changed(signal)
    change.catch(() => {})
    const indices = await store.findIndices(delivery.writer, first.sequence, last.sequence)
    const highest = indices?.at(-1)
    if (indices !== undefined && highest !== undefined && highest < (heads.known()?.size ?? 0n)) return indices
    await change
  }
}
