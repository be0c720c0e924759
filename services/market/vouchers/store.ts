import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely'
import { tenantPseudonym } from '../../../attestation/session/key-schedule.ts'
import type { Database } from '../../runtime/database.ts'
import { type ClaimStore, createClaimStore } from './claim-store.ts'
import type { EscrowFacts, FeeFacts, PayeeFacts } from './escrows.ts'

/** The best voucher of an escrow for a payee, by one of its keys; nanoTON, as the chain was last seen. */
export interface StoredVoucher {
  readonly escrow: Uint8Array
  readonly payee: Uint8Array
  readonly cumulative: bigint
  /** 191 bytes. */
  readonly voucher: Uint8Array
  readonly reserved: bigint
  readonly paid: bigint
}

/** A voucher that proved itself, with the statements that it adds, by their places. */
export interface ProvenVoucher extends Omit<StoredVoucher, 'reserved' | 'paid'> {
  /** The key. */
  readonly signer: Uint8Array
  readonly covered: readonly { readonly epoch: Uint8Array; readonly seq: bigint }[]
}

/** nanoTON that are worth a claim. */
export interface Enough {
  readonly standing: bigint
  /** Where the voucher will be worth nothing some day: its escrow closes, releases, or has changed its key. */
  readonly ending: bigint
}

export interface DueQuestion {
  readonly enough: Enough
  /** As far as anybody can tell, the escrow pays until then. */
  readonly paysUntil: Date
  /** Escrows, 32 bytes each. */
  readonly except: readonly Uint8Array[]
}

/** Of one escrow, for one payee, or both; 32 bytes each. */
export interface VoucherQuestion {
  readonly escrow?: Uint8Array
  readonly payee?: Uint8Array
}

/** What an escrow owes the market that it names, as the chain was last seen. */
export interface FeeDue extends FeeFacts {
  readonly escrow: Uint8Array
  readonly checkedAt: Date
}

export interface VoucherStore extends ClaimStore {
  readFacts(escrow: Uint8Array): Promise<EscrowFacts | undefined>
  /** What the chain says of an escrow, and of those of its payees who have vouchers. */
  writeFacts(escrow: Uint8Array, facts: EscrowFacts): Promise<void>
  /** Keeps the greatest by each key; of an escrow's, whatever comes first covers a statement. One transaction. */
  keep(voucher: ProvenVoucher, facts: EscrowFacts, now: Date): Promise<void>
  /** At most a thousand, those that pay most first: many that pay next to nothing hide none of them. */
  list(by: VoucherQuestion): Promise<readonly StoredVoucher[]>
  /** How many providers were left with at least so much unpaid, by statements of these tenants that listed hosts signed. */
  countUnpaid(escrow: Uint8Array, tenants: readonly Uint8Array[], least: bigint): Promise<number>
  /** The voucher that pays most. */
  mostDue(which: DueQuestion): Promise<StoredVoucher | undefined>
  /** The open escrow that owes this market most in fees, if it is so much at least. */
  mostFeeDue(market: Uint8Array, least: bigint, except: readonly Uint8Array[]): Promise<FeeDue | undefined>
  /** What open escrows owe their markets, most first; at most a thousand. */
  listFees(): Promise<readonly FeeDue[]>
  /** Escrows that were not looked at since, and of which a voucher may be claimed yet. */
  unseen(before: Date, except: readonly Uint8Array[]): Promise<readonly Uint8Array[]>
}

