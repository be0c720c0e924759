import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes, sha256 } from '../../../attestation/crypto.ts'
import { verifyUsageInLeaf } from '../../../attestation/receipt/usage-period.ts'
import { parseLeaf } from '../../../attestation/tlog/leaf.ts'
import type { Bill__Output } from '../../../proto/gen/bombyx/v1/Bill.ts'
import { callStream, callUnary } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { startTestLog } from '../../fakes/log.ts'
import { declaration, type EnrolledHost, startWorld, statementOf, type World } from './world.ts'

let world: World
let host: EnrolledHost
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  world = stack.use(await startWorld({ periodMs: 200 }))
  host = await world.enrol((await world.provider('one')).registry)
})
afterAll(() => stack.disposeAsync())

async function newKey(organisation: string): Promise<Buffer> {
  await callUnary(world.operator, 'PutOrganisation', { name: organisation })
  const { key } = await callUnary(world.operator, 'CreateKey', { organisation, name: 'k' })
  return key?.keyId ?? Buffer.alloc(0)
}

function lines({ lines: all }: Bill__Output) {
  return all.map(({ model, unbillable, requests, cancelled, failed, completionTokens, price }) => ({
    ...{ model, unbillable, requests, cancelled, failed, completionTokens, price }
  }))
}

const bill = (organisation: string): Promise<Bill__Output> => callUnary(world.operator, 'GetBill', { organisation })
let nextSeq = 0

describe('a bill', () => {
  it('adds up what was delivered, of cancelled and broken streams too', async () => {
    const key = await newKey('sums')
    const sessionId = randomBytes(16)
    const made = (['complete', 'cancelled', 'failed'] as const).map((finish, index) => {
      const counts = { prompt: 1000, cached: 500, completion: 10 * (index + 1), reasoning: 1 }
      // ⌈(1000 × 100 + 500 × 10 + c × 400 + 400) / 10^6⌉ = 1 each.
      return statementOf(host.guest, ++nextSeq, { counts, finish, sessionId, price: 1n }, key)
    })
    await callUnary(world.metering, 'StoreUsage', { statements: made })
    expect(lines(await bill('sums'))).toEqual([
      {
        ...{ model: 'test/model', unbillable: '', requests: '3', cancelled: '1', failed: '1' },
        ...{ completionTokens: '60', price: '3' }
      }
    ])
  })

  it('charges nothing that asks for more than its keyset was listed with', async () => {
    const key = await newKey('dear')
    const counts = { prompt: 10_000, cached: 0, completion: 0, reasoning: 0 }
    const sessionId = randomBytes(16)
    const [fair, dear] = [1n, 2n].map((price) => statementOf(host.guest, ++nextSeq, { counts, price, sessionId }, key))
    await callUnary(world.metering, 'StoreUsage', { statements: [fair!, dear!] })
    expect(lines(await bill('dear')).map(({ unbillable, price }) => [unbillable, price])).toEqual([
      ['', '1'],
      ['USAGE_OVERPRICED', '2']
    ])
  })

  it('charges nothing under a keyset that was never listed, which makes room for one that was', async () => {
    const key = await newKey('made-up')
    const { epoch } = host.guest.keyset
    const stranger = world.createGuest({ epoch })
    const sessionId = randomBytes(16)
    const seq = ++nextSeq
    await callUnary(world.metering, 'StoreUsage', { statements: [statementOf(stranger, seq, { sessionId }, key)] })
    expect(lines(await bill('made-up')).map(({ unbillable }) => unbillable)).toEqual(['USAGE_UNLISTED'])
    const honest = statementOf(host.guest, seq, { sessionId }, key)
    const { refused } = await callUnary(world.metering, 'StoreUsage', { statements: [honest] })
    expect(refused).toEqual([])
    expect(lines(await bill('made-up')).map(({ unbillable }) => unbillable)).toEqual([''])
    const again = await callUnary(world.metering, 'StoreUsage', {
      statements: [statementOf(stranger, seq, { sessionId }, key)]
    })
    expect(again.refused.map(({ code }) => code)).toEqual(['USAGE_CONFLICT'])
  })

  it('charges a key nothing that a host signed under its session without a relay to name it', async () => {
    const key = await newKey('victim')
    const other = await world.enrol((await world.provider('hostile')).registry)
    const sessionId = randomBytes(16)
    await callUnary(world.metering, 'StoreUsage', {
      statements: [
        statementOf(host.guest, ++nextSeq, { sessionId }, key),
        statementOf(other.guest, 1, { sessionId, price: 1n })
      ]
    })
    expect(lines(await bill('victim')).map(({ requests }) => requests)).toEqual(['1'])
  })

  it('is the same whatever was lost on the way, came again, late, or twice at once', async () => {
    const key = await newKey('exactly-once')
    let priced = 0n
    let requests = 0
    const seqs = fc.shuffledSubarray([1, 2, 3, 4, 5, 6])
    await fc.assert(
      fc.asyncProperty(fc.array(seqs, { minLength: 1, maxLength: 5 }), async (deliveries) => {
        const sessionId = randomBytes(16)
        const [first, made] = [nextSeq, new Map<number, ReturnType<typeof statementOf>>()]
        nextSeq += 6
        for (const seq of [1, 2, 3, 4, 5, 6]) {
          const counts = { prompt: 20_000 * seq, cached: 0, completion: 0, reasoning: 0 }
          made.set(seq, statementOf(host.guest, first + seq, { counts, sessionId, price: BigInt(seq * 2) }, key))
        }
        await Promise.all(
          deliveries.map((delivery) =>
            callUnary(world.metering, 'StoreUsage', { statements: delivery.map((seq) => made.get(seq)!) })
          )
        )
        const distinct = new Set(deliveries.flat())
        for (const seq of distinct) priced += BigInt(seq * 2)
        requests += distinct.size
        const [line] = lines(await bill('exactly-once'))
        expect([line?.requests ?? '0', line?.price ?? '0']).toEqual([String(requests), String(priced)])
      }),
      { numRuns: 15 }
    )
    let listed = 0
    for await (const _ of callStream(world.operator, 'ListStatements', { organisation: 'exactly-once' })) listed++
    expect(listed).toBe(requests)
  })
})

