import type { EvidenceBundle } from '../bundle.ts'
import type { Policy } from '../policy.ts'
import type { Finding } from '../result.ts'
import { contraindicated } from './findings.ts'

/**
 * No report of a device can be verified yet. So a policy that demands devices refuses every host, evidence that brings
 * devices is refused whatever the policy says, and a keyset cannot name devices that nothing proves.
 */
export function deviceFindings(bundle: EvidenceBundle, policy: Policy): readonly Finding[] {
  const named = [...bundle.keyset.gpus, ...bundle.keyset.switches]
  const brought = bundle.devices.map((device) => device.arch).join(', ')
  const findings: Finding[] = []
  if (bundle.devices.length > 0) {
    findings.push(contraindicated('DEVICE_EVIDENCE_UNVERIFIABLE', 'device evidence that was verified', brought))
  } else if (policy.devices.required) {
    findings.push(missingDevices(policy))
  }
  if (named.length > bundle.devices.length) {
    const names = named.map((device) => device.arch).join(', ')
    findings.push(contraindicated('DEVICE_NOT_IN_EVIDENCE', `a report of each of ${names}`, brought || 'none'))
  }
  return findings
}

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

/** Proofs of inclusion cannot be given or checked yet. */
export function logFindings({ log }: Policy): readonly Finding[] {
  if (log.kind === 'none') return []
  return [contraindicated('LOG_PROOF_UNVERIFIABLE', `inclusion in the log ${log.origin}`, 'no proof')]
}

function missingDevices({ devices }: Policy): Finding {
  const wanted = devices.architectures.map(({ arch }) => arch).join(', ')
  return contraindicated('DEVICE_EVIDENCE_MISSING', `a report of each device (${wanted})`, 'none')
}
