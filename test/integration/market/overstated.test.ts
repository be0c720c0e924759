import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes, sha256 } from '../../../attestation/crypto.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { callStream, callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { startTestLog } from '../../fakes/log.ts'
import { startWorld, statementOf, type World } from './world.ts'

const MOST = Number.MAX_SAFE_INTEGER
/** So many of the largest statements pass 64 bits in every sum. */
const ENOUGH = 1024
const HELD = String(2n ** 63n - 1n)

let world: World
let key: Buffer
let hashes: readonly Buffer[]
const stack = new AsyncDisposableStack()

// A host that the registry lists, and that counts as it likes.
beforeAll(async () => {
  const log = stack.use(await startTestLog(await createTestDatabase()))
  world = stack.use(await startWorld({ periodMs: 100, log: log.service.authority }))
  const { guest } = await world.enrol((await world.provider('liar')).registry)
  await callUnary(world.operator, 'PutOrganisation', { name: 'victim' })
  key = (await callUnary(world.operator, 'CreateKey', { organisation: 'victim', name: 'k' })).key!.keyId
  const counts = { prompt: MOST, cached: MOST, completion: MOST, reasoning: MOST }
  const most = { counts, price: 0n, durationMs: MOST, sessionId: randomBytes(16) }
  const statements = Array.from({ length: ENOUGH + 1 }, (_, at) => statementOf(guest, at + 1, most, key))
  await callUnary(world.metering, 'StoreUsage', { statements: statements.slice(0, ENOUGH) })
  await callUnary(world.metering, 'StoreUsage', { statements: statements.slice(ENOUGH) })
  hashes = [0, 1, 2].map((at) => Buffer.from(sha256(statements[at]!.statement as Uint8Array)))
})
afterAll(() => stack.disposeAsync())

describe('a host that overstates its counts', () => {
  it('stops no bill', async () => {
    const { lines } = await callUnary(world.operator, 'GetBill', { organisation: 'victim' })
    expect(lines).toMatchObject([{ requests: String(ENOUGH + 1), promptTokens: HELD, reasoningTokens: HELD }])
  })

  it('stops no relay from learning the keys', async () => {
    const keys = await connect(bombyxV1.ApiKeys, world.authority)
    stack.defer(() => keys.close())
    const stop = new AbortController()
    const events = callStream(keys, 'Watch', {}, { signal: stop.signal })[Symbol.asyncIterator]()
    expect(await events.next()).toMatchObject({ value: { granted: { spent: { tokens: HELD, nanoton: '0' } } } })
    stop.abort()
    await events.next().catch(() => {})
  })

  it('stops no provider from seeing its hosts', async () => {
    const { supplies } = await callUnary(world.operator, 'ListSupplies', {})
    expect(supplies).toMatchObject([{ measured: { requests: String(ENOUGH + 1) } }])
  })

  it('keeps no statement out of the log: as many go into a leaf as its sums hold', async () => {
    const prove = (statementHash: Buffer) => callUnary(world.operator, 'GetUsageProof', { statementHash })
    for (const hash of hashes) {
      await expect.poll(async () => (await prove(hash).catch(() => undefined))?.leaf).toBeDefined()
    }
    expect(new Set(await Promise.all(hashes.map(async (hash) => (await prove(hash)).leaf.toString('hex')))).size).toBe(
      3
    )
  })
})

describe('whoever delivers statements of keysets that were never listed', () => {
  it('adds one line to a bill, whatever models and tenants they name', async () => {
    const statements = Array.from({ length: 3 }, () =>
      statementOf(world.createGuest(), 1, { tenant: randomBytes(16), sessionId: randomBytes(16), price: 1n })
    )
    await callUnary(world.metering, 'StoreUsage', { statements })
    const { lines } = await callUnary(world.operator, 'GetBill', {})
    expect(lines.filter(({ unbillable }) => unbillable === 'USAGE_UNLISTED')).toMatchObject([
      { requests: '3', model: '', price: '3' }
    ])
  })
})

describe('an organisation', () => {
  it('has an end to its demands', async () => {
    const { secret } = await callUnary(world.operator, 'CreateKey', { organisation: 'victim', name: 'd' })
    const own = await world.as(secret)
    const demand = { model: 'm', queriesPerDay: 1, inputTokens: 1 }
    for (let n = 0; n < 1000; n += 50) {
      await Promise.all(Array.from({ length: 50 }, () => callUnary(own, 'PutDemand', demand)))
    }
    await expect(callUnary(own, 'PutDemand', demand)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    const [first] = (await callUnary(own, 'ListDemands', {})).demands
    await callUnary(own, 'PutDemand', { ...demand, demandId: first!.demandId, queriesPerDay: 2 })
  })
})
