import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { objectiveValue, type Solver } from '../../../../services/market/placement/linear-problem.ts'
import { narrow } from '../../../../services/market/placement/narrow.ts'
import { placementProblem } from '../../../../services/market/placement/problem.ts'
import { roundHosts } from '../../../../services/market/placement/rounding.ts'
import { searchPlacement } from '../../../../services/market/placement/search.ts'
import { startSolver } from '../../../../services/market/placement/solve.ts'
import { anyWorld, brokenBy, candidatesIn } from './worlds.ts'

const FEW = { models: 4, hosts: 16 }
/** More holdings than are searched. */
const MANY = { models: 40, hosts: 120 }

let solver: Solver
beforeAll(async () => {
  solver = await startSolver({ seconds: 20, gap: 1e-4 })
})

describe('whatever is offered and wanted', () => {
  it('divided hosts round to a plan of whole ones', () => {
    fc.assert(
      fc.property(anyWorld(FEW), (world) => {
        const candidates = candidatesIn(world)
        const rounded = roundHosts(candidates, { ideal: [1, 1, 1], solve: solver(), share: 1 })
        expect(rounded && brokenBy(rounded, candidates, 'whole')).toEqual([])
      }),
      { numRuns: 40 }
    )
  })

  it('no plan is better than divided hosts are, and what is proven the best says so', () => {
    fc.assert(
      fc.property(anyWorld(FEW), (world) => {
        const candidates = candidatesIn(world)
        const { placement, gaps } = searchPlacement(candidates, solver())
        expect(brokenBy(placement, candidates, 'whole')).toEqual([])
        const whole = placementProblem(candidates, 'whole')
        const objective = whole.aims[0]?.entries ?? []
        const best = solver()({ ...whole, objective }, 1).bound
        const reached = objectiveValue(objective, whole.write(placement))
        expect(reached).toBeLessThanOrEqual(best * 1.001 + 0.01)
        expect((gaps[0] ?? 0) * reached).toBeGreaterThanOrEqual(reached - best * 1.001 - 0.01)
      }),
      { numRuns: 20 }
    )
  })

  it('there is a plan, with how far it may be from the best, where the time is hardly enough to begin', async () => {
    const hasty = await startSolver({ seconds: 0.001, gap: 1e-4 })
    fc.assert(
      fc.property(anyWorld(MANY), (world) => {
        const candidates = candidatesIn(world)
        const { placement, gaps } = searchPlacement(candidates, hasty())
        const chosen = { ...candidates, holdings: [...placement.hosts.keys()], servings: [...placement.shares.keys()] }
        expect(brokenBy(placement, chosen, 'whole')).toEqual([])
        for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(0)
        for (const gap of gaps) expect(gap).toBeLessThanOrEqual(1)
      }),
      { numRuns: 2 }
    )
  })
})

describe('of many holdings are searched', () => {
  const [sample] = fc.sample(anyWorld(MANY), { numRuns: 1, seed: 7 })
  if (sample === undefined) throw new Error('no world')
  const world = candidatesIn(sample)
  const [used] = world.servings.slice(-1)
  if (used === undefined) throw new Error('no serving')
  const shares = new Map([[used, 0.5]])

  it('those that divided hosts use, and some for each class and each demand', () => {
    const chosen = narrow(world, shares, () => [0])
    expect(world.holdings.length).toBeGreaterThan(800)
    expect(chosen.holdings.length).toBeLessThan(world.holdings.length / 2)
    expect(chosen.holdings).toContain(used.holding)
    const has = (key: 'demand' | 'class', { servings }: typeof world) =>
      new Set(servings.map(({ demand, holding }) => (key === 'demand' ? demand : holding.class)))
    for (const key of ['demand', 'class'] as const) expect(has(key, chosen)).toEqual(has(key, world))
  })

  it('among them those that are worth most', () => {
    const best = new Set(world.servings.filter((_, at) => at % 100 === 0))
    const chosen = narrow(world, new Map(), (serving) => [best.has(serving) ? 0 : 1])
    expect(chosen.servings.filter((serving) => best.has(serving))).toHaveLength(best.size)
  })
})
