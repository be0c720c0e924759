import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bombyxV1 } from '../../../proto/load.ts'
import { type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { type ChainGate, type Forward, startChainGate } from '../../fakes/chain-gate.ts'
import { openClaimsWorld, type World } from './claims-world.ts'

const SUM = 3_000_000n
const moduleOf = (path: string): URL => new URL(`../../../services/${path}/main.ts`, import.meta.url)

let w: World
let gate: ChainGate
let chain: ServiceProcess
let market: ServiceProcess
let dead: ServiceProcess[]
let stack: AsyncDisposableStack

beforeEach(async () => {
  stack = new AsyncDisposableStack()
  dead = []
  w = await openClaimsWorld(async (folder) => {
    const env = { BOMBYX_CHAIN_DATA: folder, BOMBYX_CHAIN_BLOCK_INTERVAL: '200ms' }
    chain = stack.use(await startProcess({ name: 'chain', module: moduleOf('network/chain'), env }, {}))
    return { endpoint: chain.details['endpoint'] ?? '' }
  })
  gate = stack.use(await startChainGate(w.endpoint))
  const env = {
    ...{ PATH: process.env['PATH'] ?? '', DATABASE_URL: w.databaseUrl },
    ...{ TON_NETWORK: 'local', TON_ENDPOINT: gate.endpoint },
    ...{ BOMBYX_CLAIM_WALLET: w.marketKey, BOMBYX_CLAIM_THRESHOLD: '1', BOMBYX_CLAIM_POLL: '50ms' }
  }
  market = stack.use(await startProcess({ name: 'market', module: moduleOf('market'), env }, {}))
})

afterEach(() => stack[Symbol.asyncDispose]())

async function kill(victim: ServiceProcess): Promise<void> {
  process.kill(victim.pid, 'SIGKILL')
  await victim.ended
  dead.push(victim)
}

/** Who dies while a claim's message is on its way from the market to the chain. */
const DEATHS: readonly (readonly [string, (forward: Forward) => Promise<unknown>])[] = [
  ['the market, after it stored and before it sent', () => kill(market)],
  ['the market, after it sent and before it heard', (forward) => forward().then(() => kill(market))],
  ['the market, while the chain makes the block', (forward) => Promise.all([forward(), kill(market)])],
  ['the chain, before it had the message', () => kill(chain)],
  ['the chain, with the message in its queue', (forward) => Promise.allSettled([forward(), kill(chain)])],
  ['the chain, when the wallet has run and the escrow has not', (forward) => forward().then(() => kill(chain))],
  ['both, before the chain had the message', () => Promise.all([kill(market), kill(chain)])],
  [
    'both, when the wallet has run and the escrow has not',
    (forward) => forward().then(() => Promise.all([kill(market), kill(chain)]))
  ]
]

test.each(DEATHS)('%s: the claim pays once', async (_, death) => {
  const died = Promise.withResolvers<void>()
  gate.catchNext((forward) => death(forward).finally(died.resolve))
  await give(SUM)
  await died.promise
  for (const one of dead) await one.restart()
  await expect.poll(w.paid, { timeout: 20_000 }).toBe(SUM)
  await expect.poll(w.settled, { timeout: 20_000 }).toBe(true)
  // It goes on with the next.
  await give(2n * SUM)
  await expect.poll(w.paid, { timeout: 20_000 }).toBe(2n * SUM)
  await expect.poll(w.settled, { timeout: 20_000 }).toBe(true)
  expect((await w.chain.transactions(w.payee, { limit: 100 })).length).toBe(2)
  expect((await w.chain.getMethod(w.terms.market, 'seqno')).readNumber()).toBe(2)
  const { rows } = await sql`select state, cumulative, seqno from claims order by id`.execute(w.database.sql)
  expect(rows).toEqual([
    { state: 'paid', cumulative: SUM, seqno: 0n },
    { state: 'paid', cumulative: 2n * SUM, seqno: 1n }
  ])
})

async function give(cumulative: bigint): Promise<void> {
  const vouchers = await connect(bombyxV1.Vouchers, market.authority)
  await callUnary(vouchers, 'StoreVoucher', { voucher: w.voucher(cumulative) })
  vouchers.close()
}
