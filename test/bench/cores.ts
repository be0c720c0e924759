import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Puts this process, and whatever it starts from here on, on two cores; says what came of it. */
export function shareTwoCores(): string {
  const cores = availableParallelism()
  if (cores === 2) return 'two cores (all there are)'
  try {
    execFileSync('taskset', ['-a', '-c', '-p', '0,1', String(process.pid)], { stdio: 'ignore' })
    return `two cores of ${cores} (taskset -c 0,1)`
  } catch {
    return `${cores} cores: taskset is not here or refused, so the figures are not comparable`
  }
}
