/** A mixed-integer linear problem with several objectives, the first of which matters most. Rows are sparse. */
export interface LinearProblem {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Each to be made as small as those before it allow. */
  readonly objectives: readonly Objective[]
  /** A value a column that keeps every row: what a solver may begin with. */
  readonly start: readonly number[]
}

export interface Objective {
  readonly entries: readonly Entry[]
  /** The share of its value that later objectives may give up. */
  readonly slack: number
}

export interface Column {
  readonly upper: number
  readonly integer: boolean
}

export interface Row {
  readonly lower: number
  readonly upper: number
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly column: number
  readonly value: number
}

export interface LinearSolution {
  /** A value a column, each at least 0. */
  readonly values: readonly number[]
  /** How far each objective may be from its best, as a share of it; 0 where the best is proven. */
  readonly gaps: readonly number[]
}

export type Solve = (problem: LinearProblem) => LinearSolution
