import { fileURLToPath } from 'node:url'
import { Address, beginCell, Cell, contractAddress, toNano } from '@ton/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileContract } from '../../../contracts/compile.ts'
import * as say from '../../../contracts/escrow/messages.ts'
import { ESCROW_EXITS } from '../../../contracts/escrow/messages.ts'
import { claimGas } from '../../../contracts/escrow/state.ts'
import { openReserved, type World } from './world.ts'

const [THROWS, BURNS, CLAIMS_AGAIN] = [0, 1, 2] as const
const TON = toNano('1')
let code: Cell

beforeAll(async () => {
  code = Cell.fromBase64((await compileContract(fileURLToPath(new URL('hostile', import.meta.url)), 'Hostile')).code)
})

/** A payee that is a contract, with money of its own. */
async function invite(world: World, mode: number): Promise<Address> {
  const data = beginCell().storeUint(mode, 8).storeAddress(world.escrow.address).storeRef(new Cell()).endCell()
  const payee = contractAddress(0, { code, data })
  await world.send(world.consumer, say.encodeReserve(payee, TON / 10n))
  await world.market.send({ to: payee, init: { code, data }, value: TON / 10n, bounce: false })
  return payee
}

describe('a payee', () => {
  it.each([
    ['that throws', THROWS, [0]],
    ['that burns all its gas', BURNS, [0]],
    ['that claims again from within', CLAIMS_AGAIN, [0, ESCROW_EXITS.NOTHING_TO_PAY]]
  ])('%s is paid once, and nobody else is touched', async (_, mode, exits) => {
    const world = await openReserved()
    const payee = await invite(world, mode)
    const [before, held] = [await world.balance(), (await world.chain.getContract(payee)).balance]
    const body = beginCell()
      .storeRef(say.encodeClaim(world.voucher(payee, TON / 10n)))
      .endCell()
    const { transactions } = await world.market.send({ to: payee, value: TON / 10n, body })
    expect(world.outcomes(transactions).map(({ exit }) => exit)).toEqual(exits)
    expect(await world.balance()).toBe(before - TON / 10n)
    expect((await world.chain.getContract(payee)).balance).toBeGreaterThan(held)
    expect(await world.payeeState(payee)).toEqual({ reserved: TON / 10n, paid: TON / 10n })
    expect((await world.send(world.payee, say.encodeClaim(world.voucher(world.payee.address, 7n)))).exit).toBe(0)
  })

  it('among others whose addresses its consumer made alike pays more gas, in bounds, and is paid', async () => {
    // Each of them shares one bit more with the payee's, so that the dictionary is as deep as it can get.
    const world = await openReserved(2025)
    const { send, consumer, payee } = world
    await send(consumer, undefined, { value: 9n * TON })
    const like = (bits: number) => {
      const hash = Buffer.from(payee.address.hash)
      hash[bits >> 3] = (hash[bits >> 3] as number) ^ (0x80 >> (bits & 7))
      return new Address(0, hash)
    }
    for (let bits = 0; bits < 127; bits++) {
      expect((await send(consumer, say.encodeReserve(like(bits), 1n), { value: TON / 10n })).exit).toBe(0)
    }
    const body = say.encodeClaim(world.voucher(payee.address, TON / 2n))
    expect((await send(payee, body, { value: TON / 50n })).exit).toBe(-14)
    const before = await world.balance()
    const { exit, transaction } = await send(payee, body, { value: TON / 10n })
    expect(exit).toBe(0)
    expect(await world.balance()).toBe(before - TON / 2n)
    const { computePhase } = transaction.description as { computePhase: { gasUsed: bigint } }
    const most = claimGas(await world.state(), payee.address)
    expect(computePhase.gasUsed).toBeLessThanOrEqual(most)
    expect([computePhase.gasUsed > (most * 3n) / 4n, most < 100_000n]).toEqual([true, true])
  }, 60_000)
})

describe('who has stolen the voucher key', () => {
  it('can spend reservations on those they were made for, and nothing on itself', async () => {
    const world = await openReserved()
    const { send, stranger, payee, voucher } = world
    expect((await send(stranger, say.encodeClaim(voucher(stranger.address, TON)))).exit).toBe(
      ESCROW_EXITS.PAYEE_UNKNOWN
    )
    const { sent } = await send(stranger, say.encodeClaim(voucher(payee.address, TON)))
    expect(sent.map(({ to, says }) => [to, says])).toEqual([
      [payee.address.toString(), { kind: 'payout', amount: TON / 2n, paid: TON / 2n }]
    ])
  })
})

describe('a consumer', () => {
  it('who asks early for a release cannot use it against a later reservation', async () => {
    const world = await openReserved()
    const { send, consumer, payee } = world
    await send(consumer, say.encodeAskRelease(payee.address, 0n))
    world.wait(86_400)
    await send(consumer, say.encodeReserve(payee.address, (TON * 6n) / 10n))
    expect((await send(consumer, say.encodeRelease(payee.address))).exit).toBe(ESCROW_EXITS.NO_RELEASE)
    expect(await world.payeeState(payee.address)).toEqual({ reserved: (TON * 6n) / 10n, paid: 0n })
  })

  it('cannot close before the delay by asking twice, nor undo it to keep hosts waiting', async () => {
    const world = await openReserved()
    const { send, consumer } = world
    await send(consumer, say.encodeAskClose())
    const asked = (await world.state()).closesAt
    world.wait(3600)
    expect((await send(consumer, say.encodeAskClose())).exit).toBe(ESCROW_EXITS.CLOSING)
    expect((await world.state()).closesAt).toBe(asked)
  })
})

describe('tiny claims', () => {
  it('cost whoever sends them, not the consumer', async () => {
    const world = await openReserved()
    const before = await world.balance()
    for (let cumulative = 1n; cumulative <= 100n; cumulative++) {
      expect(
        (await world.send(world.payee, say.encodeClaim(world.voucher(world.payee.address, cumulative)))).exit
      ).toBe(0)
    }
    expect(await world.balance()).toBe(before - 100n)
    expect(await world.state()).toMatchObject({ feeDue: 5n, locked: toNano('0.525') - 105n })
  })
})
