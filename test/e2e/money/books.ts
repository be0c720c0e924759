import { sql } from 'kysely'
import { encodeHex } from '../../../attestation/encoding.ts'
import type { TokenCounts } from '../../../attestation/receipt/usage.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { coversInFolder, NO_COVER, type PayeeCover } from '../../../services/client/payment/covers.ts'
import { readKeptReceipts } from '../../../services/client/start.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { type ChainBooks, readChainBooks } from './chain-books.ts'
import { placeOf } from './rule.ts'
import type { MoneyWorld } from './world.ts'

/** Ids and digests are hex, money is nanoTON. */
export interface Statement {
  /** `<session id>-<n>` */
  readonly request: string
  readonly epoch: string
  readonly seq: number
  readonly keyset: string
  readonly finish: string
  readonly price: bigint
  readonly tokens: TokenCounts
}

export interface StoredVoucher {
  readonly payee: string
  readonly cumulative: bigint
  readonly paid: bigint
}

export interface StoredClaim {
  readonly payee: string
  readonly cumulative: bigint
  readonly state: string
  readonly kind: 'voucher' | 'fee'
  readonly messageHash: string
}

/** The market's, by its database and its RPC. */
export interface MarketBooks {
  readonly statements: readonly Statement[]
  readonly epochs: readonly { readonly epoch: string; readonly storedUpTo: number }[]
  readonly vouchers: readonly StoredVoucher[]
  /** `<epoch>/<seq>` of what vouchers cover, and whom they pay. */
  readonly covered: ReadonlyMap<string, string>
  readonly claims: readonly StoredClaim[]
  readonly bill: readonly { readonly requests: number; readonly price: bigint; readonly unbillable: string }[]
}

/** A receipt or a statement that the client had; `at` is milliseconds since 1970. */
export interface ClientBooks {
  readonly receipts: ReadonlyMap<string, { readonly host: string; readonly tokens: TokenCounts; readonly at: number }>
  /** `<epoch>/<seq>` → price, of the statements that it kept. */
  readonly statements: ReadonlyMap<string, bigint>
  readonly covers: ReadonlyMap<string, PayeeCover>
  /** In the order in which they were given. */
  readonly vouchers: readonly { readonly payee: string; readonly cumulative: bigint }[]
  readonly complaints: readonly string[]
  /** When its processes were killed; milliseconds since 1970. */
  readonly deaths: readonly number[]
}

/** Where a keyset served: the guest from one start to its end (by the epoch that it counts in), and the payee of its host. */
export interface Place {
  readonly guest: string
  readonly payee: string
}

export interface Books {
  readonly market: MarketBooks
  readonly client: ClientBooks
  readonly chain: ChainBooks
  readonly places: ReadonlyMap<string, Place>
  readonly payees: readonly string[]
  readonly deposit: bigint
}

const REGIONS = ['north', 'south']

/** What everybody has written down, when nothing moves any more. */
export async function readBooks(world: MoneyWorld): Promise<Books> {
  const { payment } = world.network
  const payees = payment.payees.map(({ account }) => account)
  return {
    market: await readMarket(world),
    client: await readClient(world, payees),
    chain: await readChainBooks(world.chain, payment),
    places: await readPlaces(world, payees),
    ...{ payees, deposit: payment.deposit }
  }
}

async function readMarket({ database: { sql: db }, network }: MoneyWorld): Promise<MarketBooks> {
  const { rows: statements } = await sql<Omit<Statement, 'tokens'> & TokenCounts>`
    select encode(session_id, 'hex') || '-' || n as request, encode(epoch, 'hex') as epoch, seq::int,
      encode(keyset_digest, 'hex') as keyset, finish, price, prompt_tokens::int as prompt, cached_tokens::int as cached,
      completion_tokens::int as completion, reasoning_tokens::int as reasoning
    from usage_statements order by epoch, seq`.execute(db)
  const { rows: epochs } = await sql<MarketBooks['epochs'][number]>`
    select encode(epoch, 'hex') as epoch, stored_up_to::int as "storedUpTo" from usage_epochs`.execute(db)
  const { rows: vouchers } = await sql<StoredVoucher>`
    select encode(payee, 'hex') as payee, cumulative, paid from vouchers`.execute(db)
  const { rows: covered } = await sql<{ place: string; payee: string }>`
    select encode(epoch, 'hex') || '/' || seq as place, encode(payee, 'hex') as payee from voucher_statements`.execute(
    db
  )
  const { rows: claims } = await sql<StoredClaim>`
    select encode(payee, 'hex') as payee, cumulative, state, kind, encode(message_hash, 'hex') as "messageHash"
    from claims order by id`.execute(db)
  return {
    statements: statements.map(({ prompt, cached, completion, reasoning, ...rest }) => {
      return { ...rest, tokens: { prompt, cached, completion, reasoning } }
    }),
    covered: new Map(covered.map(({ place, payee }) => [place, payee])),
    ...{ epochs, vouchers, claims, bill: await readBill(network.addresses.market) }
  }
}

async function readBill(market: string): Promise<MarketBooks['bill']> {
  const client = await connect(bombyxV1.Market, market)
  try {
    const { lines } = await callUnary(client, 'GetBill', {})
    return lines.map(({ requests, price, unbillable }) => {
      return { requests: Number(requests), price: BigInt(price), unbillable }
    })
  } finally {
    client.close()
  }
}

/** By its files, which outlive it, and by what its processes said as they lived. */
async function readClient(world: MoneyWorld, payees: readonly string[]): Promise<ClientBooks> {
  const { sight, clientFolder, vouchersFolder } = world
  const kept = await readKeptReceipts(clientFolder)
  const receipts = new Map(sight.receipts)
  const statements = new Map<string, bigint>()
  for (const { request, keysetDigest, receipt, usage, at } of kept) {
    if (receipt !== undefined && !receipts.has(request)) {
      receipts.set(request, { host: encodeHex(keysetDigest), tokens: receipt.usage, at: at * 1000 })
    }
    if (usage !== undefined) statements.set(placeOf({ epoch: encodeHex(usage.epoch), seq: usage.seq }), usage.price)
  }
  const store = coversInFolder(vouchersFolder)
  const covers = await Promise.all(payees.map(async (payee) => [payee, (await store.read(payee)) ?? NO_COVER] as const))
  const { vouchers, complaints, deaths } = sight
  return { receipts, statements, covers: new Map(covers), vouchers, complaints, deaths }
}

/** A keyset of which no statement was stored stands for its guest itself; the region says which host it is of. */
export async function readPlaces(
  { database: { sql: db } }: MoneyWorld,
  payees: readonly string[]
): Promise<Books['places']> {
  const { rows } = await sql<{ keyset: string; guest: string; region: string }>`
    select encode(digest, 'hex') as keyset, region, encode(coalesce(
      (select epoch from usage_statements where keyset_digest = digest limit 1), digest), 'hex') as guest
    from listed_keysets join offered_hosts on id = host_id`.execute(db)
  return new Map(
    rows.map(({ keyset, guest, region }) => [keyset, { guest, payee: payees[REGIONS.indexOf(region)] ?? '' }])
  )
}
