import { planPlacement } from '../../../services/market/placement/placement.ts'
import { startSolver } from '../../../services/market/placement/solve.ts'
import type { PlacementDemand, PlacementHost } from '../../../services/market/placement/supply.ts'
import { estimateThroughput, type ModelSize } from '../../../services/market/placement/throughput.ts'
import { standing } from '../compare.ts'
import type { Random } from '../random.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const NOW = 1_790_000_000
/** What is asked for, less what making the problem takes and how late the solver may notice the time. */
const SECONDS = { small: 8, large: 90 }
/** Name, memory of one board, how common it is and nanoTON a million tokens written, more or less. */
const BOARDS = [
  { gpu: 'H100', gib: 80, price: 60_000_000 },
  { gpu: 'H200', gib: 141, price: 75_000_000 },
  { gpu: 'B200', gib: 180, price: 120_000_000 }
] as const
const REGIONS = ['north', 'south', 'east', 'west'] as const
const SIZES: readonly ModelSize[] = [
  { billions: 8, activeBillions: 8 },
  { billions: 30, activeBillions: 3 },
  { billions: 70, activeBillions: 70 },
  { billions: 235, activeBillions: 22 },
  { billions: 671, activeBillions: 37 }
]

export const placementRow: Row = {
  name: 'placement',
  title: 'A plan for 1,000 hosts and 50 models, and for 10,000 and 200',
  async run({ quick, random, progress }) {
    const gaps: string[] = []
    const small = await planning(world(1_000, 50, random), SECONDS.small, gaps)
    const large = await planning(world(10_000, 200, random), quick ? 20 : SECONDS.large, gaps)
    const rounds = await runRounds(
      [
        { name: '1,000 × 50', run: small },
        { name: '10,000 × 200', run: large }
      ],
      {
        rounds: 1,
        warmup: 0,
        random,
        progress
      }
    )
    return {
      results: [
        standing(rounds, { label: '1,000 hosts × 50 models', ours: '1,000 × 50', by: 'wall', ask: { atMost: 10e6 } }),
        standing(rounds, {
          label: '10,000 hosts × 200 models',
          ours: '10,000 × 200',
          by: 'wall',
          ask: { atMost: 120e6 }
        })
      ],
      notes: [
        `The solver is given ${SECONDS.small} and ${quick ? 20 : SECONDS.large} seconds; how far each plan may be from the best: ${[...new Set(gaps)].join('; ')}.`
      ]
    }
  }
}

interface World {
  readonly name: string
  readonly hosts: readonly PlacementHost[]
  readonly demands: readonly PlacementDemand[]
  readonly sizes: ReadonlyMap<string, ModelSize>
}

async function planning({ name, hosts, demands, sizes }: World, seconds: number, gaps: string[]) {
  const solver = await startSolver({ seconds, gap: 1e-3 })
  return async () => {
    const start = performance.now()
    const plan = planPlacement(
      { hosts, demands, now: NOW },
      (model, gpu, gpus) => estimateThroughput(sizes.get(model) ?? { billions: 8, activeBillions: 8 }, gpu, gpus),
      solver
    )
    const wall = (performance.now() - start) * 1000
    const percent = (share: number): string => `${(share * 100).toFixed(2)} %`
    const { unmet, cost, moves } = plan.gaps
    const served = plan.demands.reduce((sum, { servedQueriesPerDay }) => sum + servedQueriesPerDay, 0)
    const wanted = demands.reduce((sum, { queriesPerDay }) => sum + queriesPerDay, 0)
    gaps.push(
      `${name}: serves ${percent(served / wanted)} of the queries; unmet ${percent(unmet)}, cost ${percent(cost)}, moves ${percent(moves)}`
    )
    return { operations: 1, figures: { wall } }
  }
}

function pick<T>(values: readonly T[], random: Random): T {
  return values[Math.floor(random() * values.length)] as T
}

/** Hosts of a few kinds at prices of their own, a third of them idle; two demands a model, together about what the hosts can do. */
function world(hostCount: number, modelCount: number, random: Random): World {
  const sizes = new Map(Array.from({ length: modelCount }, (_, at) => [`model-${at}`, pick(SIZES, random)] as const))
  const models = [...sizes.keys()]
  const hosts = Array.from({ length: hostCount }, (_, at): PlacementHost => {
    const board = pick(BOARDS, random)
    const gpus = pick([1, 1, 2, 4, 8], random)
    const completion = BigInt(Math.round(board.price * (0.8 + random() * 0.4)))
    return {
      ...{ id: `host-${at}`, provider: `p-${at % 97}`, gpu: board.gpu, gpus, vramGib: board.gib * gpus },
      ...{ region: pick(REGIONS, random), models: 'any', holds: random() < 0.33 ? undefined : pick(models, random) },
      prices: { prompt: completion / 3n, cached: completion / 12n, completion, reasoning: completion },
      ...{ notAfter: NOW + 3600, uptime: 0.95 + random() * 0.05, policyLevel: random() < 0.5 ? 2 : 3 }
    }
  })
  const perDemand = (hostCount * 400_000) / modelCount
  const demands = models.flatMap((model) =>
    [0, 1].map(
      (second): PlacementDemand => ({
        ...{ id: `${model}/${second}`, model, inputTokens: 800, outputTokens: 300, peakFactor: 1 + random() * 4 },
        queriesPerDay: Math.max(1, Math.round((perDemand * random() * 8) / (sizes.get(model)?.activeBillions ?? 8))),
        ...{ priceCeiling: undefined, latencyCeilingMs: undefined },
        ...{ region: second === 0 ? '' : pick(REGIONS, random), policyLevel: second === 0 ? 0 : 3 }
      })
    )
  )
  return { name: `${hostCount} × ${modelCount}`, hosts, demands, sizes }
}
