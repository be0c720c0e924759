import { fileURLToPath } from 'node:url'
import { Tinypool } from 'tinypool'
import { AttestationError } from '../../attestation/errors.ts'
import { encodePolicy, type Policy } from '../../attestation/policy.ts'
import type { ResultTokenSigner } from '../../attestation/result-token.ts'
import type { AppraisalWork } from './appraisal.ts'
import type { Settled, ThreadData } from './appraisal-thread.ts'

export interface AppraisalThreads extends AppraisalWork, AsyncDisposable {}

const THREAD = fileURLToPath(new URL('appraisal-thread.ts', import.meta.url))
/** Appraisals that wait; more are refused, because whoever asked has given up by the time they would be done. */
const MOST_WAITING = 1_024
/** A thread costs a third of a second to start: it stays through a lull. */
const IDLE_MS = 60_000

/** Appraises in threads of their own, so that an event loop that carries streams or calls never waits for one. */
export function startAppraisalThreads(policy: Policy, signer: ResultTokenSigner, threads: number): AppraisalThreads {
  const workerData: ThreadData = { policy: encodePolicy(policy), signer }
  const pool = new Tinypool({
    filename: THREAD,
    runtime: 'worker_threads',
    minThreads: 1,
    maxThreads: threads,
    idleTimeout: IDLE_MS,
    maxQueue: MOST_WAITING,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    workerData
  })
  const run = async <T>(name: string, task: unknown): Promise<T> => unwrap<T>(await pool.run(task, { name }))
  return {
    certify: (bundle) => run('certify', bundle),
    appraise: (task) => run('appraise', task),
    [Symbol.asyncDispose]: () => pool.destroy()
  }
}

function unwrap<T>(settled: Settled<T>): T {
  if (settled.kind === 'done') return settled.value
  throw new AttestationError(settled.code, settled.message)
}
