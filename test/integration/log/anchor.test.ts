import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from '@ton/core'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { type Chain, openChain } from '../../../contracts/chain.ts'
import { openKeyFile } from '../../../contracts/key-file.ts'
import { type LocalChainService, startLocalChain } from '../../../contracts/local-chain/start.ts'
import { LogAnchor } from '../../../contracts/log-anchor/log-anchor.ts'
import { parseAnchorTransaction } from '../../../contracts/log-anchor/transaction.ts'
import { deployAnchor, type LogConfig } from '../../../services/log/start.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { appendNumbered, startTestLog, TEST_ORIGIN, type TestLog } from '../../fakes/log.ts'

let folder: string
let local: LocalChainService
let chain: Chain

const now = () => new Date()

function startChain(port = 0): Promise<LocalChainService> {
  const config = { folder: join(folder, 'chain'), listen: { host: '127.0.0.1', port }, blockIntervalMs: 300 }
  return startLocalChain(config, { now, onFailure: () => {} })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-anchor-'))
  local = await startChain()
  chain = openChain({ network: 'local', endpoint: local.endpoint })
})
afterAll(() => local[Symbol.asyncDispose]())

async function deploy(name: string) {
  const key = join(folder, `${name}.key`)
  const wish = {
    chain,
    origin: TEST_ORIGIN,
    anchorKey: openKeyFile(key).publicKey,
    recoveryKey: openKeyFile(join(folder, 'recovery.key')).publicKey,
    payer: openKeyFile(join(folder, 'chain', 'faucet.key')),
    amount: 1_000_000_000n
  }
  const { address } = await deployAnchor(wish)
  const anchor: LogConfig['anchor'] = {
    network: 'local',
    endpoint: local.endpoint,
    address: address.toString(),
    key,
    intervalMs: 1000,
    pollMs: 100
  }
  return { wish, address, anchor }
}

async function headOnChain(address: Address): Promise<number> {
  return Number((await chain.open(LogAnchor.at(address)).getHead()).treeSize)
}

async function eventsOf(address: Address) {
  const transactions = await chain.transactions(address, { limit: 100 })
  return transactions.map(parseAnchorTransaction).filter(({ kind }) => kind !== 'topped-up')
}

async function rootOf(log: TestLog): Promise<Uint8Array> {
  return verifyCheckpoint((await callUnary(log.client, 'GetCheckpoint', {})).checkpoint, log.trust).root
}

describe('an anchor', () => {
  it('is deployed once, at an address that is known before', async () => {
    const { wish, address } = await deploy('once')
    const again = await deployAnchor(wish)
    expect([again.address.equals(address), again.cost]).toEqual([true, 0n])
  })

  it('takes the newest head, then one that extends it', async () => {
    const { address, anchor } = await deploy('grows')
    await using log = await startTestLog(await createTestDatabase(), { anchor, refreshMs: 200 })
    await appendNumbered(log.client, { first: 1, count: 300 })
    await expect.poll(() => headOnChain(address)).toBe(300)
    await appendNumbered(log.client, { first: 301, count: 200 })
    await expect.poll(() => headOnChain(address)).toBe(500)
    const head = await chain.open(LogAnchor.at(address)).getHead()
    expect(head.rootHash).toEqual(await rootOf(log))
    const status = async () => (await callUnary(log.client, 'GetAnchor', {})).anchored?.size
    await expect.poll(status).toBe('500')
    expect((await eventsOf(address)).map(({ kind }) => kind)).toEqual(['anchored', 'anchored'])
  })

  it('catches up with one anchor when the chain is back', async () => {
    const { address, anchor } = await deploy('outage')
    await using log = await startTestLog(await createTestDatabase(), { anchor, refreshMs: 200 })
    await appendNumbered(log.client, { first: 1, count: 10 })
    await expect.poll(() => headOnChain(address)).toBe(10)
    const port = Number(new URL(local.endpoint).port)
    await local[Symbol.asyncDispose]()
    for (let first = 11; first <= 101; first += 10) await appendNumbered(log.client, { first, count: 10 })
    await expect.poll(async () => (await callUnary(log.client, 'GetAnchor', {})).late, { timeout: 15_000 }).toBe(true)
    local = await startChain(port)
    await expect.poll(() => headOnChain(address)).toBe(110)
    expect(await eventsOf(address)).toHaveLength(2)
    await expect.poll(async () => (await callUnary(log.client, 'GetAnchor', {})).late).toBe(false)
  })

  it('that was sent and not heard of is found, and not sent for a second time', async () => {
    const { address, anchor } = await deploy('crash')
    const url = await createTestDatabase()
    const log = await startTestLog(url, { anchor, refreshMs: 200 })
    await appendNumbered(log.client, { first: 1, count: 10 })
    await expect.poll(() => headOnChain(address)).toBe(10)
    await expect.poll(async () => (await callUnary(log.client, 'GetAnchor', {})).anchored?.size).toBe('10')
    await log[Symbol.asyncDispose]()
    // As after a crash between sending and hearing.
    await using database = await openDatabase({ url })
    await sql`update log_anchors set state = 'open', transaction_lt = null, transaction_hash = null`.execute(
      database.sql
    )
    await using again = await startTestLog(url, { anchor, key: log.config.key, refreshMs: 200 })
    await expect.poll(async () => (await callUnary(again.client, 'GetAnchor', {})).anchored?.size).toBe('10')
    expect(await eventsOf(address)).toHaveLength(1)
  })

  it('of another log is sent nothing', async () => {
    const { address, anchor } = await deploy('foreign')
    await using log = await startTestLog(await createTestDatabase(), { anchor, origin: 'another/log', refreshMs: 200 })
    await appendNumbered(log.client, { first: 1, count: 10 })
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(await eventsOf(address)).toEqual([])
  })
})
