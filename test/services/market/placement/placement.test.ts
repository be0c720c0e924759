import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { TARGET_UTILISATION } from '../../../../services/market/placement/candidates.ts'
import type { Solver } from '../../../../services/market/placement/linear-problem.ts'
import { type PlacementPlan, planPlacement } from '../../../../services/market/placement/placement.ts'
import { startSolver } from '../../../../services/market/placement/solve.ts'
import {
  hostSeconds,
  type PlacementDemand,
  type PlacementHost,
  peakRate,
  queryPrice,
  type ThroughputOf
} from '../../../../services/market/placement/supply.ts'

const NOW = 1_790_000_000
const DAY = 86_400

let solver: Solver
beforeAll(async () => {
  solver = await startSolver({ seconds: 20, gap: 1e-4 })
})

/** A thousand prompt tokens take a second, a hundred of the answer too; `big` wants eight GPUs. */
const throughputOf: ThroughputOf = (model, _gpu, gpus) =>
  model === 'unknown'
    ? undefined
    : {
        promptTokensPerSecond: 1000 * gpus,
        completionTokensPerSecond: 100 * gpus,
        vramGib: model === 'big' ? 600 : 20,
        measuredBy: 20
      }

function host(id: string, change: Partial<PlacementHost> = {}): PlacementHost {
  return {
    id,
    provider: 'p',
    gpu: 'H100',
    gpus: 1,
    vramGib: 80,
    region: 'north',
    prices: { prompt: 100n, cached: 50n, completion: 400n, reasoning: 400n },
    models: 'any',
    holds: undefined,
    notAfter: NOW + 3600,
    uptime: 1,
    policyLevel: 1,
    ...change
  }
}

/** One query a second on average, half a host each. */
function demand(id: string, change: Partial<PlacementDemand> = {}): PlacementDemand {
  return {
    id,
    model: 'small',
    queriesPerDay: DAY,
    inputTokens: 100,
    outputTokens: 30,
    peakFactor: 1,
    priceCeiling: undefined,
    latencyCeilingMs: undefined,
    region: '',
    policyLevel: 1,
    ...change
  }
}

function plan(hosts: readonly PlacementHost[], demands: readonly PlacementDemand[]): PlacementPlan {
  return planPlacement({ hosts, demands, now: NOW }, throughputOf, solver)
}

function holds(made: PlacementPlan): readonly (string | undefined)[] {
  return made.hosts.map(({ model }) => model)
}

describe('a plan', () => {
  it('gives as many hosts a model as its peak takes', () => {
    const made = plan([host('a'), host('b'), host('c')], [demand('d', { peakFactor: 3 })])
    expect(holds(made).filter((model) => model === 'small')).toHaveLength(2)
    expect(made.demands[0]).toMatchObject({ servedQueriesPerDay: DAY, unmetQueriesPerDay: 0, unmetBecause: undefined })
  })

  it('takes the cheaper hosts, and says what each earns and what it costs', () => {
    const dear = { prompt: 900n, cached: 50n, completion: 4000n, reasoning: 400n }
    const made = plan(
      [host('a', { prices: dear }), host('b')],
      [demand('d', { inputTokens: 10_000, outputTokens: 0, queriesPerDay: 1000 })]
    )
    expect(holds(made)).toEqual([undefined, 'small'])
    expect(made.hosts[1]).toMatchObject({ queriesPerDay: 1000, earningsPerDay: 1000n })
    expect(made.demands[0]?.costPerDay).toBe(1000n)
  })

  it('leaves a model where it is when nothing is won by moving it', () => {
    const made = plan([host('a'), host('b', { holds: 'small' }), host('c')], [demand('d')])
    expect(holds(made)).toEqual([undefined, 'small', undefined])
    expect(made.hosts.some(({ moves }) => moves)).toBe(false)
  })

  it('has an idle host load a model before one that would have to drop another', () => {
    const made = plan([host('a', { holds: 'other' }), host('b')], [demand('d')])
    expect(holds(made)).toEqual([undefined, 'small'])
  })

  it('serves the larger demand first when there is not enough', () => {
    const made = plan(
      [host('a')],
      [demand('big', { outputTokens: 60 }), demand('small', { model: 'tiny', outputTokens: 1, inputTokens: 1 })]
    )
    expect(holds(made)).toEqual(['small'])
    expect(made.demands[1]).toMatchObject({ unmetQueriesPerDay: DAY, unmetBecause: 'capacity' })
  })
})

describe('nobody serves', () => {
  const cases: readonly [string, Partial<PlacementHost>, Partial<PlacementDemand>][] = [
    ['a host whose attestation has lapsed', { notAfter: NOW }, {}],
    ['a host of another region', { region: 'south' }, { region: 'north' }],
    ['a host above the price ceiling', {}, { inputTokens: 10_000, outputTokens: 0, priceCeiling: 0n }],
    ['a host that a stricter policy refuses', {}, { policyLevel: 2 }],
    ['a host whose provider would not load it', { models: ['other'] }, {}],
    ['a host too small for the model', {}, { model: 'big' }],
    ['a host too slow to the first token', {}, { inputTokens: 5000, latencyCeilingMs: 4999 }],
    ['a host that is never there', { uptime: 0 }, {}],
    ['a model of which nobody knows the speed', {}, { model: 'unknown' }]
  ]
  it.each(cases)('from %s', (_name, hostChange, demandChange) => {
    const made = plan([host('a', hostChange)], [demand('d', demandChange)])
    expect(holds(made)).toEqual([undefined])
    expect(made.demands[0]).toMatchObject({ unmetQueriesPerDay: DAY, costPerDay: 0n, unmetBecause: 'no-host' })
  })
})

