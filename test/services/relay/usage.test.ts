import { describe, expect, test } from 'vitest'
import { type DeliveredStatement, type StoredUsage, UsageForwarder } from '../../../services/relay/usage.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { ManualTimers } from '../../fakes/manual-timers.ts'

const keyset = { bytes: Uint8Array.of(1), epoch: new Uint8Array(16) }
const source = { hostId: 'a', keyset }
const EPOCH = '00'.repeat(16)

function forwarder(store: (statements: readonly DeliveredStatement[]) => Promise<StoredUsage>) {
  const timers = new ManualTimers()
  const usage = new UsageForwarder({ store, timers, logger: silentLogger })
  const pass = async (milliseconds: number): Promise<void> => {
    timers.advance(milliseconds)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { usage, pass }
}

describe('usage statements', () => {
  test('go to the market in batches, and its progress back to the host', async () => {
    const batches: number[] = []
    const { usage, pass } = forwarder(async (statements) => {
      batches.push(statements.length)
      return { progress: new Map([[EPOCH, batches.length * 256]]), refused: [] }
    })
    const acks: number[] = []
    const acknowledge = (seq: number): void => void acks.push(seq)
    for (let n = 0; n < 300; n++) usage.add(source, Uint8Array.of(n), acknowledge)
    expect(batches).toEqual([])
    await pass(50)
    await pass(50)
    expect(batches).toEqual([256, 44])
    expect([acks, usage.waiting]).toEqual([[256, 512], 0])
  })

  test('go in batches that are one message, however large the keysets', async () => {
    const batches: number[] = []
    const { usage, pass } = forwarder(async (statements) => {
      batches.push(statements.reduce((sum, one) => sum + one.statement.byteLength + one.keyset.byteLength, 0))
      return { progress: new Map(), refused: [] }
    })
    const large = { hostId: 'a', keyset: { ...keyset, bytes: new Uint8Array(65_536) } }
    for (let n = 0; n < 256; n++) usage.add(large, new Uint8Array(1000), () => {})
    for (let n = 0; n < 12; n++) await pass(50)
    expect(usage.waiting).toBe(0)
    expect(Math.max(...batches)).toBeLessThanOrEqual(2 * 1024 * 1024)
  })

  test('are offered again, with growing pauses, while the market is away', async () => {
    let tries = 0
    const { usage, pass } = forwarder(async () => {
      if (++tries < 4) throw new ServiceError('UNAVAILABLE', 'away')
      return { progress: new Map([[EPOCH, 1]]), refused: [] }
    })
    const acks: number[] = []
    usage.add(source, Uint8Array.of(1), (seq) => acks.push(seq))
    const triesAfter: number[] = []
    for (const milliseconds of [50, 199, 1, 399, 1, 799, 1]) {
      await pass(milliseconds)
      triesAfter.push(tries)
    }
    expect(triesAfter).toEqual([1, 1, 2, 2, 3, 3, 4])
    expect(acks).toEqual([1])
  })

  test('are told of one by one: a place that holds the same signed anew is stored', async () => {
    const refused = [
      { index: 1, code: 'USAGE_REFUSED' },
      { index: 2, code: 'USAGE_CONFLICT' }
    ]
    const { usage, pass } = forwarder(async () => ({ progress: new Map(), refused }))
    const words: string[] = []
    for (let n = 0; n < 3; n++) {
      usage.add(
        source,
        Uint8Array.of(n),
        () => {},
        (word) => words.push(word)
      )
    }
    await pass(50)
    expect(words).toEqual(['stored', 'refused', 'stored'])
  })

  test('are told of as dropped where their host has too many waiting, or the market fails on them', async () => {
    const { usage, pass } = forwarder(async () => {
      throw new ServiceError('INTERNAL', 'it fails')
    })
    const words: number[] = []
    for (let n = 0; n < 1025; n++) {
      usage.add(
        source,
        Uint8Array.of(n),
        () => {},
        () => words.push(n)
      )
    }
    expect(words).toEqual([1024])
    for (let round = 0; round < 10; round++) await pass(50)
    expect(words).toEqual([1024, 0])
  })

  test('are not acknowledged where a gap is before them', async () => {
    const { usage, pass } = forwarder(async () => ({ progress: new Map([[EPOCH, 0]]), refused: [] }))
    const acks: number[] = []
    usage.add(source, Uint8Array.of(2), (seq) => acks.push(seq))
    await pass(50)
    expect(acks).toEqual([])
  })

  test.each(['INTERNAL', 'ARGUMENT_INVALID'] as const)(
    'that the market fails on (%s) are found by halves and dropped, and the rest is stored',
    async (code) => {
      const kept: number[] = []
      const { usage, pass } = forwarder(async (statements) => {
        if (statements.some(({ statement }) => statement[0] === 77)) throw new ServiceError(code, 'no')
        kept.push(...statements.map(({ statement }) => statement[0] ?? -1))
        return { progress: new Map([[EPOCH, 1]]), refused: [] }
      })
      const acks: number[] = []
      for (let n = 0; n < 200; n++) usage.add(source, Uint8Array.of(n), () => acks.push(n))
      for (let n = 0; n < 40; n++) await pass(200)
      expect(kept).toEqual(Array.from({ length: 200 }, (_, n) => n).filter((n) => n !== 77))
      expect([usage.waiting, acks.includes(77), acks.length]).toEqual([0, false, 199])
    }
  )

  test.each(['UNAVAILABLE', 'DATABASE_UNAVAILABLE', 'UNAUTHENTICATED'] as const)(
    'are kept through %s',
    async (code) => {
      const sizes: number[] = []
      const { usage, pass } = forwarder(async (statements) => {
        sizes.push(statements.length)
        throw new ServiceError(code, 'no')
      })
      for (let n = 0; n < 3; n++) usage.add(source, Uint8Array.of(n), () => {})
      for (let n = 0; n < 4; n++) await pass(5_000)
      expect([new Set(sizes), usage.waiting]).toEqual([new Set([3]), 3])
    }
  )

  test('are bounded, for each host: beyond, the host sends them again', async () => {
    const { usage } = forwarder(() => Promise.reject(new ServiceError('UNAVAILABLE', 'away')))
    for (let n = 0; n < 10_000; n++) usage.add(source, Uint8Array.of(1), () => {})
    expect(usage.waiting).toBe(1024)
    for (let n = 0; n < 10_000; n++) usage.add({ ...source, hostId: `${n % 8}` }, Uint8Array.of(1), () => {})
    expect(usage.waiting).toBe(8192)
  })

  test('find room when others have filled it, also while a batch is under way', async () => {
    const market = Promise.withResolvers<StoredUsage>()
    const { usage, pass } = forwarder(() => market.promise)
    for (let n = 0; n < 8192; n++) usage.add({ ...source, hostId: `${n % 8}` }, Uint8Array.of(1), () => {})
    await pass(50)
    const acks: number[] = []
    for (let n = 0; n < 3; n++) usage.add({ ...source, hostId: 'late' }, Uint8Array.of(1), () => acks.push(n))
    expect(usage.waiting).toBe(8192)
    market.resolve({ progress: new Map([[EPOCH, 1]]), refused: [] })
    for (let n = 0; n < 40; n++) await pass(50)
    expect([usage.waiting, acks]).toEqual([0, [0, 1, 2]])
  })

  test('are not offered after a stop', async () => {
    let tries = 0
    const { usage, pass } = forwarder(async () => {
      tries++
      throw new ServiceError('UNAVAILABLE', 'away')
    })
    usage.add(source, Uint8Array.of(1), () => {})
    await pass(50)
    usage[Symbol.dispose]()
    await pass(60_000)
    await pass(60_000)
    expect(tries).toBeLessThanOrEqual(2)
  })
})
