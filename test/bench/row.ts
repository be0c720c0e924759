import type { Result } from './compare.ts'
import type { Plan } from './rounds.ts'

export interface RowContext extends Pick<Plan, 'random' | 'progress'> {
  /** Shorter runs, to see that everything works: figures mean little. */
  readonly quick: boolean
}

export interface RowOutcome {
  readonly results: readonly Result[]
  /** What the reader of the figures should know: the engine's own cost, who was left out and why. */
  readonly notes: readonly string[]
}

/** One line of the table of figures. */
export interface Row {
  /** For `--only`. */
  readonly name: string
  readonly title: string
  /** Throws `NotHere` when this machine lacks what it needs. */
  run(context: RowContext): Promise<RowOutcome>
}

/** A row that cannot be run on this machine, and why. */
export class NotHere extends Error {}
