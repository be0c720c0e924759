import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomBytes, sha256 } from '../../../attestation/crypto.ts'
import { signUsage, type UsageFields } from '../../../attestation/receipt/usage.ts'
import type { MeteringClient } from '../../../proto/gen/bombyx/v1/Metering.ts'
import type { StoreUsageResponse__Output } from '../../../proto/gen/bombyx/v1/StoreUsageResponse.ts'
import type { UsageStatement } from '../../../proto/gen/bombyx/v1/UsageStatement.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { type MarketService, startMarket } from '../../../services/market/start.ts'
import { openDatabase } from '../../../services/runtime/database.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { createGuestMaker, type Guest, type GuestMaker } from '../../fakes/guest.ts'

let url: string
let markets: readonly MarketService[]
let clients: readonly MeteringClient[]
let createGuest: GuestMaker

beforeAll(async () => {
  createGuest = await createGuestMaker()
  url = await createTestDatabase()
  const config = { listen: '127.0.0.1:0', database: { url }, dial: {}, domain: 'market.test', periodMs: 3_600_000 }
  markets = await Promise.all([startMarket(config), startMarket(config)])
  clients = await Promise.all(markets.map(({ authority }) => connect(bombyxV1.Metering, authority)))
})
afterAll(async () => {
  for (const client of clients) client.close()
  for (const market of markets) await market[Symbol.asyncDispose]()
})

function state(guest: Guest, seq: number, changes: Partial<UsageFields> = {}): UsageStatement {
  const statement = signUsage(
    {
      counts: { prompt: 12, cached: 0, completion: 3, reasoning: 0 },
      durationMs: 812,
      epoch: guest.keyset.epoch,
      finish: 'complete',
      keyId: 'r1',
      model: 'test/model',
      n: seq,
      price: 15n,
      receiptHash: sha256(Uint8Array.of(1)),
      seq,
      sessionId: new Uint8Array(16),
      tenant: new Uint8Array(16),
      keysetDigest: guest.keyset.digest,
      ...changes
    },
    guest.receiptKey
  )
  return { statement, keyset: guest.keyset.bytes }
}

function store(statements: readonly UsageStatement[], replica = 0): Promise<StoreUsageResponse__Output> {
  return callUnary(clients[replica]!, 'StoreUsage', { statements: [...statements] })
}

function summary(response: StoreUsageResponse__Output) {
  return {
    progress: response.progress.map(({ storedUpTo }) => Number(storedUpTo)),
    refused: response.refused.map(({ index, code }) => `${index} ${code}`)
  }
}

