import { Address, beginCell, toNano } from '@ton/core'
import { describe, expect, it } from 'vitest'
import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import * as say from '../../../contracts/escrow/messages.ts'
import { ESCROW_EXITS } from '../../../contracts/escrow/messages.ts'
import { FEES, type FeeYear } from '../sandbox.ts'
import { openReserved, openWorld, otherKey, type World } from './world.ts'

const TON = toNano('1')
const YEAR = 31_557_600
const TEN_YEARS = 10 * YEAR
/** Eats up the rent of ten years and more, and is before the year 2106, where the chain's clock ends. */
const LONG = { 2025: 30 * YEAR, 2026: 75 * YEAR } as const

/** What the chain asks an account for so long. */
async function rentOf({ chain, escrow }: World, year: FeeYear): Promise<bigint> {
  const { account } = await chain.getContract(escrow.address)
  const { cells, bits } = account.account?.storageStats.used ?? { cells: 0n, bits: 0n }
  const { storage } = FEES[year]
  return ((cells * storage.cell + bits * storage.bit) * BigInt(TEN_YEARS)) / 65_536n
}

/** What the escrow keeps for rent: whatever is neither owed nor free. */
async function keptOf(world: World): Promise<bigint> {
  const { locked, feeDue } = await world.state()
  return (await world.balance()) - locked - feeDue - (await world.escrow.getFree())
}

describe.each<FeeYear>([2025, 2026])('at the fees of %i, an escrow', (year) => {
  it('keeps rent for ten years, for however many payees and however full', async () => {
    const world = await openReserved(year)
    const { send, consumer } = world
    await send(consumer, undefined, { value: 20n * TON })
    await send(consumer, say.encodeChangeKey(ed25519PublicBytes(otherKey)))
    for (let n = 1; n <= 128; n++) {
      const payee = n === 1 ? world.payee.address : addressLike(n)
      if (n > 1) expect((await send(consumer, say.encodeReserve(payee, TON / 10n))).exit).toBe(0)
      await send(consumer, say.encodeAskRelease(payee, TON / 20n))
      if (n % 8 > 1) continue
      const [rent, kept] = [await rentOf(world, year), await keptOf(world)]
      expect(kept).toBeGreaterThanOrEqual(rent)
      expect(kept).toBeLessThan((rent * 3n) / 2n)
    }
  }, 60_000)

  it('has for whom it owes after ten years, and is closed as on the first day', async () => {
    const world = await openReserved(year)
    const { send, consumer, payee, market } = world
    await send(payee, say.encodeClaim(world.voucher(payee.address, TON / 4n)))
    await send(consumer, undefined, { value: -(await world.escrow.getFree()) + TON })
    world.wait(TEN_YEARS)
    expect((await send(payee, say.encodeClaim(world.voucher(payee.address, TON / 2n)))).exit).toBe(0)
    expect((await send(market, say.encodeCollectFee())).sent[0]?.says).toEqual({ kind: 'fee', amount: TON / 40n })
    await send(consumer, say.encodeAskClose())
    world.wait(86_400)
    expect((await send(consumer, say.encodeClose())).exit).toBe(0)
  })

  it('is there, closed and paid for, ten years after it was closed', async () => {
    const world = await openReserved(year)
    const { send, consumer, payee, escrow } = world
    await send(consumer, say.encodeAskClose())
    world.wait(86_400)
    await send(consumer, say.encodeClose())
    expect(await world.balance()).toBeGreaterThanOrEqual(await rentOf(world, year))
    world.wait(TEN_YEARS)
    const late = await send(payee, say.encodeClaim(world.voucher(payee.address, TON)), { init: escrow.init })
    expect(late).toMatchObject({ exit: ESCROW_EXITS.CLOSED, bounced: true })
    expect((await world.chain.getContract(escrow.address)).account.account?.storageStats.duePayment ?? 0n).toBe(0n)
  })

  it('whose rent is eaten up pays nobody a part, names it, and pays after a deposit', async () => {
    const world = await openReserved(year)
    const { send, consumer, payee, market, stranger } = world
    await send(payee, say.encodeClaim(world.voucher(payee.address, TON / 10n)))
    const all = TON / 2n + ((await world.escrow.getFree()) * 100n) / 105n
    expect((await send(consumer, say.encodeReserve(payee.address, all))).exit).toBe(0)
    world.wait(LONG[year])
    const claim = say.encodeClaim(world.voucher(payee.address, TON))
    expect(await send(payee, claim)).toMatchObject({ exit: ESCROW_EXITS.UNFUNDED, bounced: true })
    expect((await send(market, say.encodeCollectFee())).exit).toBe(0)
    await send(stranger, undefined, { value: TON })
    expect((await send(payee, claim)).sent[0]?.says).toMatchObject({ kind: 'payout', paid: all })
  })

  it('in debt for rent closes, and its consumer gets what it sends along', async () => {
    const world = await openWorld(year)
    const { send, consumer, escrow } = world
    await send(consumer, say.encodeAskClose(), { init: escrow.init })
    world.wait(year === 2025 ? 7 * YEAR : 20 * YEAR)
    const { exit, sent, transaction } = await send(consumer, say.encodeClose(), { value: TON / 2n })
    expect({ exit, says: sent.map(({ says }) => says.kind) }).toEqual({ exit: 0, says: ['rest'] })
    expect(transaction.description).toMatchObject({ storagePhase: { storageFeesDue: expect.any(BigInt) } })
    expect(sent[0]?.value).toBeGreaterThan(TON / 4n)
  })
})

/** Accounts that share little, so that labels are long: the dictionary at its largest. */
function addressLike(n: number): Address {
  return new Address(0, beginCell().storeUint(n, 64).endCell().hash())
}
