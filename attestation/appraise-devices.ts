import { assessBareDevices, assessmentFindings, deviceClaims } from './appraisal/device-findings.ts'
import { printable } from './appraisal/printable.ts'
import { explainFindings } from './explain.ts'
import { explainDevice } from './explain-device.ts'
import type { JsonValue } from './jcs.ts'
import type { DevicesEvidence } from './nvidia/assess.ts'
import { assertPolicy, type Policy } from './policy.ts'
import { type AppraisalStatus, type DeviceClaims, devicesToJson, type Finding, findingsToJson } from './result.ts'

/** What a policy makes of devices that come without a host: that they belong to a guest nobody has shown. */
export interface DevicesResult {
  readonly status: AppraisalStatus
  readonly appraisedAt: Date
  readonly policy: { readonly name: string; readonly digest: Uint8Array }
  readonly devices: readonly DeviceClaims[]
  readonly findings: readonly Finding[]
}

/** Appraises device reports that come without a host, each against the nonce that it is given with. */
export function appraiseDevices(evidence: DevicesEvidence, policy: Policy, now: Date): DevicesResult {
  assertPolicy(policy)
  const assessment = assessBareDevices(evidence, policy, now)
  const findings = assessmentFindings(assessment)
  const isRefused = findings.some(({ status }) => status === 'contraindicated')
  return Object.freeze({
    status: isRefused ? 'contraindicated' : findings.length > 0 ? 'warning' : 'affirming',
    appraisedAt: now,
    policy: { name: policy.name, digest: policy.digest },
    devices: assessment.devices.map(deviceClaims),
    findings
  })
}

/** The result in sentences for people; the first says the verdict. */
export function explainDevices({ status, policy, devices, findings }: DevicesResult): readonly string[] {
  const subject = devices.length === 1 ? 'This device' : `These ${devices.length} devices`
  const verdicts = {
    affirming: `${subject} met the policy "${policy.name}".`,
    warning: `${subject} met the policy "${policy.name}", with a warning.`,
    contraindicated: `${subject} did not meet the policy "${policy.name}".`
  } as const satisfies Record<AppraisalStatus, string>
  return [
    verdicts[status],
    ...devices.map(explainDevice),
    'Reports alone say nothing of the guest that uses the devices, nor of its keys, nor whether confidential computing or the developer mode is on: a measured guest says that.',
    ...explainFindings(findings)
  ].map(printable)
}

/** The result as JSON, snake_case, times in unix seconds, bytes in hex. */
export function devicesResultToJson({ status, appraisedAt, policy, devices, findings }: DevicesResult): JsonValue {
  return {
    v: 1,
    status,
    appraised_at: Math.floor(appraisedAt.getTime() / 1000),
    policy: { name: policy.name, digest: Buffer.from(policy.digest).toString('hex') },
    devices: devicesToJson(devices),
    findings: findingsToJson(findings)
  }
}