describe('usage statements', () => {
  it('are acknowledged as far as they are stored without a gap', async () => {
    const guest = createGuest()
    expect(summary(await store([state(guest, 2), state(guest, 4)]))).toEqual({ progress: [0], refused: [] })
    expect(summary(await store([state(guest, 1)]))).toEqual({ progress: [2], refused: [] })
    expect(summary(await store([state(guest, 3)]))).toEqual({ progress: [4], refused: [] })
  })

  it('are acknowledged at once, however many stood behind a gap', async () => {
    const guest = createGuest()
    const many = Array.from({ length: 4500 }, (_, at) => state(guest, at + 2))
    for (let at = 0; at < many.length; at += 1000) await store(many.slice(at, at + 1000))
    expect(summary(await store([state(guest, 1)]))).toEqual({ progress: [4501], refused: [] })
  })

  it('of several hosts and keysets come together', async () => {
    const [one, other] = [createGuest(), createGuest()]
    const sameEpoch = createGuest({ epoch: one.keyset.epoch, subject: one.keyset.subject })
    const response = await store([state(one, 1), state(other, 1), state(sameEpoch, 2), state(other, 3)])
    const progress = new Map(response.progress.map(({ epoch, storedUpTo }) => [epoch.toString('hex'), storedUpTo]))
    const hex = (guest: Guest): string => Buffer.from(guest.keyset.epoch).toString('hex')
    expect(progress).toEqual(
      new Map([
        [hex(one), '2'],
        [hex(other), '1']
      ])
    )
  })

  it('of an empty delivery are nothing', async () => {
    expect(summary(await store([]))).toEqual({ progress: [], refused: [] })
  })

  it('that come again, in one delivery or another, are as good as new', async () => {
    const guest = createGuest()
    const statement = state(guest, 1)
    expect(summary(await store([statement, statement]))).toEqual({ progress: [1], refused: [] })
    expect(summary(await store([statement]))).toEqual({ progress: [1], refused: [] })
  })

  it('that contradict a stored one are named, and the first one stays', async () => {
    const guest = createGuest()
    await store([state(guest, 1)])
    const lie = state(guest, 1, { price: 14n })
    expect(summary(await store([lie, state(guest, 2)]))).toEqual({ progress: [2], refused: ['0 USAGE_CONFLICT'] })
    expect(summary(await store([state(guest, 1)]))).toEqual({ progress: [2], refused: [] })
  })

  it('that contradict each other in one delivery: one is named', async () => {
    const guest = createGuest()
    const response = await store([state(guest, 1), state(guest, 1, { price: 14n })])
    expect(summary(response)).toEqual({ progress: [1], refused: ['1 USAGE_CONFLICT'] })
  })

  const stranger = (): Guest => createGuest()
  it.each<[string, (guest: Guest) => UsageStatement, string]>([
    ['are no statement', (guest) => ({ ...state(guest, 1), statement: Buffer.from('{}') }), 'USAGE_MALFORMED'],
    ['come without a keyset', (guest) => ({ ...state(guest, 1), keyset: Buffer.alloc(0) }), 'KEYSET_MALFORMED'],
    ['come with another keyset', (guest) => ({ ...state(guest, 1), keyset: stranger().keyset.bytes }), 'USAGE_REFUSED'],
    [
      "are signed by another's key",
      (guest) => state({ ...guest, receiptKey: stranger().receiptKey }, 1),
      'USAGE_REFUSED'
    ],
    ["write into another's epoch", (guest) => state(guest, 1, { epoch: randomBytes(16) }), 'USAGE_REFUSED'],
    ['are of another model', (guest) => state(guest, 1, { model: 'other/model' }), 'USAGE_REFUSED']
  ])('that %s are refused by index, and take no other with them', async (_what, forge, code) => {
    const guest = createGuest()
    const response = await store([state(guest, 1), forge(guest), state(guest, 2)])
    expect(summary(response)).toEqual({ progress: [2], refused: [`1 ${code}`] })
  })

  it('are at most 1,024 a delivery', async () => {
    const guest = createGuest()
    const one = state(guest, 1)
    const many = Array.from({ length: 1025 }, () => one)
    await expect(store(many)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(store(many.slice(1))).resolves.toMatchObject({ refused: [] })
  })

  it('are stored again by a database that was set back, from the second offer on', async () => {
    const guest = createGuest()
    await store([state(guest, 1)])
    await using database = await openDatabase({ url })
    const { epoch, digest } = guest.keyset
    await sql`delete from usage_statements where epoch = ${epoch}`.execute(database.sql)
    await sql`delete from usage_epochs where epoch = ${epoch}`.execute(database.sql)
    await sql`delete from usage_keysets where digest = ${digest}`.execute(database.sql)
    await expect(store([state(guest, 1)])).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(summary(await store([state(guest, 1)]))).toEqual({ progress: [1], refused: [] })
  })

  it('end in the same rows, whatever is lost, repeated, reordered or delivered twice at once', async () => {
    const seqs = fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8])
    await fc.assert(
      fc.asyncProperty(fc.array(seqs, { minLength: 1, maxLength: 6 }), async (deliveries) => {
        const guest = createGuest()
        const send = (delivery: readonly number[], index: number) =>
          store(
            delivery.map((seq) => state(guest, seq)),
            index % 2
          )
        const responses = await Promise.all(deliveries.map(send))
        expect(responses.flatMap(({ refused }) => refused)).toEqual([])
        const stored = new Set(deliveries.flat())
        let expected = 0
        while (stored.has(expected + 1)) expected += 1
        const [probe] = [...stored]
        if (probe === undefined) return
        expect(summary(await store([state(guest, probe)]))).toEqual({ progress: [expected], refused: [] })
      }),
      { numRuns: 25 }
    )
  })
})

describe('statements are found', () => {
  const receiptHash = Buffer.from(randomBytes(32))
  const name = (guest: Guest, changes: object = {}) => ({
    ...{ sessionId: Buffer.alloc(16), n: '1', keysetDigest: Buffer.from(guest.keyset.digest), receiptHash },
    ...changes
  })
  const find = async (...receipts: readonly object[]) =>
    (await callUnary(clients[0]!, 'FindStatements', { receipts: [...receipts] })).statements

  it('by the receipt that whoever has the answer holds, with the keyset that proves them', async () => {
    const guest = createGuest()
    const stored = state(guest, 1, { receiptHash })
    await store([stored, state(guest, 2, { receiptHash: randomBytes(32) })])
    const found = await find(name(guest), name(guest, { n: '3' }))
    expect(found.map(({ statement, keyset }) => [statement, keyset])).toEqual([
      [Buffer.from(stored.statement as Uint8Array), Buffer.from(guest.keyset.bytes)]
    ])
  })

  it.each([
    ['another receipt', { receiptHash: Buffer.alloc(32) }],
    ['another host', { keysetDigest: Buffer.alloc(32) }],
    ['another session', { sessionId: Buffer.alloc(16, 1) }]
  ])('not by the name of %s', async (_, changes) => {
    const guest = createGuest()
    await store([state(guest, 1, { receiptHash })])
    expect(await find(name(guest, changes))).toEqual([])
  })

  it.each([
    ['a session of another size', { sessionId: Buffer.alloc(15) }],
    ['a number that no request has', { n: String(2n ** 53n) }]
  ])('never by %s', async (_, changes) => {
    await expect(find(name(createGuest(), changes))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it('for 256 receipts at most', async () => {
    const guest = createGuest()
    const many = Array.from({ length: 257 }, () => name(guest))
    await expect(find(...many)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
