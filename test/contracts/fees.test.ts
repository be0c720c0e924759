import { beginCell, contractAddress, external, toNano } from '@ton/core'
import { internal } from '@ton/sandbox'
import { beforeAll, describe, expect, it } from 'vitest'
import { acceptingCode } from './accepting-contract.ts'
import { type Cost, costOf, FEES, type FeeYear, openSandbox, printCosts, TEST_START } from './sandbox.ts'

const YEAR_SECONDS = 31_536_000
const years = [2025, 2026] as const satisfies readonly FeeYear[]
const costs: Cost[] = []

/** price · amount / 2^16, rounded up. */
function priced(amount: bigint): bigint {
  return (amount + 0xffffn) >> 16n
}

describe.each(years)('the sandbox at the fees of %i', (year) => {
  const fees = FEES[year]
  let code: Awaited<ReturnType<typeof acceptingCode>>
  beforeAll(async () => {
    code = await acceptingCode()
  })

  it('asks for import, gas and rent what the parameters say', async () => {
    const chain = await openSandbox(year)
    const init = { code, data: beginCell().endCell() }
    const address = contractAddress(0, init)
    await chain.sendMessage(internal({ from: address, to: address, value: toNano(1), stateInit: init }))

    chain.now = TEST_START + YEAR_SECONDS
    const used = (await chain.getContract(address)).account.account?.storageStats.used
    const body = beginCell().storeUint(0, 1000).endCell()
    const { transactions } = await chain.sendMessage(external({ to: address, body }))
    const cost = costOf('a message of 1,000 bits after a year', year, transactions[0]!)
    costs.push(cost)

    expect(cost.parts.gas).toBe(fees.gas.flatPrice + priced((cost.gas - 100n) * fees.gas.price))
    expect(cost.parts.import).toBe(fees.forward.lump + priced(1000n * fees.forward.bit + fees.forward.cell))
    const rent = used!.bits * fees.storage.bit + used!.cells * fees.storage.cell
    expect(cost.parts.storage).toBe(priced(rent * BigInt(YEAR_SECONDS)))
    expect(cost.total).toBe(cost.parts.gas + cost.parts.import + cost.parts.storage)
    if (year === years.at(-1)) printCosts('a contract that accepts', costs)
  })
})
