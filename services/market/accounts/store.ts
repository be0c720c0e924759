import { type Kysely, type Selectable, sql } from 'kysely'
import type { Assurance } from '../../../attestation/assurance.ts'
import type { Database } from '../../runtime/database.ts'
import type { Demand } from './demands.ts'
import type { ApiKey, KeyScope, Limits, Organisation } from './organisations.ts'

interface LimitColumns {
  requests_per_minute: number
  tokens_per_day: bigint
  nanoton_per_month: bigint
}

interface KeyRow extends LimitColumns {
  id: Uint8Array
  organisation: string
  name: string
  hash: string
  models: string[]
  minimum_policy: string
  created_at: Date
  revoked_at: Date | null
}

interface DemandRow {
  id: Uint8Array
  organisation: string
  model: string
  weights: Uint8Array | null
  billions: number
  active_billions: number
  queries_per_day: bigint
  input_tokens: bigint
  output_tokens: bigint
  peak_factor: number
  price_ceiling: bigint
  latency_ceiling_ms: bigint
  region: string
  minimum_policy: string
  created_at: Date
}

type AccountTables = {
  organisations: LimitColumns & { name: string; created_at: Date }
  api_keys: KeyRow
  demands: DemandRow
}

/** Payload: nothing. A key or an organisation has changed. */
export const KEYS_CHANNEL = 'bombyx_keys'

export interface AccountStore {
  putOrganisation(organisation: Organisation, now: Date): Promise<void>
  hasOrganisation(name: string): Promise<boolean>
  listOrganisations(): Promise<readonly Organisation[]>
  insertKey(key: ApiKey, hash: string): Promise<void>
  findKey(by: { readonly id: Uint8Array } | { readonly hash: string }): Promise<ApiKey | undefined>
  /** Empty: of all. */
  listKeys(organisation: string): Promise<readonly ApiKey[]>
  setScope(id: Uint8Array, scope: KeyScope): Promise<void>
  revokeKey(id: Uint8Array, now: Date): Promise<void>
  putDemand(demand: Demand, now: Date): Promise<void>
  findDemand(id: Uint8Array): Promise<Demand | undefined>
  listDemands(organisation: string): Promise<readonly Demand[]>
  removeDemand(id: Uint8Array): Promise<void>
}

export function createAccountStore(database: Database): AccountStore {
  const db = database.sql.withTables<AccountTables>()
  return { ...organisationQueries(db), ...keyQueries(db), ...demandQueries(db) }
}

function organisationQueries(db: Kysely<AccountTables>) {
  return {
    async putOrganisation({ name, limits }: Organisation, now: Date): Promise<void> {
      const columns = limitColumns(limits)
      await db
        .insertInto('organisations')
        .values({ name, ...columns, created_at: now })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(columns))
        .execute()
      await tellRelays(db)
    },
    async hasOrganisation(name: string): Promise<boolean> {
      return (await db.selectFrom('organisations').select('name').where('name', '=', name).execute()).length > 0
    },
    async listOrganisations(): Promise<readonly Organisation[]> {
      const rows = await db.selectFrom('organisations').selectAll().orderBy('name').execute()
      return rows.map((row) => ({ name: row.name, limits: limitsOf(row) }))
    }
  }
}

function keyQueries(db: Kysely<AccountTables>) {
  return {
    async insertKey({ id, organisation, name, scope, createdAt }: ApiKey, hash: string): Promise<void> {
      const created = { id, organisation, name, hash, created_at: createdAt, revoked_at: null }
      await db
        .insertInto('api_keys')
        .values({ ...created, ...scopeColumns(scope) })
        .execute()
      await tellRelays(db)
    },
    async findKey(by: { readonly id: Uint8Array } | { readonly hash: string }): Promise<ApiKey | undefined> {
      const query = db.selectFrom('api_keys').selectAll()
      const found = 'id' in by ? query.where('id', '=', by.id) : query.where('hash', '=', by.hash)
      const row = await found.executeTakeFirst()
      return row && keyOf(row)
    },
    async listKeys(organisation: string): Promise<readonly ApiKey[]> {
      const query = db.selectFrom('api_keys').selectAll().orderBy('organisation').orderBy('created_at')
      const rows = await (organisation === '' ? query : query.where('organisation', '=', organisation)).execute()
      return rows.map(keyOf)
    },
    async setScope(id: Uint8Array, scope: KeyScope): Promise<void> {
      await db.updateTable('api_keys').set(scopeColumns(scope)).where('id', '=', id).execute()
      await tellRelays(db)
    },
    async revokeKey(id: Uint8Array, now: Date): Promise<void> {
      await db
        .updateTable('api_keys')
        .set({ revoked_at: now })
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .execute()
      await tellRelays(db)
    }
  }
}

