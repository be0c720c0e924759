import { readFileSync } from 'node:fs'

interface Sample {
  readonly atMs: number
  readonly bytes: number
}

/** How a process's memory went. */
export interface MemoryTrend {
  readonly name: string
  readonly firstMiB: number
  readonly lastMiB: number
  readonly mostMiB: number
  /** Least squares over the samples after the warm-up. */
  readonly slopeMiBPerHour: number
  /** False for a process that grows on and on. */
  readonly flat: boolean
}

const MIB = 1024 * 1024
/** The first part of a run fills caches and heaps. */
const WARM_UP = 0.25
const STEEPEST_MIB_PER_HOUR = 40
/** Heaps are still settling in a shorter run: its slopes are printed, and not judged. */
const SHORTEST_JUDGED_MS = 20 * 60_000
/** Garbage comes and goes by this much. */
const MOST_GROWTH_MIB = 48

/** The resident memory of processes over time, by name and process. */
export class MemoryWatch {
  readonly #samples = new Map<string, Sample[]>()
  readonly #startedAt = performance.now()

  sample(pids: ReadonlyMap<string, number>): void {
    for (const [name, pid] of pids) {
      const bytes = residentBytes(pid)
      if (bytes === undefined) continue
      const key = `${name} (${pid})`
      const samples = this.#samples.get(key) ?? []
      samples.push({ atMs: performance.now() - this.#startedAt, bytes })
      this.#samples.set(key, samples)
    }
  }

  /** Of the processes that lived through most of the run. */
  trends(): readonly MemoryTrend[] {
    const over = Math.max(0, ...[...this.#samples.values()].map((samples) => samples.at(-1)?.atMs ?? 0))
    return [...this.#samples].flatMap(([name, samples]) => {
      const lived = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)
      return lived < over * 0.6
        ? []
        : [
            trendOf(
              name,
              samples.filter(({ atMs }) => atMs >= over * WARM_UP)
            )
          ]
    })
  }
}

function trendOf(name: string, samples: readonly Sample[]): MemoryTrend {
  const mebibytes = samples.map(({ bytes }) => bytes / MIB)
  const third = Math.max(1, Math.floor(samples.length / 3))
  const [firstMiB, lastMiB] = [mean(mebibytes.slice(0, third)), mean(mebibytes.slice(-third))]
  const slopeMiBPerHour = slopeOf(samples) * 3_600_000
  const over = samples.at(-1)?.atMs ?? 0
  const grows =
    over >= SHORTEST_JUDGED_MS && slopeMiBPerHour > STEEPEST_MIB_PER_HOUR && lastMiB - firstMiB > MOST_GROWTH_MIB
  return { name, firstMiB, lastMiB, mostMiB: Math.max(...mebibytes), slopeMiBPerHour, flat: !grows }
}

/** MiB a millisecond. */
function slopeOf(samples: readonly Sample[]): number {
  const [meanAt, meanBytes] = [mean(samples.map(({ atMs }) => atMs)), mean(samples.map(({ bytes }) => bytes))]
  const spread = samples.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0)
  const together = samples.reduce((sum, { atMs, bytes }) => sum + (atMs - meanAt) * (bytes - meanBytes), 0)
  return spread === 0 ? 0 : together / spread / MIB
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

function residentBytes(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096
  } catch {
    return undefined
  }
}
