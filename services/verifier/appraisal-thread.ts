import { constants, setPriority } from 'node:os'
import { workerData } from 'node:worker_threads'
import type { AttestationErrorCode } from '../../attestation/errors.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { parsePolicy } from '../../attestation/policy.ts'
import type { ResultTokenSigner } from '../../attestation/result-token.ts'
import { type AppraisalTask, appraiseUnder, type Certified, type Verdict } from './appraisal.ts'

/** What a thread is started with. */
export interface ThreadData {
  /** The policy's document. */
  readonly policy: Uint8Array
  readonly signer: ResultTokenSigner
}

/** Errors lose their class and code on the way between threads, so they travel as values. */
export type Settled<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: AttestationErrorCode; readonly message: string }

// On Linux this is the thread's own priority: streams that share the cores go first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

// The pool puts what it was given last, after data of its own.
const { policy, signer } = (workerData as readonly unknown[]).at(-1) as ThreadData
const work = appraiseUnder(parsePolicy(policy), signer)

export function certify(bundle: Uint8Array): Promise<Settled<Certified | undefined>> {
  return settle(work.certify(bundle))
}

export function appraise(task: AppraisalTask): Promise<Settled<Verdict>> {
  return settle(work.appraise(task))
}

async function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  try {
    return { kind: 'done', value: await promise }
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    return { kind: 'refused', code: error.code, message: error.message }
  }
}
