import { describe, expect, test } from 'vitest'
import { parseTdxCollateral, type TdxCollateral } from '../../../attestation/tdx/collateral.ts'
import { createVirtualCollateral } from '../../../attestation/virtual/collateral.ts'
import { completeContext } from '../../../services/runtime/context.ts'
import { codeOf, ServiceError } from '../../../services/runtime/errors.ts'
import { collateralCache } from '../../../services/verifier/collateral-cache.ts'
import type { CollateralSource, PlatformFamily } from '../../../services/verifier/platform-family.ts'
import { createLabRoot, NOW } from '../../fakes/virtual-evidence.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const FAMILY: PlatformFamily = { fmspc: new Uint8Array(6), ca: 'platform' }
const REFRESH = { aheadMs: DAY, everyMs: 12 * HOUR }

const root = await createLabRoot()

/** Collateral whose earliest nextUpdate is so many milliseconds from the start of the clock. */
async function collateralUntil(ms: number): Promise<TdxCollateral> {
  const pckCrlValid = { from: (-60 * DAY) / 1000, until: ms / 1000 }
  return parseTdxCollateral(await createVirtualCollateral(root, { pckCrlValid }, NOW))
}

const THIRTY_DAYS = await collateralUntil(30 * DAY)
const TWO_DAYS = await collateralUntil(2 * DAY)
const LAPSED = await collateralUntil(-DAY)

type Answer = TdxCollateral | Error | Promise<TdxCollateral>

/** A cache with a clock that tests move, over a source that gives the answers in turn and then the last one again. */
function createLab(...answers: readonly Answer[]) {
  const lab = { now: NOW.getTime(), asked: 0 }
  const source: CollateralSource = async () => {
    const answer = answers[Math.min(lab.asked, answers.length - 1)]
    lab.asked += 1
    if (answer === undefined || answer instanceof Error) throw answer
    return answer
  }
  const cache = collateralCache(source, REFRESH, completeContext('verifier', { now: () => new Date(lab.now) }))
  const elapse = (ms: number): void => {
    lab.now += ms
  }
  return { lab, cache, elapse, get: () => cache.get(FAMILY) }
}

const outage = new ServiceError('COLLATERAL_UNAVAILABLE', 'no answer')
const unknown = new ServiceError('NOT_FOUND', 'no such family')
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('collateral that is in date', () => {
  test('is fetched once', async () => {
    const { get, lab, elapse } = createLab(THIRTY_DAYS)
    expect(await get()).toBe(THIRTY_DAYS)
    elapse(11 * HOUR)
    expect(await get()).toBe(THIRTY_DAYS)
    expect(lab.asked).toBe(1)
  })

  test('is fetched once for all who ask at the same time', async () => {
    const pending = Promise.withResolvers<TdxCollateral>()
    const { get, lab } = createLab(pending.promise)
    const asking = [get(), get(), get()]
    pending.resolve(THIRTY_DAYS)
    expect(await Promise.all(asking)).toEqual([THIRTY_DAYS, THIRTY_DAYS, THIRTY_DAYS])
    expect(lab.asked).toBe(1)
  })

  test('is looked at again every twelve hours, without anybody waiting for it', async () => {
    const { get, lab, elapse } = createLab(THIRTY_DAYS, TWO_DAYS)
    await get()
    elapse(12 * HOUR)
    expect(await get()).toBe(THIRTY_DAYS)
    await settled()
    expect(await get()).toBe(TWO_DAYS)
    expect(lab.asked).toBe(2)
  })

  test('is fetched again a day before it lapses, by the timer alone', async () => {
    const { cache, get, lab, elapse } = createLab(await collateralUntil(1.25 * DAY), THIRTY_DAYS)
    await get()
    elapse(5 * HOUR)
    cache.refreshDue()
    expect(lab.asked).toBe(1)
    elapse(1.5 * HOUR)
    cache.refreshDue()
    await settled()
    expect(lab.asked).toBe(2)
    expect(await get()).toBe(THIRTY_DAYS)
  })

  test('serves on through an outage, and the source is left alone for longer each time', async () => {
    const { get, lab, elapse } = createLab(TWO_DAYS, outage)
    await get()
    elapse(DAY)
    for (const [elapsed, asked] of [
      [0, 2],
      [4_000, 2],
      [2_000, 3],
      [9_000, 3],
      [2_000, 4]
    ] as const) {
      elapse(elapsed)
      expect(await get()).toBe(TWO_DAYS)
      await settled()
      expect(lab.asked).toBe(asked)
    }
  })
})

