import type { Sample, Target } from './rounds.ts'

/** A target inside this process: `calls` calls a round, one after another. */
export function target(name: string, calls: number, call: () => void): Target {
  return {
    name,
    run: async () =>
      measured(calls, () => {
        for (let at = 0; at < calls; at++) call()
      })
  }
}

/** The same for calls that answer later; each is waited for before the next. */
export function asyncTarget(name: string, calls: number, call: () => Promise<unknown>): Target {
  return {
    name,
    run: () =>
      measured(calls, async () => {
        for (let at = 0; at < calls; at++) await call()
      })
  }
}

async function measured(operations: number, work: () => void | Promise<void>): Promise<Sample> {
  const [cpu, start] = [process.cpuUsage(), performance.now()]
  await work()
  const [{ user, system }, wall] = [process.cpuUsage(cpu), (performance.now() - start) * 1000]
  return { operations, figures: { cpu: (user + system) / operations, wall: wall / operations } }
}
