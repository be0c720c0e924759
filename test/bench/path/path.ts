import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMicros, descendants } from '../cpu.ts'
import type { Sample, Target } from '../rounds.ts'
import type { Load } from './load-process.ts'
import { type LoadFigures, type LoadWish, loadWish } from './load-wish.ts'

/** A way from the load process to the engine. */
export interface Path {
  readonly name: string
  /** Without a path. */
  readonly url: string
  readonly model: string
  /** By what each is for; the load process is not among them. Their children count with them. */
  readonly processes: Readonly<Record<string, number>>
  /** Which of them stands between client and host, or is the proxy. */
  readonly middle?: string
}

/** What a row counts of a load. */
export interface Measure {
  readonly wish: Partial<LoadWish>
  /** Operations of a run, by which CPU is divided: requests or chunks. */
  readonly operations: (figures: LoadFigures) => number
  /** What the row calls its time. */
  readonly wall: (figures: LoadFigures) => number
}

/** Statements and acknowledgements that follow an answer are part of what it costs. */
const SETTLE_MS = 150

/** `cpu` is of every process of the path with engine and load process, `cpu NAME` of one, `middle` of the one in the middle; per operation. */
export function pathTarget(path: Path, load: Load, measure: Measure, name = path.name): Target {
  const processes = { ...path.processes, load: load.pid }
  return { name, run: () => runPath({ ...path, processes }, load, measure) }
}

async function runPath({ url, model, processes, middle }: Path, load: Load, measure: Measure): Promise<Sample> {
  const trees = Object.entries(processes).map(([name, pid]) => [name, [pid, ...descendants(pid)]] as const)
  const before = trees.map(([, pids]) => cpuMicros(pids))
  const figures = await load.run(loadWish(url, model, measure.wish))
  await sleep(SETTLE_MS)
  const operations = measure.operations(figures)
  const cpu = trees.map(
    ([name, pids], at) => [`cpu ${name}`, (cpuMicros(pids) - (before[at] ?? 0)) / operations] as const
  )
  const named = Object.fromEntries(cpu)
  const total = cpu.reduce((sum, [, micros]) => sum + micros, 0)
  const inMiddle = middle === undefined ? 0 : (named[`cpu ${middle}`] ?? 0)
  return { operations, figures: { ...named, middle: inMiddle, cpu: total, wall: measure.wall(figures), ...figures } }
}