export function createVoucherStore(database: Database): VoucherStore {
  const db = database.sql
  return {
    ...createClaimStore(database),
    readFacts: (escrow) => readFacts(db, escrow),
    writeFacts: (escrow, facts) => db.transaction().execute((tx) => writeFacts(tx, escrow, facts)),
    keep: (voucher, facts, now) =>
      db.transaction().execute(async (tx) => {
        await writeFacts(tx, voucher.escrow, facts)
        await keepVoucher(tx, voucher, facts, now)
      }),
    async list({ escrow, payee }) {
      const own = escrow === undefined ? sql`true` : sql`escrow = ${escrow}`
      // Of a whole escrow, those of its keys: so they are no more than twice its payees, whatever it has signed before.
      const which = payee === undefined ? sql`signer = any(voucher_keys)` : sql`payee = ${payee}`
      const { rows } = await sql<StoredVoucher>`
        select escrow, payee, cumulative, voucher, reserved, paid from vouchers join escrows using (escrow)
        where ${own} and ${which} order by least(cumulative, reserved) - paid desc, escrow limit 1000`.execute(db)
      return rows
    },
    countUnpaid: (escrow, tenants, least) => countUnpaid(db, escrow, tenants, least),
    async mostDue({ enough: { standing, ending }, paysUntil, except }) {
      const { rows } = await sql<StoredVoucher>`
        select escrow, payee, cumulative, voucher, reserved, paid from vouchers join escrows using (escrow)
        where not is_closed and escrow <> all(${except}::bytea[]) and coalesce(${ENDS_AT} > ${paysUntil}, true)
          and least(cumulative, reserved) - paid >=
          case when ${ENDS_AT} is null then ${standing}::bigint else ${ending}::bigint end
        order by least(cumulative, reserved) - paid desc limit 1`.execute(db)
      return rows[0]
    },
    mostFeeDue: async (market, least, except) => {
      const which = sql`market = ${market} and fee_accrued - fee_collected >= ${least} and escrow <> all(${except}::bytea[])`
      return (await readFees(db, which, 1))[0]
    },
    listFees: () => readFees(db, sql`market is not null`, 1000),
    async unseen(before, except) {
      const { rows } = await sql<{ escrow: Uint8Array }>`
        select escrow from escrows where checked_at < ${before} and not is_closed and escrow <> all(${except}::bytea[])
          and exists (select from vouchers where vouchers.escrow = escrows.escrow and cumulative > paid)
        order by checked_at limit 20`.execute(db)
      return rows.map(({ escrow }) => escrow)
    }
  }
}

/** From when on the escrow pays no more, or less, by a voucher; null: for as long as anybody can tell. */
const ENDS_AT = sql`least(closes_at, releases_at, case when signer = voucher_keys[1] then null
  when signer = voucher_keys[2] then old_key_until else '-infinity' end)`

type FactsRow = Pick<EscrowFacts, 'voucherKeys' | 'checkedAt' | 'isClosed'> & {
  readonly oldKeyUntil: Date | null
  readonly closesAt: Date | null
  readonly market: Uint8Array | null
  readonly accrued: bigint
  readonly collected: bigint
}

interface PayeeRow {
  readonly payee: string
  readonly reserved: bigint
  readonly paid: bigint
  readonly releasesAt: Date | null
}

async function readFacts(db: QueryExecutorProvider, escrow: Uint8Array): Promise<EscrowFacts | undefined> {
  const { rows } = await sql<FactsRow>`
    select voucher_keys as "voucherKeys", old_key_until as "oldKeyUntil", checked_at as "checkedAt",
      closes_at as "closesAt", is_closed as "isClosed", market, fee_accrued as accrued, fee_collected as collected
    from escrows where escrow = ${escrow}`.execute(db)
  const [row] = rows
  if (row === undefined) return undefined
  const payees = await sql<PayeeRow>`
    select distinct on (payee) encode(payee, 'hex') as payee, reserved, paid, releases_at as "releasesAt"
    from vouchers where escrow = ${escrow}`.execute(db)
  const { market, accrued, collected, ...same } = row
  return {
    ...same,
    fee: market === null ? undefined : { market, accrued, collected },
    oldKeyUntil: row.oldKeyUntil ?? undefined,
    closesAt: row.closesAt ?? undefined,
    payees: new Map(
      payees.rows.map(({ payee, releasesAt, ...sums }) => [payee, { ...sums, releasesAt: releasesAt ?? undefined }])
    )
  }
}

async function writeFacts(tx: QueryExecutorProvider, escrow: Uint8Array, facts: EscrowFacts): Promise<void> {
  const { voucherKeys, oldKeyUntil = null, checkedAt, closesAt = null, isClosed, payees, fee } = facts
  const { market = null, accrued = 0n, collected = 0n } = fee ?? {}
  await sql`
    insert into escrows (escrow, voucher_keys, old_key_until, checked_at, closes_at, is_closed, market, fee_accrued,
      fee_collected)
    values (${escrow}, ${voucherKeys}::bytea[], ${oldKeyUntil}, ${checkedAt}, ${closesAt}, ${isClosed}, ${market},
      ${accrued}, ${collected})
    on conflict (escrow) do update set voucher_keys = excluded.voucher_keys, old_key_until = excluded.old_key_until,
      checked_at = excluded.checked_at, closes_at = excluded.closes_at, is_closed = excluded.is_closed,
      market = excluded.market, fee_accrued = excluded.fee_accrued, fee_collected = excluded.fee_collected
    where escrows.checked_at <= excluded.checked_at`.execute(tx)
  await sql`
    insert into escrow_tenants (tenant, escrow)
    select tenant, ${escrow}::bytea from unnest(${voucherKeys.map(tenantPseudonym)}::bytea[]) as known (tenant)
    on conflict do nothing`.execute(tx)
  const entries = [...payees]
  const column = <T>(read: (payee: PayeeFacts) => T): readonly T[] => entries.map(([, payee]) => read(payee))
  await sql`
    update vouchers
    set reserved = seen.reserved, paid = greatest(vouchers.paid, seen.paid), releases_at = seen.releases_at
    from unnest(${entries.map(([payee]) => payee)}::text[], ${column(({ reserved }) => String(reserved))}::bigint[],
      ${column(({ paid }) => String(paid))}::bigint[], ${column(({ releasesAt }) => releasesAt ?? null)}::timestamptz[])
      as seen (payee, reserved, paid, releases_at)
    where vouchers.escrow = ${escrow} and vouchers.payee = decode(seen.payee, 'hex')`.execute(tx)
}