function demandQueries(db: Kysely<AccountTables>) {
  return {
    async putDemand(demand: Demand, now: Date): Promise<void> {
      const { id, created_at, ...columns } = demandRow(demand, now)
      await db
        .insertInto('demands')
        .values({ id, created_at, ...columns })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
        .execute()
    },
    async findDemand(id: Uint8Array): Promise<Demand | undefined> {
      const row = await db.selectFrom('demands').selectAll().where('id', '=', id).executeTakeFirst()
      return row && demandOf(row)
    },
    async listDemands(organisation: string): Promise<readonly Demand[]> {
      const query = db.selectFrom('demands').selectAll().orderBy('created_at').orderBy('id')
      const rows = await (organisation === '' ? query : query.where('organisation', '=', organisation)).execute()
      return rows.map(demandOf)
    },
    async removeDemand(id: Uint8Array): Promise<void> {
      await db.deleteFrom('demands').where('id', '=', id).execute()
    }
  }
}

async function tellRelays(db: Kysely<AccountTables>): Promise<void> {
  await sql`select pg_notify(${KEYS_CHANNEL}, '')`.execute(db)
}

function limitColumns({ requestsPerMinute, tokensPerDay, nanotonPerMonth }: Limits): LimitColumns {
  return {
    requests_per_minute: requestsPerMinute,
    tokens_per_day: tokensPerDay,
    nanoton_per_month: nanotonPerMonth
  }
}

export function limitsOf(row: LimitColumns): Limits {
  return {
    requestsPerMinute: row.requests_per_minute,
    tokensPerDay: row.tokens_per_day,
    nanotonPerMonth: row.nanoton_per_month
  }
}

function scopeColumns({ models, minimumPolicy, limits }: KeyScope) {
  return { models: [...models], minimum_policy: minimumPolicy, ...limitColumns(limits) }
}

export function keyOf(row: Omit<Selectable<KeyRow>, 'hash'>): ApiKey {
  return {
    id: row.id,
    organisation: row.organisation,
    name: row.name,
    scope: { models: row.models, minimumPolicy: row.minimum_policy as Assurance, limits: limitsOf(row) },
    createdAt: row.created_at,
    revokedAt: row.revoked_at ?? undefined
  }
}

function demandRow(demand: Demand, now: Date): DemandRow {
  return {
    id: demand.id,
    organisation: demand.organisation,
    model: demand.model,
    weights: demand.weights ?? null,
    billions: demand.size?.billions ?? 0,
    active_billions: demand.size?.activeBillions ?? 0,
    queries_per_day: BigInt(demand.queriesPerDay),
    input_tokens: BigInt(demand.inputTokens),
    output_tokens: BigInt(demand.outputTokens),
    peak_factor: demand.peakFactor,
    price_ceiling: demand.priceCeiling ?? 0n,
    latency_ceiling_ms: BigInt(demand.latencyCeilingMs ?? 0),
    region: demand.region,
    minimum_policy: demand.minimumPolicy,
    created_at: now
  }
}

function demandOf(row: DemandRow): Demand {
  const size = { billions: row.billions, activeBillions: row.active_billions }
  return {
    id: row.id,
    organisation: row.organisation,
    model: row.model,
    weights: row.weights ?? undefined,
    size: row.billions === 0 ? undefined : size,
    queriesPerDay: Number(row.queries_per_day),
    inputTokens: Number(row.input_tokens),
    outputTokens: Number(row.output_tokens),
    peakFactor: row.peak_factor,
    priceCeiling: row.price_ceiling === 0n ? undefined : row.price_ceiling,
    latencyCeilingMs: row.latency_ceiling_ms === 0n ? undefined : Number(row.latency_ceiling_ms),
    region: row.region,
    minimumPolicy: row.minimum_policy as Assurance
  }
}
