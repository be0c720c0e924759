import { type Kysely, sql } from 'kysely'
import type { Database } from '../../runtime/database.ts'
import { dayText } from '../billing/billing.ts'
import { bounded } from '../billing/store.ts'
import { recount } from '../billing/totals.ts'
import type { TokenPrices } from '../placement/supply.ts'
import type { KnownHost, OfferedHost } from './offered-host.ts'

export interface PriceColumns {
  price_prompt: bigint
  price_cached: bigint
  price_completion: bigint
  price_reasoning: bigint
}

interface HostRow extends PriceColumns {
  id: Uint8Array
  provider: string
  keyset_digest: Uint8Array
  model: string
  weights: Uint8Array
  result: Uint8Array
  region: string
  slots: number
  not_after: Date
  listed: boolean
  first_listed_at: Date
  minutes_seen: bigint
  minutes_listed: bigint
}

type HostTables = { offered_hosts: HostRow }

/** What usage statements of a host say together. */
export interface HostUsage {
  readonly hostId: Uint8Array
  readonly requests: number
  readonly failures: number
  readonly promptTokens: number
  readonly completionTokens: number
  readonly durationMs: number
}

export interface HostStore {
  saveListed(host: OfferedHost, now: Date): Promise<void>
  saveDelisted(keysetDigest: Uint8Array): Promise<void>
  /** All but these are delisted. */
  endSnapshot(listed: readonly Uint8Array[]): Promise<void>
  /** A minute has passed in which the directory could be heard. */
  countMinute(): Promise<void>
  find(id: Uint8Array): Promise<KnownHost | undefined>
  /** Undefined: every provider's. */
  list(provider: string | undefined): Promise<readonly KnownHost[]>
  /** Of the hosts of a provider (undefined: of all), since the beginning of that UTC day. */
  readUsage(since: Date, provider: string | undefined): Promise<readonly HostUsage[]>
}

export function createHostStore(database: Database): HostStore {
  const db = database.sql.withTables<HostTables>()
  return {
    saveListed: (host, now) => saveListed(db, host, now),
    async saveDelisted(keysetDigest) {
      await db.updateTable('offered_hosts').set({ listed: false }).where('keyset_digest', '=', keysetDigest).execute()
    },
    async endSnapshot(listed) {
      await sql`update offered_hosts set listed = false where listed and keyset_digest <> all(${listed}::bytea[])`.execute(
        db
      )
    },
    async countMinute() {
      await sql`
        update offered_hosts set minutes_seen = minutes_seen + 1, minutes_listed = minutes_listed + listed::integer
        `.execute(db)
    },
    async find(id) {
      const row = await db.selectFrom('offered_hosts').selectAll().where('id', '=', id).executeTakeFirst()
      return row && hostOf(row)
    },
    async list(provider) {
      const query = db.selectFrom('offered_hosts').selectAll().orderBy('provider').orderBy('id')
      const rows = await (provider === undefined ? query : query.where('provider', '=', provider)).execute()
      return rows.map(hostOf)
    },
    readUsage: (since, provider) => readUsage(db, since, provider)
  }
}

async function saveListed(db: Kysely<HostTables>, host: OfferedHost, now: Date): Promise<void> {
  const save = (tx: Kysely<HostTables>): Promise<void> => saveHost(tx, host, now)
  await db.transaction().execute(async (tx) => {
    if (await isListedAt(tx, host)) return save(tx)
    return recount(tx, host.keysetDigest, async () => {
      await save(tx)
      await saveKeyset(tx, host)
    })
  })
}

/** Whether the keyset was listed, at prices as high. */
async function isListedAt(db: Kysely<HostTables>, { keysetDigest, prices }: OfferedHost): Promise<boolean> {
  const { prompt, cached, completion, reasoning } = prices
  const { rows } = await sql`
    select from listed_keysets where digest = ${keysetDigest} and price_prompt >= ${prompt}
      and price_cached >= ${cached} and price_completion >= ${completion} and price_reasoning >= ${reasoning}
    `.execute(db)
  return rows.length > 0
}

