import type { AttestationErrorCode } from '../errors.ts'

/** What only a policy finds wrong with a device that is authentic. */
export const DEVICE_POLICY_CODES = [
  'DEVICE_ARCHITECTURE_NOT_ALLOWED',
  'DRIVER_TOO_OLD',
  'VBIOS_TOO_OLD',
  'FWID_ABSENT',
  'OCSP_IN_GRACE',
  'OCSP_UNKNOWN_TOLERATED',
  'OCSP_HOLD_TOLERATED',
  'RIM_EXPIRED_TOLERATED'
] as const

export type DeviceFaultCode = AttestationErrorCode | (typeof DEVICE_POLICY_CODES)[number]

/** One reason against a device, or, where it is tolerated, one that people should know. */
export interface DeviceFault {
  readonly code: DeviceFaultCode
  readonly isTolerated: boolean
  readonly expected: string
  readonly actual: string
}

export function fault(code: DeviceFaultCode, expected: string, actual: string): DeviceFault {
  return { code, isTolerated: false, expected, actual }
}

export function tolerated(code: DeviceFaultCode, expected: string, actual: string): DeviceFault {
  return { code, isTolerated: true, expected, actual }
}
