import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ClassPrices,
  type HostIndex,
  type HostView,
  type LegsWish,
  planDispatch,
  planLegs
} from '../../../services/relay/plan.ts'

const NOW = 1_790_000_000

function price(value: number): ClassPrices {
  return { prompt: value, cached: value, completion: value, reasoning: value }
}

function view(digest: string, fields: Partial<HostView> = {}): HostView {
  return {
    digest,
    model: 'm',
    region: 'eu',
    prices: price(10),
    notAfter: NOW + 100,
    free: 1,
    outstandingTokens: 0,
    tokensPerSecond: 50,
    ...fields
  }
}

function index(hosts: readonly HostView[]): HostIndex {
  const byDigest = new Map(hosts.map((host) => [host.digest, host]))
  return {
    available: (model) => hosts.filter((host) => host.model === model),
    find: (digest) => byDigest.get(digest)
  }
}

function wish(fields: Partial<LegsWish> = {}): LegsWish {
  return { model: 'm', region: '', maxPrices: undefined, count: 8, exclude: new Set(), prefer: [], ...fields }
}

/** Reproducible randomness. */
function draws(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const digests = (hosts: readonly HostView[]): string[] => hosts.map(({ digest }) => digest)

describe('planLegs leaves out a host', () => {
  test.each<[why: string, fields: Partial<HostView>, wanted: Partial<LegsWish>]>([
    ['without a free slot', { free: 0 }, {}],
    ['that has lapsed', { notAfter: NOW }, {}],
    ['of another region', { region: 'us' }, { region: 'eu' }],
    ['too dear for prompts', { prices: { ...price(10), prompt: 11 } }, { maxPrices: price(10) }],
    ['too dear for cached tokens', { prices: { ...price(10), cached: 11 } }, { maxPrices: price(10) }],
    ['too dear for completions', { prices: { ...price(10), completion: 11 } }, { maxPrices: price(10) }],
    ['too dear for reasoning', { prices: { ...price(10), reasoning: 11 } }, { maxPrices: price(10) }],
    ['that the client excludes', {}, { exclude: new Set(['bad']) }],
    ['of another model', { model: 'other' }, {}],
    ['of another model though preferred', { model: 'other' }, { prefer: ['bad'] }],
    ['without a free slot though preferred', { free: 0 }, { prefer: ['bad'] }]
  ])('%s', (_why, fields, wanted) => {
    for (const others of [1, 40]) {
      const good = Array.from({ length: others }, (_, n) => view(`good${n}`))
      const legs = planLegs(index([view('bad', fields), ...good]), wish(wanted), NOW, draws(1))
      expect(digests(legs)).not.toContain('bad')
      expect(legs.length).toBe(Math.min(others, 8))
    }
  })
})

describe('planLegs', () => {
  test('puts hosts that hold the client’s prefix first', () => {
    const hosts = Array.from({ length: 50 }, (_, n) => view(`h${n}`))
    const legs = planLegs(index(hosts), wish({ prefer: ['h49', 'h48', 'h49'] }), NOW, draws(1))
    expect(digests(legs).slice(0, 2)).toEqual(['h49', 'h48'])
    expect(legs.length).toBe(8)
  })

  test('takes the one with less waiting, then the cheaper one, of two', () => {
    const idle = view('idle', { outstandingTokens: 100, tokensPerSecond: 100 })
    const busy = view('busy', { outstandingTokens: 100, tokensPerSecond: 10 })
    const cheap = view('cheap', { prices: price(1) })
    const dear = view('dear', { prices: price(2) })
    for (const pair of [
      [busy, idle],
      [idle, busy]
    ]) {
      expect(digests(planLegs(index(pair), wish({ count: 1 }), NOW, bothDraws()))).toEqual(['idle'])
    }
    for (const pair of [
      [dear, cheap],
      [cheap, dear]
    ]) {
      expect(digests(planLegs(index(pair), wish({ count: 1 }), NOW, bothDraws()))).toEqual(['cheap'])
    }
  })

  test('finds a rare host among many', () => {
    const hosts = Array.from({ length: 900 }, (_, n) => view(`h${n}`, { region: n === 450 ? 'rare' : 'eu' }))
    expect(digests(planLegs(index(hosts), wish({ region: 'rare' }), NOW, draws(7)))).toEqual(['h450'])
  })

  test('gives distinct hosts that fit, as many as asked for or as there are', () => {
    const host = fc.record({
      free: fc.integer({ min: 0, max: 2 }),
      region: fc.constantFrom('eu', 'us'),
      notAfter: fc.integer({ min: NOW - 1, max: NOW + 1 }),
      outstandingTokens: fc.nat(1000)
    })
    fc.assert(
      fc.property(
        fc.array(host, { maxLength: 80 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(),
        (fields, count, seed) => {
          const hosts = fields.map((one, n) => view(`h${n}`, one))
          const legs = planLegs(index(hosts), wish({ count, region: 'eu' }), NOW, draws(seed))
          const fit = hosts.filter(({ free, region, notAfter }) => free > 0 && region === 'eu' && notAfter > NOW)
          expect(new Set(legs).size).toBe(legs.length)
          expect(legs.every((leg) => fit.includes(leg))).toBe(true)
          expect(legs.length).toBe(Math.min(count, fit.length))
        }
      )
    )
  })

  test('looks at about as many of ten thousand hosts as of a hundred', () => {
    const looks = (size: number): number => {
      let looked = 0
      const hosts = Array.from({ length: size }, (_, n) => view(`h${n}`))
      const counted = new Proxy(hosts, {
        get: (target, key, receiver) => {
          if (typeof key === 'string' && /^\d+$/.test(key)) looked++
          return Reflect.get(target, key, receiver)
        }
      })
      planLegs({ available: () => counted, find: () => undefined }, wish(), NOW, draws(3))
      return looked
    }
    expect(looks(10_000)).toBeLessThanOrEqual(looks(100) * 1.5)
    expect(looks(10_000)).toBeLessThan(100)
  })
})

describe('planDispatch', () => {
  const warm = { last: 'warm' }

  test('keeps to the leg that served last while it is not much busier', () => {
    const legs = [view('cold'), view('warm', { outstandingTokens: 50 }), view('other')]
    for (let seed = 0; seed < 20; seed++) expect(planDispatch(legs, warm, NOW, draws(seed))?.digest).toBe('warm')
  })

  test('leaves it when it is much busier, full or lapsed', () => {
    for (const fields of [{ outstandingTokens: 5000 }, { free: 0 }, { notAfter: NOW }]) {
      const legs = [view('cold'), view('warm', fields)]
      for (let seed = 0; seed < 20; seed++) {
        const chosen = planDispatch(legs, warm, NOW, draws(seed))?.digest
        if (fields.outstandingTokens === undefined) expect(chosen).toBe('cold')
      }
      expect(planDispatch(legs, warm, NOW, bothDraws())?.digest).toBe('cold')
    }
  })

  test('gives none when all are full or lapsed', () => {
    expect(planDispatch([view('a', { free: 0 }), view('b', { notAfter: NOW })], warm, NOW, draws(1))).toBeUndefined()
    expect(planDispatch([], warm, NOW, draws(1))).toBeUndefined()
  })

  test('gives a free leg whatever is drawn, and the better of the two drawn', () => {
    const fields = fc.record({ free: fc.integer({ min: 0, max: 1 }), outstandingTokens: fc.nat(100) })
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 8 }), fc.nat(), (all, seed) => {
        const legs = all.map((one, n) => view(`h${n}`, one))
        const free = legs.filter((leg) => leg.free > 0)
        const chosen = planDispatch(legs, { last: undefined }, NOW, draws(seed))
        if (free.length === 0) expect(chosen).toBeUndefined()
        else expect(free).toContain(chosen)
        const worst = Math.max(...free.map(({ outstandingTokens }) => outstandingTokens))
        const isAlone = free.filter(({ outstandingTokens }) => outstandingTokens === worst).length === 1
        // Two distinct legs are drawn, so the busiest is never the better one.
        if (free.length > 1 && isAlone) expect(chosen?.outstandingTokens).not.toBe(worst)
      })
    )
  })
})

/** First one end, then the other: both of two hosts are drawn. */
function bothDraws(): () => number {
  let next = 0.99
  return () => {
    next = 0.99 - next
    return next
  }
}
