/** A mixed-integer linear problem. Rows are sparse. */
export interface LinearProblem {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Its value is to be as small as can be. */
  readonly objective: readonly Entry[]
  /** A value a column that keeps every row: what a search for whole numbers begins with. */
  readonly start?: readonly number[]
  /** A value that will do. */
  readonly enough?: number
}

/** From 0 up. */
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
  /** A value a column, each at least 0; undefined where none was found in time. */
  readonly values: readonly number[] | undefined
  /** No solution's objective is below; 0 where time was over before one was proven. */
  readonly bound: number
  /** Without integers, what a unit of each column would add, in thousandths of all that the objective weighs. */
  readonly reducedCosts: readonly number[]
}

/** `share`, 0 to 1, of the time that is left. */
export type Solve = (problem: LinearProblem, share: number) => LinearSolution

/** Begins a search, whose time runs from then on. */
export type Solver = () => Solve

/** What rows may always give up: above a solver's rounding, below what anybody notices. */
const ROUNDING = 1e-6
const TOTAL = 1000

export function one(column: number, value = 1): Entry {
  return { column, value }
}

export function atMost(upper: number, entries: readonly Entry[]): Row {
  return { lower: Number.NEGATIVE_INFINITY, upper, entries }
}

/** A row that keeps an objective at what was reached of it. */
export function settled(objective: readonly Entry[], value: number): Row {
  const unit = unitOf(objective)
  return atMost(
    value * unit + ROUNDING,
    objective.map((entry) => one(entry.column, entry.value * unit))
  )
}

export function objectiveValue(objective: readonly Entry[], values: readonly number[]): number {
  return objective.reduce((sum, { column, value }) => sum + value * (values[column] ?? 0), 0)
}

/** How far a value may be from the best, as a share of it; none where no solver could tell them apart. */
export function gapOf(objective: readonly Entry[], value: number, best: number): number {
  return (value - best) * unitOf(objective) <= 10 * ROUNDING ? 0 : (value - best) / value
}

/** Solvers' tolerances are absolute: times this, what is weighed adds up to a thousand, whatever it is counted in. */
export function unitOf(objective: readonly Entry[]): number {
  const total = objective.reduce((sum, { value }) => sum + value, 0)
  return total === 0 ? 1 : TOTAL / total
}
