import { type Candidates, type Holding, type Placement, peakTokens, type Serving } from './candidates.ts'
import { atMost, type Column, type Entry, one, type Row } from './linear-problem.ts'
import type { PlacementDemand } from './supply.ts'

/** What a plan minimises, in this order: tokens a second at the peak that nobody serves, nanoTON a day, hosts that must load a model. */
export interface Aim {
  readonly entries: readonly Entry[]
  /** The share of its value that later aims may give up. */
  readonly slack: number
}

/** Candidates in the form that is solved, and back. */
export interface PlacementProblem {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly aims: readonly Aim[]
  /** A placement of the candidates as values. */
  write(placement: Placement): readonly number[]
  read(values: readonly number[]): Placement
  /** Of the share that the serving serves. */
  columnOf(serving: Serving): number
}

/** For less than this share of what all demand costs nobody is asked to load another model. */
const COST_SLACK = 0.01

interface Columns {
  readonly all: Column[]
  /** Shares of demands that nobody serves: 0 to 1, so that a demand of a query a day and one of a million are as exact. */
  readonly unmet: ReadonlyMap<PlacementDemand, number>
  readonly shares: ReadonlyMap<Serving, number>
  /** Whole hosts that hold the model; none where hosts can be divided. */
  readonly hosts: ReadonlyMap<Holding, number>
  /** Hosts beyond those that hold the model already, where there are such. */
  readonly moves: ReadonlyMap<Holding, number>
  /** Hosts, or parts of one, beyond those that are fixed. */
  readonly more: ReadonlyMap<Holding, number>
}

/** How many hosts hold a model in any case. */
export type Fixed = ReadonlyMap<Holding, number>

/**
 * `whole`: an integer says how many hosts hold a model. Otherwise, beyond those that are fixed, a host may serve any number of models,
 * each for a part of its time, as no host does. That is a problem without integers, of as many rows as there are classes, demands and
 * holdings of now. With nothing fixed its best is a bound: no plan is better.
 */
export function placementProblem(candidates: Candidates, hosts: 'whole' | Fixed): PlacementProblem {
  const { demands, holdings, servings } = candidates
  const fixed: Fixed = hosts === 'whole' ? new Map() : hosts
  const columns = columnsOf(candidates, hosts)
  const byHolding = Map.groupBy(servings, ({ holding }) => holding)
  const servedBy = (holding: Holding): Entry[] =>
    (byHolding.get(holding) ?? []).map((serving) => one(at(columns.shares, serving), serving.hosts))
  const takenBy = hosts === 'whole' ? (holding: Holding): Entry[] => [one(at(columns.hosts, holding))] : servedBy
  const beyond = (
    known: ReadonlyMap<Holding, number>,
    count: (holding: Holding) => number,
    by: typeof servedBy
  ): Row[] => [...known].map(([holding, column]) => atMost(count(holding), [...by(holding), one(column, -1)]))
  return {
    columns: columns.all,
    rows: [
      ...demandRows(candidates, columns),
      ...beyond(columns.hosts, () => 0, servedBy),
      ...beyond(columns.more, (holding) => fixed.get(holding) ?? 0, servedBy),
      ...classRows(candidates, fixed, (holding) => orElse(columns.more.get(holding), () => takenBy(holding))),
      ...beyond(columns.moves, ({ held }) => held, takenBy)
    ],
    aims: [
      { entries: demands.map((demand) => one(at(columns.unmet, demand), peakTokens(demand))), slack: 0 },
      { entries: servings.map((serving) => one(at(columns.shares, serving), dailyCost(serving))), slack: COST_SLACK },
      { entries: holdings.flatMap((holding) => orElse(columns.moves.get(holding), () => takenBy(holding))), slack: 0 }
    ],
    write: (placement) => valuesOf(placement, columns),
    read: (values) => placementOf(values, columns),
    columnOf: (serving) => at(columns.shares, serving)
  }
}

function columnsOf({ demands, servings, holdings }: Candidates, hosts: 'whole' | Fixed): Columns {
  const all: Column[] = []
  const add = (upper: number, integer = false): number => all.push({ upper, integer }) - 1
  const size = (holding: Holding): number => holding.class.hosts.length
  const wholes = hosts === 'whole' ? holdings : []
  return {
    all,
    unmet: new Map(demands.map((demand) => [demand, add(1)])),
    shares: new Map(servings.map((serving) => [serving, add(1)])),
    hosts: new Map(wholes.map((holding) => [holding, add(size(holding), true)])),
    moves: new Map(holdings.filter(({ held }) => held > 0).map((holding) => [holding, add(size(holding))])),
    more: new Map(hosts === 'whole' ? [] : [...hosts.keys()].map((holding) => [holding, add(size(holding))]))
  }
}

function demandRows({ servings }: Candidates, { unmet, shares }: Columns): readonly Row[] {
  const byDemand = Map.groupBy(servings, ({ demand }) => demand)
  return [...unmet].map(([demand, column]) => {
    const served = (byDemand.get(demand) ?? []).map((serving) => one(at(shares, serving)))
    return { lower: 1, upper: 1, entries: [one(column), ...served] }
  })
}

function classRows(
  { holdings }: Candidates,
  fixed: Fixed,
  takenBy: (holding: Holding) => readonly Entry[]
): readonly Row[] {
  return [...Map.groupBy(holdings, (holding) => holding.class)].map(([{ hosts }, ofClass]) => {
    const taken = ofClass.reduce((sum, holding) => sum + (fixed.get(holding) ?? 0), 0)
    return atMost(hosts.length - taken, ofClass.flatMap(takenBy))
  })
}

function orElse(column: number | undefined, entries: () => readonly Entry[]): readonly Entry[] {
  return column === undefined ? entries() : [one(column)]
}

function dailyCost({ demand, price }: Serving): number {
  return demand.queriesPerDay * Number(price)
}

function valuesOf({ hosts, shares }: Placement, columns: Columns): readonly number[] {
  const values = new Array<number>(columns.all.length).fill(0)
  for (const column of columns.unmet.values()) values[column] = 1
  for (const [serving, share] of shares) {
    values[at(columns.shares, serving)] = share
    const column = at(columns.unmet, serving.demand)
    values[column] = Math.max(0, (values[column] ?? 0) - share)
  }
  for (const [holding, column] of columns.hosts) values[column] = hosts.get(holding) ?? 0
  for (const [holding, column] of columns.moves) values[column] = Math.max(0, (hosts.get(holding) ?? 0) - holding.held)
  return values
}

function placementOf(values: readonly number[], columns: Columns): Placement {
  const read = <Key>(from: ReadonlyMap<Key, number>, round: (value: number) => number): Map<Key, number> =>
    new Map([...from].map(([key, column]) => [key, round(values[column] ?? 0)]))
  return { hosts: read(columns.hosts, Math.round), shares: read(columns.shares, (share) => share) }
}

function at<Key>(columns: ReadonlyMap<Key, number>, key: Key): number {
  const column = columns.get(key)
  if (column === undefined) throw new TypeError('not a column of this problem')
  return column
}