describe('a usage period', () => {
  it('tells the log of each statement once, and proves it', async () => {
    const log = stack.use(await startTestLog(await createTestDatabase()))
    const logged = stack.use(await startWorld({ periodMs: 100, log: log.service.authority }))
    const { guest } = await logged.enrol((await logged.provider('logged')).registry)
    const statements = [1, 2, 3, 5].map((seq) => statementOf(guest, seq))
    await callUnary(logged.metering, 'StoreUsage', { statements })
    const hash = (at: number): Buffer => Buffer.from(sha256(statements[at]!.statement as Uint8Array))
    const prove = (at: number) => callUnary(logged.operator, 'GetUsageProof', { statementHash: hash(at) })
    await expect.poll(async () => (await prove(2).catch(() => undefined))?.logIndex).toBeDefined()
    const { leaf, index, hashes } = await prove(2)
    const read = parseLeaf(leaf)
    if (read.kind !== 'usage') throw new Error(read.kind)
    expect(read).toMatchObject({ count: 3, totals: { completionTokens: 900 } })
    verifyUsageInLeaf(statements[2]!.statement as Uint8Array, { index: Number(index), proof: hashes }, read)
    // Its place in the epoch is not reached without a gap.
    await expect(prove(3)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await callUnary(logged.metering, 'StoreUsage', { statements: [statementOf(guest, 4)] })
    await expect.poll(async () => (await prove(3).catch(() => undefined))?.leaf).toBeDefined()
    expect((await prove(2)).leaf).toEqual(leaf)
    expect(parseLeaf((await prove(3)).leaf)).toMatchObject({ count: 2 })
  })
})

describe('a plan', () => {
  it('says who should hold what, what stays unmet and why, and shows each caller its own', async () => {
    const { registry, market } = await world.provider('planned')
    const { id } = await world.enrol(registry)
    await callUnary(market, 'PutSupply', declaration(id))
    await callUnary(world.operator, 'PutOrganisation', { name: 'planner' })
    const { secret } = await callUnary(world.operator, 'CreateKey', { organisation: 'planner', name: 'k' })
    const own = await world.as(secret)
    const demand = { queriesPerDay: 1000, inputTokens: 800, outputTokens: 200, billions: 8 }
    await callUnary(own, 'PutDemand', { ...demand, model: 'test/model' })
    await callUnary(own, 'PutDemand', { ...demand, model: 'nowhere', region: 'moon' })
    await callUnary(own, 'PutDemand', { ...demand, model: 'unknown', billions: 0 })
    const plan = await callUnary(world.operator, 'GetPlan', { seconds: 5 }, { deadlineMs: 40_000 })
    expect(plan.hosts.filter(({ provider }) => provider === 'planned')).toMatchObject([
      // ⌈(800 × 100 + 200 × 400) / 10^6⌉ = 1 nanoTON a query.
      { model: 'test/model', moves: false, queriesPerDay: '1000', earningsPerDay: '1000' }
    ])
    expect(plan.demands.map((one) => [one.model, one.unmetQueriesPerDay, one.unmetBecause])).toEqual(
      expect.arrayContaining([
        ['test/model', '0', ''],
        ['nowhere', '1000', 'no-host'],
        ['unknown', '1000', 'unknown-model']
      ])
    )
    expect(await callUnary(own, 'GetPlan', {}, { deadlineMs: 40_000 })).toMatchObject({
      hosts: [],
      demands: [{ organisation: 'planner' }, { organisation: 'planner' }, { organisation: 'planner' }]
    })
    expect(await callUnary(market, 'GetPlan', {}, { deadlineMs: 40_000 })).toMatchObject({
      hosts: [{ provider: 'planned' }],
      demands: []
    })
  })
})
