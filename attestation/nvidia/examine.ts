import type { DeviceArchitecture, DeviceEvidence } from '../bundle.ts'
import { AttestationError } from '../errors.ts'
import { checkValidity } from '../x509-chain.ts'
import { type AuthenticDevice, authenticateDevice } from './chain.ts'
import { checkNonce, type FwidState, fwidState, type VerifiedDevice, verifyReportSignature } from './device.ts'
import { opaqueNumber } from './opaque.ts'
import { type DeviceReport, parseDeviceReport } from './report.ts'
import { driverVersion, vbiosVersion } from './versions.ts'

/** What each check of a device gave, whether or not the ones before it held. Null: there was nothing to check. */
export interface DeviceState {
  readonly arch: DeviceArchitecture
  readonly device: AuthenticDevice | null
  readonly driverVersion: string | null
  readonly vbiosVersion: string | null
  readonly reportSignature: 'valid' | 'invalid'
  readonly certificateChain: 'valid' | 'invalid'
  readonly nonce: 'match' | 'mismatch'
  readonly fwid: FwidState
  /** The feature flag's number. */
  readonly feature: number | null
}

/** The state of a device that verified. */
export function verifiedState(verified: VerifiedDevice): DeviceState {
  return {
    arch: verified.arch,
    device: verified.device,
    driverVersion: verified.driverVersion ?? null,
    vbiosVersion: verified.vbiosVersion,
    ...{ reportSignature: 'valid', certificateChain: 'valid', nonce: 'match' },
    fwid: verified.fwid,
    feature: opaqueNumber(verified.report.response.opaque, 'featureFlag') ?? null
  }
}

/** The state of a device that did not: a check that could not be made counts as failed, and never as held. */
export function refusedState(
  evidence: DeviceEvidence,
  nonce: Uint8Array,
  deviceRoots: readonly Uint8Array[],
  now: Date
): DeviceState {
  const { arch } = evidence
  const report = attempt(() => parseDeviceReport(evidence.evidence))
  const device = attempt(() => {
    const authentic = authenticateDevice(evidence.certificate, arch, deviceRoots)
    checkValidity(authentic.chain, now, 'DEVICE_CHAIN_INVALID')
    return authentic
  })
  return {
    arch,
    device,
    certificateChain: device === null ? 'invalid' : 'valid',
    ...(report === null ? UNREADABLE : reportState(report, device, nonce, arch))
  }
}

type ReportState = Omit<DeviceState, 'arch' | 'device' | 'certificateChain'>

const UNREADABLE: ReportState = {
  ...{ driverVersion: null, vbiosVersion: null, feature: null },
  reportSignature: 'invalid',
  nonce: 'mismatch',
  fwid: 'absent'
}

function reportState(
  report: DeviceReport,
  device: AuthenticDevice | null,
  nonce: Uint8Array,
  arch: DeviceArchitecture
): ReportState {
  const { opaque } = report.response
  const isSigned = device !== null && holds(() => verifyReportSignature(report, device))
  return {
    driverVersion: attempt(() => driverVersion(arch, opaque)) ?? null,
    vbiosVersion: attempt(() => vbiosVersion(arch, opaque)),
    reportSignature: isSigned ? 'valid' : 'invalid',
    nonce: holds(() => checkNonce(report, nonce)) ? 'match' : 'mismatch',
    fwid: device === null ? 'absent' : fwidState(report, device),
    feature: attempt(() => opaqueNumber(opaque, 'featureFlag')) ?? null
  }
}

function holds(check: () => void): boolean {
  return (
    attempt(() => {
      check()
      return true
    }) === true
  )
}

function attempt<T>(make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    if (error instanceof AttestationError) return null
    throw error
  }
}
