import { sql } from 'kysely'
import type { Database } from '../runtime/database.ts'
import { ServiceError } from '../runtime/errors.ts'
import { writeOutbox } from '../runtime/outbox.ts'
import { WRITER } from './leaves.ts'

/** A reference value that the log was told of. */
export interface StoredReferenceValue {
  readonly leaf: Uint8Array
  /** Null until the log has it in a signed checkpoint. */
  readonly logIndex: bigint | null
  /** A tlog-proof of back then; null until it was fetched. */
  readonly proof: Uint8Array | null
}

export interface ReferenceValueStore {
  /** Tells the log, once. LOG_MISSING where there is none. */
  insert(leafHash: Uint8Array, leaf: Uint8Array, now: Date): Promise<void>
  /** The newest 512, oldest first. */
  list(): Promise<readonly StoredReferenceValue[]>
  /** Indices of those whose proof has not been fetched. */
  listUnproven(): Promise<readonly bigint[]>
  saveProof(logIndex: bigint, proof: Uint8Array): Promise<void>
}

const MOST = 512

export function createReferenceValueStore({ sql: db }: Database, writesLog: boolean): ReferenceValueStore {
  return {
    insert: async (leafHash, leaf, now) => {
      if (!writesLog) throw new ServiceError('LOG_MISSING', 'this registry writes to no log')
      await db.transaction().execute(async (tx) => {
        // The one that adds it waits for another that does.
        await sql`select pg_advisory_xact_lock(hashtextextended(encode(${leafHash}, 'hex'), 1))`.execute(tx)
        const { rows } = await sql`select from reference_values where leaf_hash = ${leafHash}`.execute(tx)
        if (rows.length > 0) return
        const sequence = await writeOutbox(tx, WRITER, { leaf, blobs: [] })
        await sql`
          insert into reference_values (leaf_hash, leaf, log_sequence, added_at)
          values (${leafHash}, ${leaf}, ${sequence}, ${now})`.execute(tx)
      })
    },
    list: async () => {
      const { rows } = await sql<StoredReferenceValue>`
        select leaf, log_index as "logIndex", proof from reference_values
        order by log_sequence desc limit ${MOST}`.execute(db)
      return rows.toReversed()
    },
    listUnproven: async () => {
      const { rows } = await sql<{ index: bigint }>`
        select log_index as index from reference_values
        where log_index is not null and proof is null order by log_index limit ${MOST}`.execute(db)
      return rows.map(({ index }) => index)
    },
    saveProof: async (logIndex, proof) => {
      await sql`update reference_values set proof = ${proof} where log_index = ${logIndex} and proof is null`.execute(
        db
      )
    }
  }
}
