import loadHighs, { type Highs, type Model, type ModelData } from 'highs'
import type { Entry, LinearProblem, LinearSolution, Row, Solve } from './linear-problem.ts'

export interface SolverLimits {
  /** For all objectives together. Past it the best found so far is the answer, with its gap. */
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
/** Of the time that is left, for each objective but the last. */
const SHARE = 0.6
/** What later objectives may always give up: above rounding, below what anybody notices. */
const ROUNDING = 1e-6

/** HiGHS, one objective after the other. It computes in the caller's thread until it is done. */
export async function startSolver(limits: SolverLimits): Promise<Solve> {
  const highs = await load()
  return (problem) =>
    highs.withModel(modelOf(problem, highs), (model) => {
      model.options.set({ ...FIXED, mip_rel_gap: limits.gap })
      return solveInOrder(problem, model, limits.seconds, highs)
    })
}

function solveInOrder(problem: LinearProblem, model: Model, seconds: number, highs: Highs): LinearSolution {
  const { objectives, columns } = problem
  const started = performance.now()
  const gaps: number[] = []
  let values = Float64Array.from(problem.start)
  for (const [index, { entries, slack }] of objectives.entries()) {
    const left = seconds - (performance.now() - started) / 1000
    model.changeColsCost({ kind: 'range', from: 0, to: columns.length - 1 }, costsOf(entries, columns.length))
    // What the objective before found is feasible here: the search starts from it and cannot end worse.
    model.setSolution({ colValue: values })
    model.zeroAllClocks()
    model.options.set('time_limit', Math.max(0.5, index === objectives.length - 1 ? left : left * SHARE))
    model.run()
    const found = isFeasible(model)
    if (found) values = Float64Array.from(model.getSolution().colValue)
    gaps.push(found ? gapOf(model, highs) : 1)
    const reached = entries.reduce((sum, { column, value }) => sum + value * (values[column] ?? 0), 0)
    model.addRow(-highs.infinity, reached * (1 + slack) + ROUNDING, sparse(entries))
  }
  return { values: [...values], gaps }
}

/** Time may be over before anything was found, what the search began with included. */
function isFeasible(model: Model): boolean {
  return Number(model.info.get('primal_solution_status')) === FEASIBLE
}

function gapOf(model: Model, highs: Highs): number {
  const gap = Number(model.info.get('mip_gap'))
  if (Number.isFinite(gap)) return Math.max(0, gap)
  return model.getModelStatus() === highs.constants.modelStatus.optimal ? 0 : 1
}

function modelOf({ columns, rows }: LinearProblem, highs: Highs): ModelData {
  const { integer, continuous } = highs.constants.variableType
  return {
    numCols: columns.length,
    numRows: rows.length,
    colCost: new Float64Array(columns.length),
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
  const entries = rows.flatMap((row) => row.entries)
  return { format: 'csr', numRows: rows.length, numCols, starts, ...sparse(entries) }
}

function sparse(entries: readonly Entry[]): { indices: Int32Array; values: Float64Array } {
  return {
    indices: Int32Array.from(entries, ({ column }) => column),
    values: Float64Array.from(entries, ({ value }) => value)
  }
}

function costsOf(objective: readonly Entry[], length: number): Float64Array {
  const costs = new Float64Array(length)
  for (const { column, value } of objective) costs[column] = value
  return costs
}
