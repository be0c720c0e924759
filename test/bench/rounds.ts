import { type Random, shuffle } from './random.ts'
import { median, type Spread, spread } from './statistics.ts'

/**
 * What one target did in one round: figures by name, each for one operation. `cpu` is the CPU of every process of its
 * path and `wall` what the row calls its time, both in microseconds.
 */
export interface Sample {
  readonly operations: number
  readonly figures: Readonly<Record<string, number>>
}

export interface Target {
  readonly name: string
  /** One round's worth, warm. */
  run(): Promise<Sample>
}

export interface Plan {
  readonly rounds: number
  /** Rounds that are run and not kept. */
  readonly warmup: number
  readonly random: Random
  readonly progress: (done: number, of: number) => void
}

/** The samples of all rounds, by target. */
export class Rounds {
  readonly #rounds: readonly ReadonlyMap<string, Sample>[]

  constructor(rounds: readonly ReadonlyMap<string, Sample>[]) {
    this.#rounds = rounds
  }

  /** Something of each round, such as a ratio: what two targets did in the same round is compared, never across rounds. */
  each(of: (sample: (target: string) => Readonly<Record<string, number>>) => number): readonly number[] {
    return this.#rounds.map((round) => of((target) => figuresOf(round, target)))
  }

  spread(target: string, figure: string): Spread {
    return spread(this.each((sample) => figureOf(sample(target), figure)))
  }

  median(target: string, figure: string): number {
    return median(this.each((sample) => figureOf(sample(target), figure)))
  }

  /** Calls of one target in all rounds. */
  operations(target: string): number {
    return this.#rounds.reduce((sum, round) => sum + (round.get(target)?.operations ?? 0), 0)
  }
}

/** Every target in every round, in an order that the seed decides. */
export async function runRounds(targets: readonly Target[], plan: Plan): Promise<Rounds> {
  const kept: Map<string, Sample>[] = []
  const all = plan.warmup + plan.rounds
  for (let round = 0; round < all; round++) {
    const samples = new Map<string, Sample>()
    for (const target of shuffle(targets, plan.random)) samples.set(target.name, await target.run())
    if (round >= plan.warmup) kept.push(samples)
    plan.progress(round + 1, all)
  }
  return new Rounds(kept)
}

export function figureOf(figures: Readonly<Record<string, number>>, name: string): number {
  const value = figures[name]
  if (value === undefined) throw new TypeError(`no figure ${name}`)
  return value
}

function figuresOf(round: ReadonlyMap<string, Sample>, target: string): Readonly<Record<string, number>> {
  const sample = round.get(target)
  if (sample === undefined) throw new TypeError(`no target ${target}`)
  return sample.figures
}