async function keepVoucher(
  tx: QueryExecutorProvider,
  { escrow, payee, cumulative, signer, voucher, covered }: ProvenVoucher,
  { payees }: EscrowFacts,
  now: Date
): Promise<void> {
  const { reserved = 0n, paid = 0n, releasesAt = null } = payees.get(Buffer.from(payee).toString('hex')) ?? {}
  await sql`
    insert into vouchers (escrow, payee, signer, cumulative, voucher, reserved, paid, releases_at, received_at)
    values (${escrow}, ${payee}, ${signer}, ${cumulative}, ${voucher}, ${reserved}, ${paid}, ${releasesAt}, ${now})
    on conflict (escrow, payee, signer) do update
    set cumulative = excluded.cumulative, voucher = excluded.voucher, received_at = excluded.received_at
    where vouchers.cumulative < excluded.cumulative`.execute(tx)
  await sql`
    insert into voucher_statements (epoch, seq, escrow, payee, cumulative)
    select epoch, seq, ${escrow}::bytea, ${payee}::bytea, ${cumulative}::bigint
    from unnest(${covered.map(({ epoch }) => epoch)}::bytea[], ${covered.map(({ seq }) => String(seq))}::bigint[])
      as added (epoch, seq)
    on conflict (epoch, seq, escrow) do nothing`.execute(tx)
}

/**
 * That a voucher covers a statement is its consumer's word: it counts up to what the voucher can be paid, and once, however many
 * hosts it is said to cover. An epoch is one start of a host, and so of one payee. One of which no voucher covers anything is owed to
 * the payee of its host's others: it may have been lost on the way to its consumer, who paid ahead then.
 */
async function countUnpaid(
  db: QueryExecutorProvider,
  escrow: Uint8Array,
  tenants: readonly Uint8Array[],
  least: bigint
): Promise<number> {
  const { rows } = await sql<{ providers: number }>`
    with owed as (
      select host.provider, served.price, coalesce(encode(cover.payee, 'hex'),
        max(encode(cover.payee, 'hex')) over (partition by host.id), 'unknown of ' || host.provider) as payee
      from (
        select keyset_digest, epoch, sum(price) as price from served_days
        where tenant = any(${tenants}::bytea[]) group by keyset_digest, epoch
      ) as served
      join listed_keysets keyset on keyset.digest = served.keyset_digest
      join offered_hosts host on host.id = keyset.host_id
      left join lateral (
        select payee from voucher_statements where epoch = served.epoch and escrow = ${escrow} order by seq limit 1
      ) as cover on true
    ), accounts as (
      select payee, sum(price) as price from owed group by payee
    ), best as (
      select encode(payee, 'hex') as payee,
        max(case when signer = any(voucher_keys) then least(cumulative, reserved) else paid end) as worth
      from vouchers join escrows using (escrow) where escrow = ${escrow} group by 1
    )
    select count(*)::int as providers from (
      select provider, sum(greatest(price - coalesce(worth, 0), 0)) as unpaid
      from (select distinct provider, payee from owed) as owing
      join accounts using (payee) left join best using (payee) group by provider
    ) as provider where unpaid >= ${least}`.execute(db)
  return rows[0]?.providers ?? 0
}

async function readFees(
  db: QueryExecutorProvider,
  which: RawBuilder<unknown>,
  most: number
): Promise<readonly FeeDue[]> {
  const { rows } = await sql<FeeDue>`
    select escrow, market, fee_accrued as accrued, fee_collected as collected, checked_at as "checkedAt" from escrows
    where not is_closed and ${which} order by fee_accrued - fee_collected desc, escrow limit ${most}`.execute(db)
  return rows
}