describe('collateral that has lapsed', () => {
  test('is not given out in an outage', async () => {
    const { get, elapse } = createLab(TWO_DAYS, outage)
    await get()
    elapse(2 * DAY)
    await expect(get()).rejects.toBe(outage)
  })

  test('is replaced before anybody gets it', async () => {
    const { get, elapse } = createLab(TWO_DAYS, THIRTY_DAYS)
    await get()
    elapse(3 * DAY)
    expect(await get()).toBe(THIRTY_DAYS)
  })

  test('is given out as it is where the source has nothing newer, and asked for no more than once a minute', async () => {
    const { get, lab, elapse } = createLab(LAPSED)
    expect(await get()).toBe(LAPSED)
    elapse(59_000)
    expect(await get()).toBe(LAPSED)
    expect(lab.asked).toBe(1)
    elapse(1_000)
    expect(await get()).toBe(LAPSED)
    expect(lab.asked).toBe(2)
  })
})

describe('a refusal of the source', () => {
  test('is the answer until it is time to ask again', async () => {
    const { get, lab, elapse } = createLab(outage, THIRTY_DAYS)
    await expect(get()).rejects.toBe(outage)
    elapse(4_000)
    await expect(get()).rejects.toBe(outage)
    expect(lab.asked).toBe(1)
    elapse(1_000)
    expect(await get()).toBe(THIRTY_DAYS)
  })

  test('holds for ten minutes where the family is unknown', async () => {
    const { get, lab, elapse } = createLab(unknown, THIRTY_DAYS)
    await expect(get()).rejects.toBe(unknown)
    elapse(10 * 60_000 - 1)
    await expect(get()).rejects.toBe(unknown)
    expect(lab.asked).toBe(1)
    elapse(1)
    expect(await get()).toBe(THIRTY_DAYS)
  })

  test('does not outlive the next success', async () => {
    const { get, elapse } = createLab(outage, TWO_DAYS, outage)
    await expect(get()).rejects.toBe(outage)
    elapse(5_000)
    expect(await get()).toBe(TWO_DAYS)
    elapse(DAY)
    expect(await get()).toBe(TWO_DAYS)
  })

  test('keeps what is held when what came instead cannot be read', async () => {
    const { get, elapse } = createLab(TWO_DAYS, { ...TWO_DAYS, tcbInfo: '{' })
    await get()
    elapse(DAY)
    await get()
    await settled()
    expect(await get()).toBe(TWO_DAYS)
  })

  test('is of the document where nothing is held', async () => {
    const { get } = createLab({ ...TWO_DAYS, qeIdentity: '{"id":"TD_QE"}' })
    await expect(get()).rejects.toMatchObject({
      code: 'COLLATERAL_UNAVAILABLE',
      cause: { code: 'COLLATERAL_MALFORMED' }
    })
  })
})

test('families that nobody asks for any more make room', async () => {
  const { cache, lab } = createLab(THIRTY_DAYS)
  const family = (index: number): PlatformFamily => ({
    fmspc: Uint8Array.of(0, 0, 0, 0, index >> 8, index),
    ca: 'platform'
  })
  for (let index = 0; index <= 256; index++) await cache.get(family(index))
  expect(lab.asked).toBe(257)
  await cache.get(family(256))
  expect(lab.asked).toBe(257)
  await cache.get(family(0))
  expect(lab.asked).toBe(258)
})

test('a cache that is closed ends the fetch under way', async () => {
  const context = completeContext('verifier', { now: () => NOW })
  const source: CollateralSource = (_, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const cache = collateralCache(source, REFRESH, context)
  const asking = cache.get(FAMILY).catch((error: unknown) => codeOf(error))
  await cache[Symbol.asyncDispose]()
  expect(await asking).toBe('UNAVAILABLE')
})
