import type { ServiceContext } from '../runtime/context.ts'
import type { Verdict } from './appraisal.ts'

const BUCKETS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30]

/** Counts verdicts by status and TEE, and says each in the log, without whose evidence it was. */
export function measureAppraisals({ logger, metrics }: ServiceContext) {
  const seconds = metrics.histogram(
    'bombyx_verifier_appraisal_seconds',
    'Time an appraisal took, collateral included, by status and TEE',
    BUCKETS,
    ['status', 'tee']
  )
  return async (appraise: () => Promise<Verdict>): Promise<Verdict> => {
    const startedAt = performance.now()
    const verdict = await appraise()
    const { status, tee, platform, findings } = verdict.result
    const durationMs = performance.now() - startedAt
    seconds.observe({ status, tee }, durationMs / 1000)
    logger.info('evidence appraised', {
      status,
      tee,
      durationMs: Math.round(durationMs),
      ...(platform === null ? {} : { tcbStatus: platform.tcbStatus }),
      ...(findings[0] === undefined ? {} : { code: findings[0].code, count: findings.length })
    })
    return verdict
  }
}
