import type { EvidenceBundle } from '../bundle.ts'
import { encodeHex } from '../encoding.ts'
import type { Endorsements } from '../endorsements.ts'
import {
  allFaults,
  assessDevices,
  type DeviceAssessment,
  type DeviceRules,
  type DevicesAssessment,
  type DevicesEvidence
} from '../nvidia/assess.ts'
import type { DeviceFault } from '../nvidia/faults.ts'
import { opinionFaults } from '../nvidia/nras.ts'
import type { Policy } from '../policy.ts'
import type { SecondOpinion } from '../remote-opinion.ts'
import type { DeviceClaims, Finding } from '../result.ts'
import { gpuNonce, type KeysetDevice } from '../session/keyset.ts'
import { contraindicated, warning } from './findings.ts'

/** The devices of a bundle, each with the nonce that only this keyset and challenge give. */
export function assessBundleDevices(
  { devices, keyset, nonce }: EvidenceBundle,
  { rims, ocsp, crls }: Endorsements,
  policy: Policy,
  now: Date
): DevicesAssessment {
  const expected = gpuNonce(keyset.digest, nonce)
  const evidence = { devices: devices.map((device) => ({ evidence: device, nonce: expected })), rims, ocsp, crls }
  return assessDevices(evidence, deviceRules(policy), now)
}

/** `assessDevices` under a policy, of devices that come without a host. */
export function assessBareDevices(evidence: DevicesEvidence, policy: Policy, now: Date): DevicesAssessment {
  return assessDevices(evidence, deviceRules(policy), now)
}

/**
 * Everything that is wrong with a bundle's devices: what verification and policy find of each and of all; a device that the
 * keyset does not name, or names without a report; a second opinion that the policy asks for.
 */
export function deviceFindings(
  bundle: EvidenceBundle,
  assessment: DevicesAssessment,
  opinion: SecondOpinion | null,
  policy: Policy
): readonly Finding[] {
  if (bundle.devices.length === 0 && policy.devices.required)
    return [missingDevices(policy), ...absentFindings(bundle, [])]
  return [
    ...assessmentFindings(assessment),
    ...strangerFindings(bundle, assessment.devices),
    ...absentFindings(bundle, assessment.devices),
    ...opinionFindings(bundle, assessment, opinion, policy)
  ]
}

export function assessmentFindings(assessment: DevicesAssessment): readonly Finding[] {
  return allFaults(assessment).map(faultFinding)
}

/** What is proven of a device; null is absent, and never good. */
export function deviceClaims({ state, verified, revocation, measurements }: DeviceAssessment): DeviceClaims {
  const { device } = state
  return Object.freeze({
    arch: state.arch,
    verification: verified === null ? 'refused' : 'verified',
    chip: device?.chip ?? null,
    pdi: device?.pdi ?? null,
    identity: device?.identity ?? null,
    certificateSha256: device?.leafDigest ?? null,
    driverVersion: state.driverVersion,
    vbiosVersion: state.vbiosVersion,
    reportSignature: state.reportSignature,
    certificateChain: state.certificateChain,
    nonce: state.nonce,
    fwid: state.fwid,
    feature: state.feature,
    revocation,
    measurements:
      measurements === null
        ? null
        : {
            compared: measurements.compared,
            mismatches: measurements.mismatches.map(({ index, source }) => ({ index, source }))
          }
  })
}

export function missingDevices({ devices }: Policy): Finding {
  const wanted = devices.architectures.map(({ arch }) => arch).join(', ')
  return contraindicated('DEVICE_EVIDENCE_MISSING', `a report of each device (${wanted})`, 'none')
}

/** A policy that takes any topology still leaves no GPU to share plain text with devices that are not here. */
function deviceRules({ devices }: Policy): DeviceRules {
  return { ...devices, topology: devices.topology === 'any' ? 'whole' : devices.topology }
}

function faultFinding({ code, isTolerated, expected, actual }: DeviceFault): Finding {
  return (isTolerated ? warning : contraindicated)(code, expected, actual)
}

/** A report under a certificate that the quote does not name is another host's device, whatever else is right. */
function strangerFindings({ keyset }: EvidenceBundle, devices: readonly DeviceAssessment[]): readonly Finding[] {
  const named = namesOf([...keyset.gpus, ...keyset.switches])
  return devices.flatMap(({ state }) => {
    const name = state.device === null ? undefined : nameOf(state.arch, state.device.leafDigest)
    if (name === undefined || named.has(name)) return []
    return [contraindicated('DEVICE_NOT_IN_KEYSET', 'devices that the keyset names', name)]
  })
}

function absentFindings({ keyset }: EvidenceBundle, devices: readonly DeviceAssessment[]): readonly Finding[] {
  const reported = new Set(devices.map(({ state }) => nameOf(state.arch, state.device?.leafDigest ?? new Uint8Array())))
  const absent = [...namesOf([...keyset.gpus, ...keyset.switches])].filter((name) => !reported.has(name))
  if (absent.length === 0) return []
  return [contraindicated('DEVICE_NOT_IN_EVIDENCE', `a report of each of ${absent.join(', ')}`, 'none')]
}

function opinionFindings(
  bundle: EvidenceBundle,
  { devices }: DevicesAssessment,
  opinion: SecondOpinion | null,
  policy: Policy
): readonly Finding[] {
  if (policy.devices.remoteAttestation === 'off' || bundle.devices.length === 0) return []
  const verified = devices.flatMap((device) => (device.verified === null ? [] : [device.verified]))
  const faults = opinionFaults(opinion, verified, gpuNonce(bundle.keyset.digest, bundle.nonce))
  return faults.map((actual) =>
    contraindicated('REMOTE_ATTESTATION_MISSING', "NVIDIA's remote service agrees on each device", actual)
  )
}

function namesOf(devices: readonly KeysetDevice[]): ReadonlySet<string> {
  return new Set(devices.map(({ arch, certificateSha256 }) => nameOf(arch, certificateSha256)))
}

function nameOf(arch: string, certificateSha256: Uint8Array): string {
  return `${arch} ${encodeHex(certificateSha256)}`
}
