import type { DeviceArchitecture, DeviceEvidence } from '../bundle.ts'
import { equalBytes, verifyEcdsa } from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { checkValidity } from '../x509-chain.ts'
import { type AuthenticDevice, authenticateDevice } from './chain.ts'
import { opaqueField } from './opaque.ts'
import { type DeviceReport, parseDeviceReport } from './report.ts'
import { driverVersion, vbiosVersion } from './versions.ts'

const verified = Symbol('verified')

/** Whether the report's firmware is the one that the leaf's key belongs to; `absent` where the report does not say. */
export type FwidState = 'match' | 'absent' | 'mismatch'

/** A device whose report is authentic and answers the nonce. Only `verifyDevice` makes one. */
export interface VerifiedDevice {
  readonly [verified]: true
  readonly arch: DeviceArchitecture
  readonly device: AuthenticDevice
  readonly report: DeviceReport
  /** Undefined for a switch. */
  readonly driverVersion: string | undefined
  readonly vbiosVersion: string
  readonly fwid: Exclude<FwidState, 'mismatch'>
}

/**
 * Verifies one device's report:
 *
 * 1. Structure: `parseDeviceReport`.
 * 2. Its chain of five certificates ends at a trusted root, is of the architecture that is claimed, and in date.
 * 3. The leaf signed the report.
 * 4. The report answers the nonce.
 * 5. Its firmware is the one that the leaf is for. That a report says nothing of it is for appraisal to judge.
 *
 * What depends on the chain alone is kept, so that a device's next report costs one signature. Revocation, reference
 * measurements, modes and topology are asked of what this returns.
 */
export function verifyDevice(
  evidence: DeviceEvidence,
  nonce: Uint8Array,
  deviceRoots: readonly Uint8Array[],
  now: Date
): VerifiedDevice {
  const report = parseDeviceReport(evidence.evidence)
  const device = authenticateDevice(evidence.certificate, evidence.arch, deviceRoots)
  checkValidity(device.chain, now, 'DEVICE_CHAIN_INVALID')
  verifyReportSignature(report, device)
  checkNonce(report, nonce)
  const fwid = fwidState(report, device)
  if (fwid === 'mismatch') {
    throw new AttestationError('FWID_MISMATCH', 'the report is of other firmware than the certificate that signed it')
  }
  const { opaque } = report.response
  return {
    [verified]: true,
    ...{ arch: evidence.arch, device, report, fwid },
    driverVersion: driverVersion(evidence.arch, opaque),
    vbiosVersion: vbiosVersion(evidence.arch, opaque)
  }
}

export function verifyReportSignature(report: DeviceReport, { leafKey }: AuthenticDevice): void {
  if (verifyEcdsa('P-384', leafKey, report.signed, report.signature)) return
  throw new AttestationError('REPORT_SIGNATURE_INVALID', "the report is not signed by its device's certificate")
}

export function checkNonce({ request }: DeviceReport, nonce: Uint8Array): void {
  if (equalBytes(request.nonce, nonce)) return
  throw new AttestationError('NONCE_MISMATCH', `nonce ${encodeHex(request.nonce)}, ${encodeHex(nonce)} wanted`)
}

export function fwidState({ response }: DeviceReport, { fwid }: AuthenticDevice): FwidState {
  const reported = opaqueField(response.opaque, 'fwid')
  if (reported === undefined) return 'absent'
  return fwid !== undefined && equalBytes(fwid, reported) ? 'match' : 'mismatch'
}
