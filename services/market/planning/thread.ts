import { fileURLToPath } from 'node:url'
import { Tinypool } from 'tinypool'
import { ServiceError } from '../../runtime/errors.ts'
import type { MakePlan } from './planning.ts'

export interface PlanningThread extends AsyncDisposable {
  readonly plan: MakePlan
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url))
/** More are refused: a solver takes seconds of a core. */
const MOST_WAITING = 8
const IDLE_MS = 60_000

/** Makes plans in one thread of its own, started with the first: the solver computes without a pause. */
export function startPlanningThread(): PlanningThread {
  const pool = new Tinypool({
    filename: WORKER,
    runtime: 'worker_threads',
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: IDLE_MS,
    execArgv: ['--disable-warning=ExperimentalWarning']
  })
  return {
    plan: (task) => {
      if (pool.queueSize >= MOST_WAITING) throw new ServiceError('UNAVAILABLE', 'too many plans are being made')
      return pool.run(task, { name: 'plan' })
    },
    [Symbol.asyncDispose]: () => pool.destroy()
  }
}
