import type { Database } from '../../runtime/database.ts'
import { type PriceColumns, priceColumns, pricesOf } from './host-store.ts'
import type { Declared } from './supply-plan.ts'

interface SupplyRow extends PriceColumns {
  host_id: Uint8Array
  gpu: string
  gpus: number
  vram_gib: number
  uptime_permille: number
  region: string
  models: string[]
  declared_at: Date
}

type SupplyTables = { supplies: SupplyRow; provider_wallets: { provider: string; address: string } }

export interface SupplyStore {
  put(declared: Declared, now: Date): Promise<void>
  list(): Promise<readonly Declared[]>
  remove(hostId: Uint8Array): Promise<void>
  /** Raw addresses by provider. */
  wallets(): Promise<ReadonlyMap<string, string>>
}

export function createSupplyStore(database: Database): SupplyStore {
  const db = database.sql.withTables<SupplyTables>()
  return {
    async put(declared, now) {
      const { host_id, ...columns } = rowOf(declared, now)
      await db
        .insertInto('supplies')
        .values({ host_id, ...columns })
        .onConflict((conflict) => conflict.column('host_id').doUpdateSet(columns))
        .execute()
    },
    async list() {
      return (await db.selectFrom('supplies').selectAll().execute()).map(declaredOf)
    },
    async remove(hostId) {
      await db.deleteFrom('supplies').where('host_id', '=', hostId).execute()
    },
    async wallets() {
      const rows = await db.selectFrom('provider_wallets').select(['provider', 'address']).execute()
      return new Map(rows.map(({ provider, address }) => [provider, address]))
    }
  }
}

function rowOf(declared: Declared, now: Date): SupplyRow {
  return {
    host_id: declared.hostId,
    gpu: declared.gpu,
    gpus: declared.gpus,
    vram_gib: declared.vramGib,
    uptime_permille: declared.uptimePermille,
    region: declared.region,
    models: [...declared.models],
    ...priceColumns(declared.prices),
    declared_at: now
  }
}

function declaredOf(row: SupplyRow): Declared {
  return {
    hostId: row.host_id,
    gpu: row.gpu,
    gpus: row.gpus,
    vramGib: row.vram_gib,
    uptimePermille: row.uptime_permille,
    region: row.region,
    models: row.models,
    prices: pricesOf(row)
  }
}
