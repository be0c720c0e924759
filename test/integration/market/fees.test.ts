import { beforeEach, describe, expect, test } from 'vitest'
import { feesOf } from '../../../contracts/escrow/state.ts'
import { accountOf } from '../../../contracts/escrow/terms.ts'
import { CRASHES, openClaimsWorld, startClaimerOf, type Wish, type World } from './claims-world.ts'

let w: World
beforeEach(async () => {
  w = await openClaimsWorld()
})
const claimer = (wish: Wish = {}) => startClaimerOf(w, wish)

describe('the market collects its fee', () => {
  /** 5 % of what was paid. */
  const FEE = 10_000_000n
  const fee = async () => {
    const state = await w.state()
    return state?.kind === 'open' ? feesOf(state) : undefined
  }
  const earn = async (): Promise<void> => {
    await w.take(w.voucher(20n * FEE))
    await using _ = claimer()
    await expect.poll(fee, { timeout: 10_000 }).toEqual({ accrued: FEE, collected: 0n })
    await expect.poll(w.settled, { timeout: 10_000 }).toBe(true)
  }
  const messages = async () => (await w.chain.getMethod(w.terms.market, 'seqno')).readNumber()

  test('when it is worth it, and what accrues later', async () => {
    await earn()
    expect(await w.store.listFees()).toMatchObject([{ accrued: FEE, collected: 0n }])
    {
      await using _ = claimer({ feeThreshold: FEE + 1n })
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(await fee()).toEqual({ accrued: FEE, collected: 0n })
    await using _ = claimer({ feeThreshold: FEE })
    await expect.poll(fee, { timeout: 10_000 }).toEqual({ accrued: FEE, collected: FEE })
    await w.take(w.voucher(50n * FEE))
    const all = { accrued: (5n * FEE) / 2n, collected: (5n * FEE) / 2n }
    await expect.poll(fee, { timeout: 10_000 }).toEqual(all)
    expect(await messages()).toBe(4)
  })

  test.each(CRASHES)('once, killed %s', async (_, broken) => {
    await earn()
    {
      await using _first = claimer({ feeThreshold: 1n, ...broken(w) })
      await new Promise((resolve) => setTimeout(resolve, 400))
    }
    await using _second = claimer({ feeThreshold: 1n })
    await expect.poll(fee, { timeout: 15_000 }).toEqual({ accrued: FEE, collected: FEE })
    await expect.poll(w.settled, { timeout: 15_000 }).toBe(true)
    expect(await messages()).toBe(2)
  })

  test('never from an escrow that names another market, whose wallet alone may', async () => {
    await earn()
    expect(await w.store.mostFeeDue(accountOf(w.payee), 1n)).toBeUndefined()
  })
})
