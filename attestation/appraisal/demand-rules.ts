import type { Policy } from '../policy.ts'
import type { Finding } from '../result.ts'
import { missingDevices } from './device-findings.ts'
import { contraindicated } from './findings.ts'

/** What a policy demands of a host that a bare quote cannot show. */
export function bareQuoteFindings(policy: Policy): readonly Finding[] {
  const findings = [...logFindings(policy)]
  if (policy.devices.required) findings.push(missingDevices(policy))
  const judged = (['composeHash', 'modelWeights'] as const).filter((field) => policy.referenceValues[field] !== 'any')
  if (judged.length > 0) {
    findings.push(
      contraindicated('WORKLOAD_UNPROVEN', `${judged.join(' and ')} proven by an event log`, 'a bare quote')
    )
  }
  return findings
}

/** Evidence alone does not show that it is in a log. */
export function logFindings({ log }: Policy): readonly Finding[] {
  if (log.kind === 'none') return []
  return [contraindicated('LOG_PROOF_MISSING', `inclusion in the log ${log.key.name}`, 'no proof')]
}