const MODELS = ['small', 'tiny', 'big'] as const
const REGIONS = ['north', 'south'] as const
const anyHost = fc.record({
  gpus: fc.constantFrom(1, 8),
  region: fc.constantFrom(...REGIONS),
  price: fc.bigInt(1n, 400n),
  holds: fc.option(fc.constantFrom(...MODELS), { nil: undefined }),
  lapsed: fc.boolean(),
  uptime: fc.constantFrom(0.5, 0.9, 1)
})
const anyDemand = fc.record({
  model: fc.constantFrom(...MODELS),
  queriesPerDay: fc.integer({ min: 1, max: 3 * DAY }),
  inputTokens: fc.integer({ min: 1, max: 400 }),
  outputTokens: fc.integer({ min: 1, max: 100 }),
  peakFactor: fc.constantFrom(1, 2.5),
  region: fc.constantFrom('', ...REGIONS),
  priceCeiling: fc.option(fc.constant(1n), { nil: undefined })
})
const anyMarket = fc.record({
  hosts: fc.array(anyHost, { maxLength: 8 }).map((hosts) =>
    hosts.map(({ gpus, price, lapsed, ...rest }, index) =>
      host(`h${index}`, {
        ...rest,
        gpus,
        vramGib: gpus * 80,
        prices: { prompt: price * 1000n, cached: price, completion: price * 4000n, reasoning: price },
        notAfter: lapsed ? NOW - 1 : NOW + 60
      })
    )
  ),
  demands: fc
    .array(anyDemand, { maxLength: 5 })
    .map((demands) => demands.map((wish, index) => demand(`d${index}`, wish)))
})

describe('whatever is offered and wanted, a plan', () => {
  const check = (property: (made: PlacementPlan, hosts: readonly PlacementHost[]) => void): void =>
    fc.assert(
      fc.property(anyMarket, ({ hosts, demands }) => property(plan(hosts, demands), hosts)),
      { numRuns: 60 }
    )

  it('never uses a lapsed host and accounts for every query', () => {
    check((made) => {
      for (const { host: planned, model } of made.hosts)
        expect(planned.notAfter > NOW || model === undefined).toBe(true)
      for (const { demand: wish, servedQueriesPerDay, unmetQueriesPerDay } of made.demands) {
        expect(unmetQueriesPerDay).toBeGreaterThanOrEqual(0)
        expect(servedQueriesPerDay + unmetQueriesPerDay).toBe(wish.queriesPerDay)
      }
      const earned = made.hosts.reduce((sum, { earningsPerDay }) => sum + earningsPerDay, 0n)
      expect(earned).toBe(made.demands.reduce((sum, { costPerDay }) => sum + costPerDay, 0n))
    })
  })

  it('never asks more of the holders of a model than they can do', () => {
    check((made) => {
      for (const model of MODELS) {
        const capacity = made.hosts
          .filter((one) => one.model === model)
          .reduce((sum, one) => sum + one.host.uptime * one.host.gpus * TARGET_UTILISATION, 0)
        const asked = made.demands
          .filter(({ demand: wish }) => wish.model === model)
          .reduce((sum, { demand: wish, servedQueriesPerDay }) => {
            const speed = throughputOf(model, 'H100', 1)
            const share = servedQueriesPerDay / wish.queriesPerDay
            return sum + (speed === undefined ? 0 : share * peakRate(wish) * hostSeconds(wish, speed))
          }, 0)
        expect(asked).toBeLessThanOrEqual(capacity + 1e-3)
      }
    })
  })

  it('keeps every price ceiling', () => {
    check((made) => {
      for (const { demand: wish, servedQueriesPerDay, costPerDay } of made.demands) {
        if (wish.priceCeiling === undefined) continue
        expect(costPerDay).toBeLessThanOrEqual(BigInt(servedQueriesPerDay) * wish.priceCeiling)
      }
    })
  })

  it('is the same whatever the order of its inputs', () => {
    fc.assert(
      fc.property(anyMarket, ({ hosts, demands }) => {
        expect(plan([...hosts].reverse(), [...demands].reverse())).toEqual(plan(hosts, demands))
      }),
      { numRuns: 30 }
    )
  })
})

describe('the price of a query', () => {
  it('is an integer, rounded up', () => {
    const prices = { prompt: 1n, cached: 0n, completion: 2_000_000n, reasoning: 0n }
    expect(queryPrice(prices, { inputTokens: 1, outputTokens: 3 })).toBe(7n)
  })
})
