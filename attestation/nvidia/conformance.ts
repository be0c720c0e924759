import { AttestationError, type AttestationErrorCode } from '../errors.ts'
import type { JsonValue } from '../jcs.ts'
import type { ConformanceResult } from '../tdx/conformance.ts'
import { type DeviceAnchors, NVIDIA_ANCHORS } from './anchors.ts'
import { allFaults, assessDevices, type DeviceAssessment, type DeviceRules } from './assess.ts'
import {
  type NvidiaCasePolicy,
  type NvidiaRequest,
  parseNvidiaRequest,
  UnsupportedCase
} from './conformance-request.ts'
import type { DeviceFault, DeviceFaultCode } from './faults.ts'

const STAGE = 'verify-attestation-nvidia'

/** What the suite has no code of its own for, under the one that it expects there. */
const SUITE_CODES: Readonly<Partial<Record<DeviceFaultCode, AttestationErrorCode>>> = {
  FWID_ABSENT: 'FWID_MISMATCH',
  OCSP_UNKNOWN: 'OCSP_UNAVAILABLE',
  OCSP_INVALID: 'OCSP_UNAVAILABLE'
}

/**
 * `bombyx conformance verify-attestation-nvidia`: verifies the devices of one case (its JSON input) up to NVIDIA's roots, and
 * answers in the suite's terms. Never throws.
 */
export function verifyAttestationNvidia(text: string, anchors: DeviceAnchors = NVIDIA_ANCHORS): ConformanceResult {
  let request: NvidiaRequest
  try {
    request = parseNvidiaRequest(text)
  } catch (error) {
    if (error instanceof UnsupportedCase) return failure(20, `not supported: ${error.message}`)
    return error instanceof AttestationError ? failure(30, error.message) : failure(1, String(error))
  }
  try {
    return run(request, anchors)
  } catch (error) {
    return failure(1, String(error))
  }
}

function run(request: NvidiaRequest, anchors: DeviceAnchors): ConformanceResult {
  const assessment = assessDevices(request, rulesOf(request.policy, anchors), request.now)
  const devices = assessment.devices.map(deviceJson)
  const rejection =
    request.devices.length === 0 ? NO_DEVICES : allFaults(assessment).find(({ isTolerated }) => !isTolerated)
  if (rejection === undefined) return { exitCode: 0, output: { stage: STAGE, accepted: true, devices } }
  return { exitCode: 10, output: { stage: STAGE, accepted: false, rejection: rejectionJson(rejection), devices } }
}

const NO_DEVICES: DeviceFault = {
  code: 'TOPOLOGY_INVALID',
  isTolerated: false,
  expected: 'a device',
  actual: 'none'
}

function rulesOf(policy: NvidiaCasePolicy, anchors: DeviceAnchors): DeviceRules {
  const anyVersion = { minimumDriver: '0', minimumVbios: '0' }
  return {
    ...anchors,
    architectures: (['HOPPER', 'BLACKWELL', 'LS10'] as const).map((arch) => ({ arch, ...anyVersion })),
    topology: policy.topology,
    fwid: 'required-from-driver-550',
    rim: { required: policy.requireRim, acceptExpiredCertificate: policy.acceptExpiredRimCertificate },
    ocsp: {
      required: policy.requireOcsp,
      acceptUnknown: false,
      acceptCertificateHold: false,
      graceAfterLastGoodSeconds: 0
    }
  }
}

function rejectionJson({ code, expected, actual }: DeviceFault): JsonValue {
  return { code: SUITE_CODES[code] ?? code, message: `${actual}; wanted: ${expected}` }
}

function deviceJson({ state, measurements }: DeviceAssessment): JsonValue {
  return {
    arch: state.arch,
    driver_version: state.driverVersion,
    vbios_version: state.vbiosVersion,
    report_signature: state.reportSignature,
    certificate_chain: state.certificateChain,
    nonce: state.nonce,
    fwid: state.fwid,
    feature: state.feature,
    measurements:
      measurements === null
        ? 'absent'
        : {
            compared: measurements.compared,
            mismatches: measurements.mismatches.map(({ index, source }) => ({ index, source }))
          }
  }
}

function failure(exitCode: 1 | 20 | 30, error: string): ConformanceResult {
  return { exitCode, output: { stage: STAGE, accepted: false, error } }
}
