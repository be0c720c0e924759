import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../runtime/database.ts'
import type { Cursor, Period, Placed, Unbillable } from './billing.ts'
import { bounded, placedAfter } from './store.ts'
import { UNBILLABLE } from './totals.ts'

/** A statement of a provider's host. */
export interface ServedStatement {
  readonly statement: Uint8Array
  readonly unbillable: Unbillable
  readonly storedAt: Date
  readonly hostId: Uint8Array
  readonly provider: string
  /** Undefined: none yet. */
  readonly voucher: CoveringVoucher | undefined
}

/** By its consumer's word: what it says it covers counts up to its sum. */
export interface CoveringVoucher {
  readonly escrow: Uint8Array
  readonly payee: Uint8Array
  /** nanoTON, in all and ever. */
  readonly cumulative: bigint
  /** Whether the chain had paid that much when it was last seen. */
  readonly paid: boolean
}

/** What is to be paid of what was delivered, since ever. */
export interface DeliveredLine {
  /** Undefined: none is known whose voucher key the sessions were opened with. */
  readonly escrow: Uint8Array | undefined
  /** Undefined: no voucher for these epochs yet. */
  readonly payee: Uint8Array | undefined
  /** nanoTON. */
  readonly price: bigint
}

/** `provider` undefined: every provider's. */
export interface ServedStore {
  readServed(
    period: Period,
    provider: string | undefined,
    after: Cursor,
    most: number
  ): Promise<readonly Placed<ServedStatement>[]>
  readDelivered(provider: string | undefined): Promise<readonly DeliveredLine[]>
}

/** What no host was ever listed for is nobody's. */
const FROM: RawBuilder<unknown> = sql`
  usage_statements as usage
  join listed_keysets as listed on listed.digest = usage.keyset_digest
  join offered_hosts as host on host.id = listed.host_id`

export function createServedStore({ sql: db }: Database): ServedStore {
  return {
    async readServed({ from, to }, provider, after, most) {
      // A voucher covers statements of its escrow's keys alone.
      const { rows } = await sql<ServedRow>`
        select usage.statement, ${UNBILLABLE} as unbillable, usage.stored_at, usage.epoch, usage.seq,
          host.id as host_id, host.provider, cover.*
        from ${FROM} left join lateral (
          select cover.escrow, cover.payee, cover.cumulative, best.paid >= cover.cumulative as paid
          from escrow_tenants as payer
          join voucher_statements as cover
            on cover.epoch = usage.epoch and cover.seq = usage.seq and cover.escrow = payer.escrow
          join vouchers as best on best.escrow = cover.escrow and best.payee = cover.payee
          where payer.tenant = usage.tenant order by cover.escrow, best.paid desc limit 1
        ) as cover on true
        where usage.stored_at >= ${from} and usage.stored_at < ${to} and ${ownHosts(provider)}
          and ${placedAfter(after)} limit ${most}`.execute(db)
      return rows.map(servedOf)
    },
    async readDelivered(provider) {
      // An epoch is one start of a host, and so of one payee.
      const { rows } = await sql<{ escrow: Uint8Array | null; payee: Uint8Array | null; price: bigint }>`
        select payer.escrow, payer.payee, ${bounded(sql`sum(served.price)`)} as price from (
          select usage.epoch, usage.tenant, sum(usage.price) as price
          from served_days as usage join listed_keysets as listed on listed.digest = usage.keyset_digest
          join offered_hosts as host on host.id = listed.host_id
          where ${ownHosts(provider)} and usage.unbillable = '' group by usage.epoch, usage.tenant
        ) as served left join lateral (
          select known.escrow, cover.payee from escrow_tenants as known left join lateral (
            select payee from voucher_statements where epoch = served.epoch and escrow = known.escrow limit 1
          ) as cover on true
          where known.tenant = served.tenant order by cover.payee is null, known.escrow limit 1
        ) as payer on true
        group by payer.escrow, payer.payee order by payer.escrow, payer.payee`.execute(db)
      return rows.map(({ escrow, payee, price }) => ({
        escrow: escrow ?? undefined,
        payee: payee ?? undefined,
        price
      }))
    }
  }
}

interface ServedRow {
  readonly statement: Uint8Array
  readonly unbillable: Unbillable
  readonly stored_at: Date
  readonly epoch: Uint8Array
  readonly seq: bigint
  readonly host_id: Uint8Array
  readonly provider: string
  readonly escrow: Uint8Array | null
  readonly payee: Uint8Array
  readonly cumulative: bigint
  readonly paid: boolean
}

function servedOf({ stored_at: storedAt, epoch, seq, host_id: hostId, ...row }: ServedRow): Placed<ServedStatement> {
  const { statement, unbillable, provider, escrow, payee, cumulative, paid } = row
  const voucher = escrow === null ? undefined : { escrow, payee, cumulative, paid }
  return { statement, unbillable, storedAt, hostId, provider, voucher, cursor: { storedAt, epoch, seq } }
}

function ownHosts(provider: string | undefined): RawBuilder<unknown> {
  return provider === undefined ? sql`true` : sql`host.provider = ${provider}`
}
