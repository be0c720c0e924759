import { figureOf, type Rounds } from './rounds.ts'
import { type Spread, spread } from './statistics.ts'

/** What is asked of a ratio, or of a figure by itself. */
export type Ask = { readonly atMost: number } | { readonly atLeast: number }

/** How a row compares one target with its rival. */
export interface Comparison {
  readonly label: string
  readonly ours: string
  readonly rival: string
  /** The same as the rival, run as a target of its own: its ratio to the rival is the noise floor. */
  readonly control: string
  /** The figure that decides, and one that is printed beside it. */
  readonly by: string
  readonly beside?: string
  /** `time`: ours over the rival's. `rate`: how many times as many in the same time. */
  readonly as: 'time' | 'rate'
  /** Subtracted from both: what is compared is what each adds to it. */
  readonly direct?: string
  readonly ask?: Ask
  /** The unit of the figures; `by` is in microseconds, bytes or nanoTON. */
  readonly unit?: Unit
}

export type Unit = 'time' | 'bytes' | 'ratio' | 'count' | 'ton'

export interface Result {
  readonly label: string
  /** What is compared, in words. */
  readonly against: string
  readonly by: string
  readonly unit: Unit
  readonly ours: number
  readonly rival: number
  readonly reached: Spread
  readonly beside: { readonly by: string; readonly median: number } | undefined
  /** What the rival reaches against itself; nothing where there is no rival. */
  readonly control: Spread | undefined
  readonly ask: Ask | undefined
}

export function compare(rounds: Rounds, comparison: Comparison): Result {
  const { label, ours, rival, control, by, beside, direct, unit = 'time', ask } = comparison
  const value = (target: string, figure: string) =>
    spread(rounds.each((sample) => figureOf(sample(target), figure) - baseOf(sample, direct, figure))).median
  return {
    label,
    against: direct === undefined ? rival : `${rival}, both less ${direct}`,
    by,
    unit,
    ours: value(ours, by),
    rival: value(rival, by),
    reached: spread(ratios(rounds, comparison, ours, by)),
    beside:
      beside === undefined
        ? undefined
        : { by: beside, median: spread(ratios(rounds, comparison, ours, beside)).median },
    control: spread(ratios(rounds, comparison, control, by)),
    ask
  }
}

/** A figure that has no rival: it is asked for as it stands. */
export function standing(
  rounds: Rounds,
  { label, ours, by, unit, ask }: Omit<Comparison, 'rival' | 'control' | 'as'>
): Result {
  const reached = rounds.spread(ours, by)
  return {
    label,
    against: '–',
    by,
    unit: unit ?? 'time',
    ours: reached.median,
    rival: Number.NaN,
    reached,
    beside: undefined,
    control: undefined,
    ask
  }
}

export function isMet({ reached, ask }: Result): boolean | undefined {
  if (ask === undefined) return undefined
  return 'atMost' in ask ? reached.median <= ask.atMost : reached.median >= ask.atLeast
}

type Samples = (target: string) => Readonly<Record<string, number>>

function baseOf(sample: Samples, direct: string | undefined, figure: string): number {
  return direct === undefined ? 0 : figureOf(sample(direct), figure)
}

function ratios(rounds: Rounds, { rival, direct, as }: Comparison, target: string, figure: string): readonly number[] {
  return rounds.each((sample) => {
    const base = baseOf(sample, direct, figure)
    const [mine, theirs] = [figureOf(sample(target), figure) - base, figureOf(sample(rival), figure) - base]
    return as === 'time' ? mine / theirs : theirs / mine
  })
}
