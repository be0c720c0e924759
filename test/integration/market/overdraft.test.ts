import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { tenantPseudonym } from '../../../attestation/session/key-schedule.ts'
import { recount } from '../../../services/market/billing/totals.ts'
import type { EscrowFacts } from '../../../services/market/vouchers/escrows.ts'
import { checkOverdraft } from '../../../services/market/vouchers/overdraft.ts'
import { createVoucherStore, type VoucherStore } from '../../../services/market/vouchers/store.ts'
import type { Database } from '../../../services/runtime/database.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'
import { openTestDatabase } from '../../fakes/database.ts'

const [escrow, voucherKey] = [randomBytes(32), randomBytes(32)]
const tenant = tenantPseudonym(voucherKey)
let database: Database
let store: VoucherStore

const facts = (payees: EscrowFacts['payees'] = new Map()): EscrowFacts => ({
  voucherKeys: [voucherKey],
  oldKeyUntil: undefined,
  fee: undefined,
  checkedAt: new Date(),
  closesAt: undefined,
  isClosed: false,
  payees
})
const see = async (): Promise<EscrowFacts> => facts()
const now = () => new Date()
const check = () => checkOverdraft(escrow, { store, see, now })

beforeEach(async () => {
  database = await openTestDatabase()
  store = createVoucherStore(database)
})

interface Served {
  readonly epoch: Uint8Array
  readonly payee: Uint8Array
}

/** A host of the provider has served this much to the tenant. */
async function serve(
  provider: string,
  price: bigint,
  options: { listed?: boolean; to?: Uint8Array } = {}
): Promise<Served> {
  const { listed = true, to = tenant } = options
  const [digest, epoch, host] = [randomBytes(32), randomBytes(16), randomBytes(16)]
  const db = database.sql
  await sql`insert into usage_keysets (digest, keyset) values (${digest}, ${digest})`.execute(db)
  await sql`insert into usage_epochs (epoch, stored_up_to) values (${epoch}, 1)`.execute(db)
  await sql`
    insert into usage_statements (epoch, seq, keyset_digest, session_id, n, tenant, model, finish, prompt_tokens,
      cached_tokens, completion_tokens, reasoning_tokens, duration_ms, price, statement, stored_at)
    values (${epoch}, 1, ${digest}, ${randomBytes(16)}, 0, ${to}, 'm', 'complete', 1, 0, 1, 0, 1, ${price}, ${digest},
      now())`.execute(db)
  if (!listed) return { epoch, payee: randomBytes(32) }
  await sql`
    insert into offered_hosts (id, provider, keyset_digest, model, weights, result, region, slots, price_prompt,
      price_cached, price_completion, price_reasoning, not_after, listed, first_listed_at, minutes_seen, minutes_listed)
    values (${host}, ${provider}, ${digest}, 'm', ${digest}, ${digest}, 'r', 1, 1, 1, 1, 1, now(), true, now(), 0, 0)`.execute(
    db
  )
  await db.transaction().execute((tx) =>
    recount(tx, digest, () =>
      sql`
        insert into listed_keysets (digest, host_id, price_prompt, price_cached, price_completion, price_reasoning)
        values (${digest}, ${host}, 1, 1, 1, 1)`.execute(tx)
    )
  )
  return { epoch, payee: randomBytes(32) }
}

/** A voucher for the first, said to cover all of them. */
const payAll = (served: readonly Served[], cumulative: bigint, { by = escrow, reserved = 10n ** 12n } = {}) => {
  const payee = served[0]?.payee ?? new Uint8Array(32)
  const covered = served.map(({ epoch }) => ({ epoch, seq: 1n }))
  const payees = new Map([[encodeHex(payee), { reserved, paid: 0n, releasesAt: undefined }]])
  return store.keep(
    { escrow: by, payee, cumulative, signer: voucherKey, voucher: new Uint8Array(191), covered },
    facts(payees),
    new Date()
  )
}
const pay = (served: Served, cumulative: bigint, by = escrow) => payAll([served], cumulative, { by })

test('a consumer that has left three providers at their limit is stopped', async () => {
  for (const provider of ['a', 'b', 'c']) await serve(provider, 49_000_000n)
  await expect(check()).rejects.toMatchObject({ code: 'UNPAID' })
})

