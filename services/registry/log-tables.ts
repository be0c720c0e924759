import { type QueryExecutorProvider, sql } from 'kysely'
import { encodeHex } from '../../attestation/encoding.ts'
import { type Acknowledged, writeOutbox } from '../runtime/outbox.ts'
import type { Host } from './host.ts'
import { type AttestationWish, quarantineLeaf, WRITER } from './leaves.ts'

/** Payload: the host's id in hex. */
export const CHANNEL = 'bombyx_directory'

/** A host before and after a change. */
export interface SavedHost {
  readonly before: Host | undefined
  readonly after: Host
}

/**
 * Tells the log of a change, last in its transaction: quarantines and their ends, and new evidence, whose index the host then
 * waits for.
 */
export async function writeLeaves(
  tx: QueryExecutorProvider,
  saved: readonly SavedHost[],
  wish?: { readonly host: Host; readonly attestation: AttestationWish }
): Promise<void> {
  for (const { before, after } of saved) {
    const leaf = quarantineLeaf(before, after)
    if (leaf !== undefined) await writeOutbox(tx, WRITER, { leaf, blobs: [] })
  }
  if (wish === undefined) return
  const { policy, attestation } = wish.attestation
  const { rows } = await sql`
    insert into logged_policies (digest) values (${policy.digest}) on conflict do nothing returning digest`.execute(tx)
  if (rows.length > 0) await writeOutbox(tx, WRITER, policy)
  const sequence = await writeOutbox(tx, WRITER, attestation)
  await sql`update hosts set log_sequence = ${sequence} where id = ${wish.host.id}`.execute(tx)
}

/** The log has these entries in a signed checkpoint: hosts that waited for it are told to every replica. */
export async function saveIndices(tx: QueryExecutorProvider, acknowledged: readonly Acknowledged[]): Promise<void> {
  for (const { sequence, index } of acknowledged) {
    const { rows } = await sql<{ id: Uint8Array }>`
      update hosts set log_index = ${index}
      where log_sequence = ${sequence} and leaf is not null returning id`.execute(tx)
    for (const { id } of rows) await sql`select pg_notify(${CHANNEL}, ${encodeHex(id)})`.execute(tx)
    await sql`update reference_values set log_index = ${index} where log_sequence = ${sequence}`.execute(tx)
  }
}
