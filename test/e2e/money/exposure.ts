import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { readPlaces } from './books.ts'
import type { MoneyWorld } from './world.ts'

/** nanoTON: the most that a host had delivered, by the books, beyond its best voucher. */
export interface Exposure {
  most: bigint
}

const EVERY_MS = 250

/** Looks again and again, until the signal, at what each payee is owed. */
export async function watchExposure(world: MoneyWorld, exposure: Exposure, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    // A database that recovers is asked again.
    const unpaid = await readUnpaid(world).catch(() => [])
    for (const one of unpaid) if (one > exposure.most) exposure.most = one
    await sleep(EVERY_MS)
  }
}

/** By payee; nanoTON. */
async function readUnpaid(world: MoneyWorld): Promise<readonly bigint[]> {
  const { sql: db } = world.database
  const payees = world.network.payment.payees.map(({ account }) => account)
  const places = await readPlaces(world, payees)
  const { rows: prices } = await sql<{ keyset: string; price: string }>`
    select encode(keyset_digest, 'hex') as keyset, sum(price)::text as price from usage_statements group by 1`.execute(
    db
  )
  const { rows: vouchers } = await sql<{ payee: string; cumulative: bigint }>`
    select encode(payee, 'hex') as payee, cumulative from vouchers`.execute(db)
  return payees.map((payee) => {
    const own = prices.filter(({ keyset }) => places.get(keyset)?.payee === payee)
    const best = vouchers.find((voucher) => voucher.payee === payee)?.cumulative ?? 0n
    return own.reduce((sum, { price }) => sum + BigInt(price), 0n) - best
  })
}
