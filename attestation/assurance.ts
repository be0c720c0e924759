import type { AppraisalResult } from './result.ts'

/** How much of a host is proven, each including those before it. */
export const ASSURANCES = ['listed', 'affirming', 'hardware', 'confidential-gpu'] as const
export type Assurance = (typeof ASSURANCES)[number]

/**
 * What a result amounts to: `affirming` without a finding; `hardware` with a quote of TDX silicon; `confidential-gpu` with reports
 * of GPUs, all of them verified and not revoked.
 */
export function assuranceOf({ status, tee, devices }: AppraisalResult): Assurance {
  if (status !== 'affirming') return 'listed'
  if (tee !== 'tdx') return 'affirming'
  const good = devices.every(({ verification, revocation }) => verification === 'verified' && revocation === 'good')
  return good && devices.some(({ arch }) => arch !== 'LS10') ? 'confidential-gpu' : 'hardware'
}

/** Larger is stricter. */
export function assuranceLevel(assurance: Assurance): number {
  return ASSURANCES.indexOf(assurance)
}
