import { readFileSync } from 'node:fs'
import { Address, beginCell, toNano } from '@ton/core'
import { internal } from '@ton/sandbox'
import { afterAll, describe, expect, it } from 'vitest'
import { LogAnchor } from '../../../contracts/log-anchor/log-anchor.ts'
import { leavesOf, readerOf } from '../../attestation/tlog/trees.ts'
import { type Cost, costOf, type FeeYear, openSandbox, printCosts, TEST_START } from '../sandbox.ts'
import { ANCHOR_KEY, type AnchoredLog, deployLog, FAUCET, RECOVERY_KEY } from './anchored-log.ts'

const reader = readerOf(leavesOf(60))
const SUCCESSOR = new Address(0, Buffer.alloc(32, 0x55))
const TEN_YEARS = 3652 * 86_400
const years = [2025, 2026] as const satisfies readonly FeeYear[]
const costs: Cost[] = []
afterAll(() => printCosts('log anchor: top-up, rent, retirement', costs))

async function topUp(log: AnchoredLog, value: bigint, body = beginCell().endCell()) {
  const { transactions } = await log.chain.sendMessage(internal({ from: FAUCET, to: log.address, value, body }))
  return transactions
}

describe.each(years)('a top-up, at the fees of %i', (year) => {
  it('is taken from anyone, with any body, before and after the first anchor', async () => {
    const log = await deployLog(await openSandbox(year), { reader })
    const comment = beginCell().storeUint(0, 32).storeStringTail('for the log').endCell()
    for (const body of [beginCell().endCell(), comment, beginCell().storeUint(0x72657469, 32).endCell()]) {
      const [before, state] = [await log.balance(), await log.state()]
      const transactions = await topUp(log, toNano(1), body)
      costs.push(costOf('top-up', year, transactions[0]!))
      expect(transactions).toHaveLength(1)
      expect((await log.balance()) - before).toBeGreaterThan(toNano('0.999'))
      expect(await log.state()).toEqual(state)
      await log.send(await log.order((await log.state()).treeSize + 1n))
    }
  })

  it('never comes back: the contract sends nothing', async () => {
    const log = await deployLog(await openSandbox(year), { reader })
    for (const order of [await log.order(5n), await log.retirement(SUCCESSOR, { seqno: 1 })]) {
      const sent = await log.send(order)
      expect(sent).toMatchObject({ kind: 'run', exitCode: 0, transaction: { outMessagesCount: 0 } })
    }
  })
})

describe.each(years)('rent for ten years, at the fees of %i', (year) => {
  it('is paid from the balance, and the log goes on', async () => {
    const log = await deployLog(await openSandbox(year), { reader })
    await log.send(await log.order(20n))
    const before = await log.balance()
    log.chain.now = TEST_START + TEN_YEARS
    const sent = await log.send(await log.order(40n))
    expect(sent).toMatchObject({ kind: 'run', exitCode: 0 })
    if (sent.kind === 'refused') return
    const cost = costOf('anchor after ten years of rent', year, sent.transaction)
    costs.push(cost)
    expect(before - (await log.balance())).toBe(cost.total)
    expect(cost.parts.storage).toBeGreaterThan(0n)
    // A tenth of what a year of anchors costs.
    expect(cost.parts.storage).toBeLessThan(year === 2026 ? toNano('0.05') : toNano('0.3'))
  })

  it('unpaid, freezes nothing that a top-up does not thaw within a year', async () => {
    const log = await deployLog(await openSandbox(year), { reader, balance: toNano('0.005') })
    log.chain.now = TEST_START + TEN_YEARS / 10
    await topUp(log, toNano(5))
    expect((await log.state()).treeSize).toBe(0n)
    expect(await log.send(await log.order(3n))).toMatchObject({ kind: 'run', exitCode: 0 })
  })
})

describe.each(years)('a balance that would not pay for the longest proof, at the fees of %i', (year) => {
  const required = async (log: AnchoredLog) => log.chain.openContract(LogAnchor.at(log.address)).getRequiredBalance()

  it('BalanceTooLow: refuses any anchor and any retirement, and takes them after a top-up', async () => {
    const log = await deployLog(await openSandbox(year), { reader })
    await log.send(await log.order(20n))
    const contract = await log.chain.getContract(log.address)
    const enough = await required(log)
    // Below what it asks for beside the import, which is paid first.
    contract.balance = enough
    const [anchor, retirement] = [await log.order(40n), await log.retirement(SUCCESSOR)]
    expect(await log.send(anchor)).toEqual({ kind: 'refused', exitCode: 268 })
    expect(await log.send(retirement)).toEqual({ kind: 'refused', exitCode: 268 })
    expect(await log.balance()).toBe(enough)
    await topUp(log, toNano('0.01'))
    expect(await log.send(anchor)).toMatchObject({ kind: 'run', exitCode: 0 })
  })
})

describe('a retirement', () => {
  it('by the recovery key names the successor and is final', async () => {
    const log = await deployLog(await openSandbox(), { reader })
    await log.send(await log.order(20n))
    const before = await log.state()
    const sent = await log.send(await log.retirement(SUCCESSOR))
    expect(sent).toMatchObject({ kind: 'run', exitCode: 0 })
    if (sent.kind === 'run') costs.push(costOf('retirement', 2026, sent.transaction))
    const retired = await log.state()
    expect(retired.successor?.equals(SUCCESSOR)).toBe(true)
    expect({ ...retired, successor: null }).toEqual({ ...before, seqno: 2 })

    const later = await log.order(40n)
    const again = await log.retirement(FAUCET)
    for (const key of [ANCHOR_KEY, RECOVERY_KEY]) {
      expect(await log.send(later, key)).toEqual({ kind: 'refused', exitCode: 257 })
      expect(await log.send(again, key)).toEqual({ kind: 'refused', exitCode: 257 })
    }
    await topUp(log, toNano(1))
    log.chain.now = TEST_START + TEN_YEARS
    await topUp(log, toNano(1))
    expect({ ...(await log.state()), successor: null }).toEqual({ ...retired, successor: null })
    const opened = log.chain.openContract(LogAnchor.at(log.address))
    expect((await opened.getSuccessor())?.equals(SUCCESSOR)).toBe(true)
    expect((await opened.getHead()).treeSize).toBe(20n)
  })

  it('is possible before the first anchor', async () => {
    const log = await deployLog(await openSandbox(), { reader })
    expect(await log.send(await log.retirement(SUCCESSOR))).toMatchObject({ kind: 'run', exitCode: 0 })
    expect(await log.send(await log.order(1n))).toEqual({ kind: 'refused', exitCode: 257 })
  })
})

describe('the code', () => {
  it('cannot be changed: no transaction of any kind leaves another', async () => {
    const log = await deployLog(await openSandbox(), { reader })
    const hash = async () => {
      const { accountState } = await log.chain.getContract(log.address)
      return accountState?.type === 'active' ? accountState.state.code?.hash().toString('hex') : undefined
    }
    const before = await hash()
    expect(before).toBeDefined()
    await log.send(await log.order(20n))
    await topUp(log, toNano(1), beginCell().storeUint(0xffffffff, 32).endCell())
    await log.send(await log.retirement(SUCCESSOR))
    expect(await hash()).toBe(before)
    // `npm run contracts:check` holds the code to this source.
    const source = readFileSync(new URL('../../../contracts/log-anchor/LogAnchor.tolk', import.meta.url), 'utf8')
    expect(source).not.toMatch(
      /setCode|setTvmRegister|sendRawMessage|createMessage|createExternalLog|SETCODE|SENDRAWMSG|SENDMSG/
    )
  })
})
