import fc from 'fast-check'
import { expect, it } from 'vitest'
import { classesOf } from '../../../../services/market/placement/classes.ts'
import { placementProblem } from '../../../../services/market/placement/problem.ts'
import type { PlacementDemand, PlacementHost } from '../../../../services/market/placement/supply.ts'

const NOW = 1_790_000_000
const MODELS = ['a', 'b', 'c'] as const

const host = fc.record({
  gpus: fc.constantFrom(1, 2, 8),
  region: fc.constantFrom('north', 'south'),
  price: fc.bigInt(1n, 1000n),
  holds: fc.constantFrom(undefined, ...MODELS)
})
const demand = fc.record({
  model: fc.constantFrom(...MODELS),
  queriesPerDay: fc.integer({ min: 1, max: 3_000_000 }),
  region: fc.constantFrom('', 'north'),
  peakFactor: fc.double({ min: 1, max: 5, noNaN: true })
})

it('what the search begins with keeps every row, whatever is offered and wanted', () => {
  fc.assert(
    fc.property(fc.array(host, { maxLength: 12 }), fc.array(demand, { maxLength: 8 }), (offered, wanted) => {
      const hosts = offered.map(
        ({ price, ...one }, at): PlacementHost => ({
          ...{
            id: `h${at}`,
            provider: 'p',
            gpu: 'H100',
            vramGib: 80,
            models: 'any',
            uptime: 1,
            policyLevel: 1,
            ...one
          },
          ...{ prices: { prompt: price, cached: price, completion: price, reasoning: price }, notAfter: NOW + 1 }
        })
      )
      const demands = wanted.map(
        (one, at): PlacementDemand => ({
          ...{ id: `d${at}`, inputTokens: 100, outputTokens: 30, priceCeiling: undefined, latencyCeilingMs: undefined },
          ...{ policyLevel: 1, ...one }
        })
      )
      const { linear } = placementProblem(classesOf(hosts, NOW), demands, (_model, _gpu, gpus) => ({
        ...{ promptTokensPerSecond: 1000 * gpus, completionTokensPerSecond: 100 * gpus, vramGib: 20 },
        measuredBy: 20
      }))
      expect(linear.start).toHaveLength(linear.columns.length)
      for (const [at, { upper, integer }] of linear.columns.entries()) {
        const value = linear.start[at] ?? Number.NaN
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(upper + 1e-9)
        if (integer) expect(Number.isInteger(value)).toBe(true)
      }
      for (const { lower, upper, entries } of linear.rows) {
        const sum = entries.reduce(
          (total, { column, value }) => total + value * (linear.start[column] ?? Number.NaN),
          0
        )
        expect(sum).toBeGreaterThanOrEqual(lower - 1e-6)
        expect(sum).toBeLessThanOrEqual(upper + 1e-6)
      }
    })
  )
})
