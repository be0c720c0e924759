import type { DeviceArchitecture } from '../bundle.ts'
import { AttestationError } from '../errors.ts'
import { type OpaqueData, opaqueField, opaqueText } from './opaque.ts'

/** How the parts of a version are written: decimal for a driver's, hexadecimal for a VBIOS's. */
const RADIX = { driver: 10, vbios: 16 } as const
const VBIOS_LENGTH = 8
/** The five bytes of a GPU's VBIOS version, in the order in which they are written. */
const VBIOS_ORDER = [3, 2, 1, 0, 4] as const

/** A GPU's driver version, for example `550.90.07`; undefined for a switch, which has none. */
export function driverVersion(arch: DeviceArchitecture, opaque: OpaqueData): string | undefined {
  if (arch === 'LS10') return undefined
  const version = opaqueText(opaque, 'driverVersion')
  if (version === undefined || !/^\d{1,5}(\.\d{1,5}){1,3}$/.test(version)) throw malformed('driver version')
  return version
}

/** The VBIOS version, for example `96.00.5E.00.01`: a GPU packs it into 8 bytes, a switch writes it as text. */
export function vbiosVersion(arch: DeviceArchitecture, opaque: OpaqueData): string {
  const bytes = opaqueField(opaque, 'vbiosVersion')
  if (bytes === undefined) throw malformed('VBIOS version')
  const version = arch === 'LS10' ? opaqueText(opaque, 'vbiosVersion') : unpack(bytes)
  if (version === undefined || !/^[0-9A-F]{2}(\.[0-9A-F]{2}){4}$/.test(version)) throw malformed('VBIOS version')
  return version
}

/** Whether a version is lower than another; parts that one of them lacks count as zero. */
export function isOlder(version: string, than: string, kind: keyof typeof RADIX): boolean {
  if (version === than) return false
  const [mine, theirs] = [version, than].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, RADIX[kind]))
  )
  for (let i = 0; i < Math.max(mine?.length ?? 0, theirs?.length ?? 0); i++) {
    const difference = (mine?.[i] ?? 0) - (theirs?.[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

function unpack(bytes: Uint8Array): string | undefined {
  if (bytes.byteLength !== VBIOS_LENGTH) return undefined
  return VBIOS_ORDER.map((at) => (bytes[at] ?? 0).toString(16).toUpperCase().padStart(2, '0')).join('.')
}

function malformed(field: string): AttestationError {
  return new AttestationError('REPORT_MALFORMED', `${field} is absent or not in its form`)
}
