import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU time of processes in microseconds, all their living threads, as Linux counts it (`/proc/<pid>/task/<tid>/schedstat`,
 * nanoseconds on a core, kernel's part included). A process or thread that is gone counts nothing.
 */
export function cpuMicros(pids: readonly number[]): number {
  let nanoseconds = 0
  for (const pid of pids) {
    for (const thread of readOrNothing(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
      const text = readOrNothing(() => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'))
      nanoseconds += Number(text?.split(' ', 1)[0] ?? 0)
    }
  }
  return nanoseconds / 1000
}

/** The processes that a process started, and theirs: PostgreSQL's, for one. */
export function descendants(pid: number): readonly number[] {
  const text = readOrNothing(() => readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')) ?? ''
  const children = text
    .split(' ')
    .filter((entry) => entry.trim() !== '')
    .map(Number)
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1')
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? 0) * 1024
}

function readOrNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