async function saveHost(db: Kysely<HostTables>, host: OfferedHost, now: Date): Promise<void> {
  const { id, provider, keysetDigest, model, weights, result, region, slots, notAfter } = host
  const prices = priceColumns(host.prices)
  const columns = { provider, keyset_digest: keysetDigest, model, weights, result, region, slots, not_after: notAfter }
  const first = { listed: true, first_listed_at: now, minutes_seen: 0n, minutes_listed: 0n }
  await db
    .insertInto('offered_hosts')
    .values({ id, ...columns, ...prices, ...first })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...columns, ...prices, listed: true }))
    .execute()
}

// A keyset keeps the highest prices that it was listed with: sessions of before may still be billed at them.
async function saveKeyset(db: Kysely<HostTables>, { id, keysetDigest, prices }: OfferedHost): Promise<void> {
  await sql`
    insert into listed_keysets (digest, host_id, price_prompt, price_cached, price_completion, price_reasoning)
    values (${keysetDigest}, ${id}, ${prices.prompt}, ${prices.cached}, ${prices.completion}, ${prices.reasoning})
    on conflict (digest) do update set
      price_prompt = greatest(listed_keysets.price_prompt, excluded.price_prompt),
      price_cached = greatest(listed_keysets.price_cached, excluded.price_cached),
      price_completion = greatest(listed_keysets.price_completion, excluded.price_completion),
      price_reasoning = greatest(listed_keysets.price_reasoning, excluded.price_reasoning)`.execute(db)
}

async function readUsage(
  db: Kysely<HostTables>,
  since: Date,
  provider: string | undefined
): Promise<readonly HostUsage[]> {
  const own = provider === undefined ? sql`true` : sql`provider = ${provider}`
  const { rows } = await sql<Record<keyof Omit<HostUsage, 'hostId'>, bigint> & { hostId: Uint8Array }>`
    select host_id as "hostId", sum(requests)::bigint as requests, sum(failed)::bigint as failures,
      ${bounded(sql`sum(prompt_tokens)`)} as "promptTokens",
      ${bounded(sql`sum(completion_tokens)`)} as "completionTokens",
      ${bounded(sql`sum(duration_ms)`)} as "durationMs"
    from served_days join listed_keysets on digest = served_days.keyset_digest
    join offered_hosts on offered_hosts.id = host_id
    where day >= ${dayText(since)}::date and ${own} group by host_id`.execute(db)
  return rows.map(({ hostId, ...counts }) => ({
    hostId,
    requests: Number(counts.requests),
    failures: Number(counts.failures),
    promptTokens: Number(counts.promptTokens),
    completionTokens: Number(counts.completionTokens),
    durationMs: Number(counts.durationMs)
  }))
}

export function priceColumns({ prompt, cached, completion, reasoning }: TokenPrices): PriceColumns {
  return { price_prompt: prompt, price_cached: cached, price_completion: completion, price_reasoning: reasoning }
}

export function pricesOf(row: PriceColumns): TokenPrices {
  return {
    prompt: row.price_prompt,
    cached: row.price_cached,
    completion: row.price_completion,
    reasoning: row.price_reasoning
  }
}

function hostOf(row: HostRow): KnownHost {
  // Before the first minute has been counted, there is nothing against it.
  const uptime = row.minutes_seen === 0n ? 1 : Number(row.minutes_listed) / Number(row.minutes_seen)
  return {
    id: row.id,
    provider: row.provider,
    keysetDigest: row.keyset_digest,
    model: row.model,
    weights: row.weights,
    result: row.result,
    region: row.region,
    slots: row.slots,
    prices: pricesOf(row),
    notAfter: row.not_after,
    listed: row.listed,
    uptime,
    minutesSeen: Number(row.minutes_seen)
  }
}
