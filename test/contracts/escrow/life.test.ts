import { Address, toNano } from '@ton/core'
import { describe, expect, it } from 'vitest'
import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import * as say from '../../../contracts/escrow/messages.ts'
import { ESCROW_EXITS } from '../../../contracts/escrow/messages.ts'
import type { FeeYear } from '../sandbox.ts'
import { feesOf, openReserved, openWorld, otherKey, type World } from './world.ts'

const DAY = 86_400
const TON = toNano('1')
const claim = ({ send, payee, voucher }: World, cumulative: bigint) =>
  send(payee, say.encodeClaim(voucher(payee.address, cumulative)))
const reserve = ({ send, consumer, payee }: World, reserved: bigint, value?: bigint) =>
  send(consumer, say.encodeReserve(payee.address, reserved), value === undefined ? {} : { value })

describe.each<FeeYear>([2025, 2026])('at the fees of %i, an escrow', (year) => {
  it('is deployed, funded and reserves in one message', async () => {
    const world = await openWorld(year)
    const { consumer, payee, escrow, send } = world
    const order = say.encodeReserve(payee.address, TON / 2n)
    expect((await send(consumer, order, { value: TON, init: escrow.init })).exit).toBe(0)
    expect(await world.payeeState(payee.address)).toEqual({ reserved: TON / 2n, paid: 0n })
    // With the market's share of it, 5 of 100.
    expect((await world.state()).locked).toBe((TON * 21n) / 40n)
  })

  it('is deposited to by anybody, with a message or without one that it can read', async () => {
    const world = await openReserved(year)
    const free = await world.escrow.getFree()
    const { transaction, exit } = await world.send(world.stranger, undefined, { value: TON })
    expect(exit).toBe(0)
    expect(await world.escrow.getFree()).toBe(free + TON - transaction.totalFees.coins)
  })

  it('pays a voucher to its payee, to the nanoTON, and returns what the claim carried beyond its fees', async () => {
    const world = await openReserved(year)
    const before = await world.balance()
    const { exit, sent, transaction } = await claim(world, 123_456_789n)
    expect(exit).toBe(0)
    expect(await world.balance()).toBe(before - 123_456_789n)
    const fees = feesOf({ transaction })
    const [payment] = sent
    expect(payment).toMatchObject({
      to: world.payee.address.toString(),
      says: { amount: 123_456_789n, paid: 123_456_789n }
    })
    expect(payment?.value).toBe(123_456_789n + toNano('0.02') - fees)
  })

  it('takes not a nanoTON of the consumer’s for a claim, whatever that carries', async () => {
    const world = await openReserved(year)
    const least = year === 2025 ? 2_000_000n : 333_000n
    const outcomes = new Set<number>()
    for (let value = least; value < least * 3n; value += least / 20n) {
      const [before, { paid }] = [await world.balance(), await world.payeeState(world.payee.address)]
      const body = say.encodeClaim(world.voucher(world.payee.address, paid + 1000n))
      const { exit, sent } = await world.send(world.payee, body, { value })
      outcomes.add(exit)
      // What is left of a claim that ran out of gas may be too little to go back, and stays.
      const lost = before - (await world.balance())
      expect(exit === 0 ? lost === 1000n : lost <= 0n).toBe(true)
      if (exit === 0) expect(sent[0]?.value).toBeGreaterThanOrEqual(1000n)
    }
    expect(outcomes).toEqual(new Set([-14, ESCROW_EXITS.VALUE_TOO_LOW, 0]))
  })

  it('pays the payee whoever claims', async () => {
    const world = await openReserved(year)
    const { exit, sent } = await world.send(world.market, say.encodeClaim(world.voucher(world.payee.address, 9n)))
    expect({ exit, to: sent.map(({ to }) => to) }).toEqual({ exit: 0, to: [world.payee.address.toString()] })
  })

  it('pays what a later voucher adds, and nothing beyond the reservation until that is raised', async () => {
    const world = await openReserved(year)
    await claim(world, TON / 5n)
    expect((await claim(world, TON * 9n)).sent[0]?.says).toEqual({
      kind: 'payout',
      amount: (TON * 3n) / 10n,
      paid: TON / 2n
    })
    expect((await claim(world, TON * 9n)).exit).toBe(ESCROW_EXITS.NOTHING_TO_PAY)
    expect((await reserve(world, (TON * 6n) / 10n)).exit).toBe(0)
    expect((await claim(world, TON * 9n)).sent[0]?.says).toMatchObject({ amount: TON / 10n })
    expect((await world.state()).locked).toBe(0n)
  })

  it('pays a payee whose wallet is not there yet', async () => {
    const world = await openReserved(year)
    const nobody = new Address(0, Buffer.alloc(32, 5))
    await world.send(world.consumer, say.encodeReserve(nobody, 1000n))
    expect((await world.send(world.stranger, say.encodeClaim(world.voucher(nobody, 1000n)))).exit).toBe(0)
    expect((await world.chain.getContract(nobody)).balance).toBeGreaterThan(1000n)
  })

  it('owes the market its share of what was paid, however claims divide it, and pays it on demand', async () => {
    const world = await openReserved(year)
    for (const cumulative of [1n, 19n, 20n, 39n, 1_000_019n]) await claim(world, cumulative)
    expect((await world.state()).feeDue).toBe(50_000n)
    const before = await world.balance()
    const { exit, sent } = await world.send(world.market, say.encodeCollectFee())
    expect({ exit, sent }).toMatchObject({ exit: 0, sent: [{ says: { kind: 'fee', amount: 50_000n } }] })
    expect(sent[0]?.to).toBe(world.market.address.toString())
    expect(await world.balance()).toBe(before - 50_000n)
    await claim(world, 1_000_020n)
    expect(await world.state()).toMatchObject({ feeDue: 1n })
  })

  it('releases after the delay, and pays vouchers until it is released', async () => {
    const world = await openReserved(year)
    const { send, consumer, payee } = world
    expect((await send(consumer, say.encodeAskRelease(payee.address, 0n))).exit).toBe(0)
    world.wait(DAY)
    await claim(world, TON / 4n)
    expect((await send(consumer, say.encodeRelease(payee.address))).exit).toBe(0)
    expect(await world.payeeState(payee.address)).toEqual({ reserved: TON / 4n, paid: TON / 4n })
    expect((await world.state()).locked).toBe(0n)
    expect((await claim(world, TON / 2n)).exit).toBe(ESCROW_EXITS.NOTHING_TO_PAY)
  })

  it('can reserve for another what it released', async () => {
    const world = await openReserved(year)
    const { send, consumer, payee, stranger } = world
    const other = say.encodeReserve(stranger.address, (TON * 6n) / 10n)
    expect((await send(consumer, other)).exit).toBe(ESCROW_EXITS.NOT_COVERED)
    await send(consumer, say.encodeAskRelease(payee.address, TON / 10n))
    world.wait(DAY)
    await send(consumer, say.encodeRelease(payee.address))
    expect((await send(consumer, other)).exit).toBe(0)
  })

  it('takes both keys while one is changing, then the new one alone', async () => {
    const world = await openReserved(year)
    const { send, consumer, payee, voucher } = world
    const by = (cumulative: bigint, key = otherKey) =>
      send(payee, say.encodeClaim(voucher(payee.address, cumulative, { key })))
    expect((await by(1n)).exit).toBe(ESCROW_EXITS.VOUCHER_UNSIGNED)
    await send(consumer, say.encodeChangeKey(ed25519PublicBytes(otherKey)))
    expect((await by(2n)).exit).toBe(0)
    expect((await claim(world, 3n)).exit).toBe(0)
    world.wait(DAY - 1)
    expect((await claim(world, 4n)).exit).toBe(0)
    world.wait(1)
    expect((await claim(world, 5n)).exit).toBe(ESCROW_EXITS.VOUCHER_UNSIGNED)
    expect((await by(5n)).exit).toBe(0)
    expect((await send(consumer, say.encodeChangeKey(new Uint8Array(32)))).exit).toBe(0)
  })

  it('closes after the delay: vouchers until then, the fee to the market, the rest to the consumer', async () => {
    const world = await openReserved(year)
    const { send, consumer, market } = world
    expect((await send(consumer, say.encodeAskClose())).exit).toBe(0)
    world.wait(10 * DAY)
    expect((await claim(world, TON / 2n)).exit).toBe(0)
    const { exit, sent } = await send(consumer, say.encodeClose())
    expect(exit).toBe(0)
    expect(sent.map(({ to, says }) => [to, says.kind])).toEqual([
      [market.address.toString(), 'fee'],
      [consumer.address.toString(), 'rest']
    ])
    expect(sent[0]?.says).toMatchObject({ amount: TON / 40n })
    expect(await world.escrow.getState()).toEqual({ kind: 'closed' })
    expect((await claim(world, TON)).exit).toBe(ESCROW_EXITS.CLOSED)
  })

  it('closes though the market is dead, owes too little to be sent, or never was', async () => {
    for (const [market, paid] of [
      [new Address(0, Buffer.alloc(32, 6)), TON / 2n],
      [new Address(0, Buffer.alloc(32, 6)), 20n],
      [undefined, 0n]
    ] as const) {
      const world = await openReserved(year, market === undefined ? {} : { market })
      if (paid > 0n) await claim(world, paid)
      await world.send(world.consumer, say.encodeAskClose())
      world.wait(DAY)
      const { exit, sent } = await world.send(world.consumer, say.encodeClose())
      expect(exit).toBe(0)
      expect(sent.map(({ says }) => says.kind)).toEqual(paid === TON / 2n ? ['fee', 'rest'] : ['rest'])
      expect(await world.escrow.getState()).toEqual({ kind: 'closed' })
    }
  })

  it('cannot be deployed again: the address stays closed, and a new one owes nothing to old vouchers', async () => {
    const world = await openReserved(year)
    await claim(world, TON / 4n)
    await world.send(world.consumer, say.encodeAskClose())
    world.wait(DAY)
    await world.send(world.consumer, say.encodeClose())
    const again = { init: world.escrow.init, value: TON }
    expect((await world.send(world.consumer, undefined, again)).exit).toBe(ESCROW_EXITS.CLOSED)
    const next = await openWorld(year, { nonce: 2n })
    await next.send(next.consumer, say.encodeReserve(next.payee.address, TON / 4n), {
      init: next.escrow.init,
      value: TON
    })
    const old = world.voucher(world.payee.address, TON / 4n)
    expect((await next.send(next.payee, say.encodeClaim(old))).exit).toBe(ESCROW_EXITS.VOUCHER_FOREIGN)
  })

  it('that the chain forgot and somebody deployed again pays old vouchers nothing', async () => {
    const world = await openWorld(year)
    await world.send(world.stranger, undefined, { init: world.escrow.init, value: TON })
    expect((await claim(world, TON / 4n)).exit).toBe(ESCROW_EXITS.PAYEE_UNKNOWN)
  })

  it('of another network, or deployed in the masterchain, reserves nothing', async () => {
    const world = await openWorld(year, { network: -239 })
    await world.send(world.consumer, undefined, { init: world.escrow.init, value: TON })
    expect((await reserve(world, 1n)).exit).toBe(ESCROW_EXITS.WRONG_CHAIN)
    const there = await openWorld(year)
    const to = new Address(-1, there.escrow.address.hash)
    const body = say.encodeReserve(there.payee.address, 1n)
    const { transactions } = await there.consumer.send({ to, body, init: there.escrow.init, value: 9n * TON })
    expect(transactions).toContainEqual(
      expect.objectContaining({
        description: expect.objectContaining({
          computePhase: expect.objectContaining({ exitCode: ESCROW_EXITS.WRONG_CHAIN })
        })
      })
    )
  })

  it('has at most 128 payees, ever', async () => {
    const world = await openReserved(year)
    const { send, consumer } = world
    await send(consumer, undefined, { value: 5n * TON })
    const order = (n: number) => say.encodeReserve(new Address(0, Buffer.alloc(32, n)), 1n)
    for (let n = 1; n < 128; n++) expect((await send(consumer, order(n))).exit).toBe(0)
    expect((await send(consumer, order(128))).exit).toBe(ESCROW_EXITS.TOO_MANY_PAYEES)
    expect((await send(consumer, say.encodeReserve(world.payee.address, TON))).exit).toBe(0)
    expect((await claim(world, TON)).exit).toBe(0)
  }, 60_000)
})
