import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import type { HashReader } from '../../../attestation/tlog/node-id.ts'
import { uniformReader } from '../../attestation/tlog/trees.ts'
import { type Cost, costOf, type FeeYear, openSandbox, printCosts, TEST_START } from '../sandbox.ts'
import { deployLog } from './anchored-log.ts'
import { costsBetween } from './measure.ts'
import { storedTree } from './stored-tree.ts'

const years = [2025, 2026] as const satisfies readonly FeeYear[]
/** What an anchor may use, as LogAnchor.tolk has it. */
const MAX_GAS = 50_000n
const LARGEST = 1n << 63n
/** nanoTON: at most this for an anchor at 10^6 leaves. */
const ASKED = 2_300_000n
const uniform = uniformReader(leafHash(Uint8Array.of(1)))

describe('what an anchor costs, ten minutes after the last, all included', () => {
  const table: Cost[] = []
  afterAll(() => printCosts('log anchor: one anchor', table))
  let million: HashReader
  beforeAll(() => {
    million = storedTree(20)
  })

  it.each(years)('the first, at the fees of %i', async (year) => {
    const chain = await openSandbox(year)
    const log = await deployLog(chain, { reader: uniform })
    chain.now = TEST_START + 600
    const sent = await log.send(await log.order(1n))
    if (sent.kind === 'refused') throw new Error(`refused with ${sent.exitCode}`)
    table.push(costOf('first', year, sent.transaction))
  })

  it.each([1000n, 10_000n, 100_000n])('at %i leaves', async (size) => {
    for (const year of years) table.push(await costsBetween(size - 100n, size, { year, reader: uniform }))
  })

  it('at 10^6 leaves at most 0.0023 TON, whatever grew', async () => {
    const grown = [1n, 2n, 17n, 100n, 333n, 1000n, 1025n, 4095n, 20_000n, 475_713n, 500_001n]
    const million = 1_000_000n
    let dearest: Cost | undefined
    for (const by of grown) {
      const cost = await costsBetween(million - by, million, { year: 2026, reader: uniform })
      if (dearest === undefined || cost.total > dearest.total) dearest = cost
    }
    table.push(dearest!, await costsBetween(million - 100n, million, { year: 2025, reader: uniform }))
    expect(dearest!.total).toBeLessThanOrEqual(ASKED)
  })

  it.each([
    [(1n << 20n) - 1n, 1n << 20n],
    [(1n << 20n) - 101n, 1n << 20n],
    [(1n << 19n) - 1n, 1n << 20n]
  ])('from %i to %i leaves, each its own', async (from, to) => {
    const cost = await costsBetween(from, to, { year: 2026, reader: million })
    table.push(cost)
    expect(cost.total).toBeLessThanOrEqual(ASKED)
  })

  it('with the longest proofs no more gas than the balance is asked to pay for', async () => {
    const half = LARGEST >> 1n
    const pairs: readonly (readonly [bigint, bigint])[] = [
      [half - 1n, LARGEST],
      [half + 1n, LARGEST],
      [LARGEST - 1n, LARGEST],
      [1n, LARGEST],
      [half - 3n, LARGEST - 1n],
      [half + (half >> 1n) - 1n, LARGEST - 1n],
      [0x2aaa_aaaa_aaaa_aaabn, 0x5555_5555_5555_5555n]
    ]
    const costs: Cost[] = []
    for (const [from, to] of pairs) costs.push(await costsBetween(from, to, { year: 2026, reader: uniform }))
    const most = costs.reduce((a, b) => (a.gas > b.gas ? a : b))
    table.push(most, await costsBetween(half - 1n, LARGEST, { year: 2025, reader: uniform }))
    expect(most.gas).toBeLessThanOrEqual(MAX_GAS)
    expect(most.gas).toBeGreaterThan((MAX_GAS * 9n) / 10n)
  })

  it('leaves the account as large as it was: rent does not grow', async () => {
    const chain = await openSandbox()
    const log = await deployLog(chain, { reader: million })
    const cells = async () => (await chain.getContract(log.address)).account.account?.storageStats.used
    await log.send(await log.order(3n))
    const before = await cells()
    await log.send(await log.order(1n << 20n))
    expect(await cells()).toEqual(before)
  })
})