test.each<readonly [string, () => Promise<unknown>]>([
  ['two providers wait', async () => [await serve('a', 49_000_000n), await serve('b', 49_000_000n)]],
  [
    'one provider inflates what it counts, on three hosts',
    async () => {
      for (let hosts = 0; hosts < 3; hosts++) await serve('a', 10n ** 12n)
    }
  ],
  [
    'hosts that nobody listed say so',
    async () => {
      for (const provider of ['a', 'b', 'c']) await serve(provider, 10n ** 12n, { listed: false })
    }
  ],
  [
    'others owe it',
    async () => {
      for (const provider of ['a', 'b', 'c']) await serve(provider, 10n ** 12n, { to: randomBytes(16) })
    }
  ],
  [
    'it owes the last answers alone',
    async () => {
      for (const provider of ['a', 'b', 'c', 'd']) await serve(provider, 9_000_000n)
    }
  ],
  [
    'it has paid',
    async () => {
      for (const provider of ['a', 'b', 'c']) await pay(await serve(provider, 49_000_000n), 49_000_000n)
    }
  ]
])('a consumer is not stopped while %s', async (_, arrange) => {
  await arrange()
  await expect(check()).resolves.toBeUndefined()
})

test('a voucher that names more than it pays for covers what it pays for', async () => {
  for (const provider of ['a', 'b', 'c']) await pay(await serve(provider, 49_000_000n), 1n)
  await expect(check()).rejects.toMatchObject({ code: 'UNPAID' })
})

test('a voucher that is worth less than it says covers what it is worth', async () => {
  for (const provider of ['a', 'b', 'c'])
    await payAll([await serve(provider, 49_000_000n)], 2n ** 62n, { reserved: 1n })
  await expect(check()).rejects.toMatchObject({ code: 'UNPAID' })
})

test('a voucher for one payee pays for the hosts that it is said to cover once', async () => {
  const served = [await serve('a', 49_000_000n), await serve('b', 49_000_000n), await serve('c', 49_000_000n)]
  await payAll(served, 60_000_000n)
  await expect(check()).rejects.toMatchObject({ code: 'UNPAID' })
})

test('a statement that never came to its consumer is paid by what it paid ahead', async () => {
  for (const provider of ['a', 'b', 'c']) {
    const served = await serve(provider, 9_000_000n)
    await sql`
      insert into usage_statements (epoch, seq, keyset_digest, session_id, n, tenant, model, finish, prompt_tokens,
        cached_tokens, completion_tokens, reasoning_tokens, duration_ms, price, statement, stored_at)
      select epoch, 2, keyset_digest, session_id, 1, tenant, model, finish, 1, 0, 1, 0, 1, 45000000, statement, stored_at
      from usage_statements where epoch = ${served.epoch}`.execute(database.sql)
    await pay(served, 20_000_000n)
  }
  await expect(check()).resolves.toBeUndefined()
})

test("a stranger that covers a consumer's statements first takes nothing from what the consumer paid", async () => {
  for (const provider of ['a', 'b', 'c']) {
    const served = await serve(provider, 49_000_000n)
    await pay(served, 1n, randomBytes(32))
    await pay(served, 49_000_000n)
  }
  await expect(check()).resolves.toBeUndefined()
})

test('a chain that is out of reach stops nobody; an escrow that is not there does', async () => {
  const failing = (code: 'UNAVAILABLE' | 'UNPAID') => async (): Promise<never> => {
    throw new ServiceError(code, 'no')
  }
  await expect(checkOverdraft(escrow, { store, now, see: failing('UNAVAILABLE') })).resolves.toBeUndefined()
  await expect(checkOverdraft(escrow, { store, now, see: failing('UNPAID') })).rejects.toMatchObject({ code: 'UNPAID' })
})

test('a key that the consumer has changed to is known before it buys anything', async () => {
  await store.writeFacts(escrow, {
    ...facts(),
    voucherKeys: [randomBytes(32)],
    checkedAt: new Date(Date.now() - 360_000)
  })
  for (const provider of ['a', 'b', 'c']) await serve(provider, 49_000_000n)
  await expect(check()).rejects.toMatchObject({ code: 'UNPAID' })
})

test('no escrow is looked at again that has nothing to claim', async () => {
  const before = new Date(Date.now() + 60_000)
  await store.writeFacts(escrow, facts())
  expect(await store.unseen(before, [])).toEqual([])
  await pay(await serve('a', 1n), 1n)
  expect(await store.unseen(before, [])).toHaveLength(1)
})

test('of a payee the vouchers that pay most come first: many that pay next to nothing hide none', async () => {
  const served = await serve('a', 1n)
  const [low, high] = [new Uint8Array(32), new Uint8Array(32).fill(255)]
  await payAll([served], 5n, { by: low })
  await payAll([served], 7n, { by: high })
  const listed = await store.list({ payee: served.payee })
  expect(listed.map(({ cumulative }) => cumulative)).toEqual([7n, 5n])
})
