import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { randomBytes } from '../../../attestation/crypto.ts'
import { sendToEscrow } from '../../../contracts/escrow/consumer.ts'
import { encodeCollectFee } from '../../../contracts/escrow/messages.ts'
import { feesOf } from '../../../contracts/escrow/state.ts'
import { accountOf, escrowAddress } from '../../../contracts/escrow/terms.ts'
import { startMarket } from '../../../services/market/start.ts'
import { hashToken } from '../../../services/runtime/tokens.ts'
import { temporaryFolder } from '../../contracts/local-chain/world.ts'
import { bombyx } from '../cli/run.ts'
import { CRASHES, openClaimsWorld, startClaimerOf, type Wish, type World } from './claims-world.ts'

let w: World
beforeEach(async () => {
  w = await openClaimsWorld()
})
const claimer = (wish: Wish = {}) => startClaimerOf(w, wish)

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

describe('the market collects its fee', () => {
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

  test('from none that it has not looked at, when another is there no more', async () => {
    await earn()
    const [gone, market] = [randomBytes(32), accountOf(w.terms.market)]
    const fee = { market, accrued: 2n * FEE, collected: 0n }
    const facts = { voucherKeys: [], oldKeyUntil: undefined, closesAt: undefined, isClosed: false, payees: new Map() }
    await w.store.writeFacts(gone, { ...facts, checkedAt: new Date(), fee })
    const escrow = escrowAddress(w.terms)
    await sendToEscrow(w.chain, w.market, { to: escrow, body: encodeCollectFee() }, (state) => {
      return state.kind === 'open' && feesOf(state).collected === FEE
    })
    await using _ = claimer({ feeThreshold: 1n })
    await expect.poll(() => w.store.listFees()).toContainEqual(expect.objectContaining({ collected: FEE }))
    expect(await messages()).toBe(2)
  })

  test('never from an escrow that names another market, whose wallet alone may', async () => {
    await earn()
    expect(await w.store.mostFeeDue(accountOf(w.payee), 1n, [])).toBeUndefined()
  })
})

test('the operator sees what is due and collects it by hand, and nobody else sees it', async () => {
  await earn()
  const folder = temporaryFolder()
  const operatorTokens = join(folder, 'operator.json')
  writeFileSync(operatorTokens, `${hashToken('operator')}  operator\n`)
  await using market = await startMarket({
    ...{ listen: '127.0.0.1:0', database: { url: w.databaseUrl }, operatorTokens, dial: {}, domain: 'market.test' },
    ...{ periodMs: 3_600_000, vouchers: { chain: { network: 'local', endpoint: w.endpoint } } }
  })
  const env = { TON_NETWORK: 'local', TON_ENDPOINT: w.endpoint }
  const run = (token: string, ...args: readonly string[]) =>
    bombyx(['market', ...args, '--market', market.authority], { env: { ...env, BOMBYX_TOKEN: token } })
  expect(await run('stranger', 'fees')).toMatchObject({
    status: 10,
    stderr: expect.stringContaining('UNAUTHENTICATED')
  })
  const shown = await run('operator', 'fees', '--json')
  const escrow = escrowAddress(w.terms).toRawString()
  expect(JSON.parse(shown.stdout)).toMatchObject([{ escrow, accrued: '10000000', collected: '0', due: '10000000' }])
  const collect = () => run('operator', 'collect', '--wallet', w.marketKey, '--yes')
  expect(await collect()).toMatchObject({ status: 0, stdout: expect.stringContaining('collected 0.01 TON') })
  expect(await fee()).toEqual({ accrued: FEE, collected: FEE })
  expect(await collect()).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing to collect') })
  expect(await messages()).toBe(2)
}, 30_000)
