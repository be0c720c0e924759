import loadHighs, { type Highs, type Model, type ModelData } from 'highs'
import {
  type Column,
  type Entry,
  type LinearProblem,
  type LinearSolution,
  type Row,
  type Solver,
  unitOf
} from './linear-problem.ts'

export interface SolverLimits {
  /** For a whole search. Past it the best found so far is the answer, with its gap. */
  readonly seconds: number
  /** Relative: a solution this near the best will do. */
  readonly gap: number
}

/** Its types describe the CommonJS build; what Node imports is the ES module. */
const load = loadHighs as unknown as typeof loadHighs.default

/** One thread and one seed: the same problem has the same answer, unless time runs out. */
const FIXED = { output_flag: false, random_seed: 1 }
/** HiGHS's `kSolutionStatusFeasible`. */
const FEASIBLE = 2
const LEAST_SECONDS = 0.2

/** HiGHS. It computes in the caller's thread until it is done. */
export async function startSolver(limits: SolverLimits): Promise<Solver> {
  const highs = await load()
  return () => {
    const until = performance.now() + limits.seconds * 1000
    return (problem, share) => {
      const seconds = Math.max(LEAST_SECONDS, ((until - performance.now()) / 1000) * share)
      return highs.withModel(modelOf(problem, highs), (model) => {
        model.options.set({ ...FIXED, mip_rel_gap: limits.gap, time_limit: seconds })
        return run(problem, model, highs)
      })
    }
  }
}

function run({ columns, objective, start, enough }: LinearProblem, model: Model, highs: Highs): LinearSolution {
  const isWhole = columns.some(({ integer }) => integer)
  const unit = unitOf(objective)
  if (isWhole && enough !== undefined) model.options.set('objective_target', enough * unit)
  if (isWhole && start !== undefined) model.setSolution({ colValue: Float64Array.from(start) })
  if (!isRun(model)) return { values: undefined, bound: 0, reducedCosts: [] }
  const { colValue, colDual } = model.getSolution()
  const isProven = model.getModelStatus() === highs.constants.modelStatus.optimal
  const bound = isWhole ? Number(model.info.get('mip_dual_bound')) : isProven ? model.getObjectiveValue() : 0
  return {
    values: Number(model.info.get('primal_solution_status')) === FEASIBLE ? within(columns, colValue) : undefined,
    bound: Number.isFinite(bound) ? Math.max(0, bound / unit) : 0,
    reducedCosts: isWhole ? [] : [...colDual]
  }
}

/** Of a thousand searches for whole numbers HiGHS gives up one with an error. What was found before stands. */
function isRun(model: Model): boolean {
  try {
    model.run()
    return true
  } catch (error) {
    if (!(error instanceof Error && error.name === 'HighsError')) throw error
    return false
  }
}

/** The solver keeps to bounds up to its tolerance; nobody serves more than all of a demand. */
function within(columns: readonly Column[], values: Float64Array): readonly number[] {
  return columns.map(({ upper }, at) => Math.min(upper, Math.max(0, values[at] ?? 0)))
}

function modelOf({ columns, rows, objective }: LinearProblem, highs: Highs): ModelData {
  const { integer, continuous } = highs.constants.variableType
  const unit = unitOf(objective)
  const costs = new Float64Array(columns.length)
  for (const { column, value } of objective) costs[column] = value * unit
  return {
    numCols: columns.length,
    numRows: rows.length,
    colCost: costs,
    colLower: new Float64Array(columns.length),
    colUpper: Float64Array.from(columns, ({ upper }) => upper),
    rowLower: Float64Array.from(rows, ({ lower }) => lower),
    rowUpper: Float64Array.from(rows, ({ upper }) => upper),
    integrality: columns.map((column) => (column.integer ? integer : continuous)),
    matrix: matrixOf(rows, columns.length)
  }
}

function matrixOf(rows: readonly Row[], numCols: number): ModelData['matrix'] {
  const starts = new Int32Array(rows.length + 1)
  for (const [index, { entries }] of rows.entries()) starts[index + 1] = (starts[index] ?? 0) + entries.length
  const entries: readonly Entry[] = rows.flatMap((row) => row.entries)
  return {
    ...{ format: 'csr', numRows: rows.length, numCols, starts },
    indices: Int32Array.from(entries, ({ column }) => column),
    values: Float64Array.from(entries, ({ value }) => value)
  }
}
