import { AttestationError } from '../errors.ts'
import { sameBytes } from '../x509.ts'
import type { VerifiedDevice } from './device.ts'
import { opaqueNumber } from './opaque.ts'
import { rimNames } from './rim-names.ts'
import type { AuthenticRim } from './rim-verify.ts'

/** Which manifest an index is of. */
export type RimSource = 'driver' | 'vbios'

/** The manifests of one device: of its VBIOS, and of its driver, which a switch has none of. */
export interface DeviceRims {
  readonly driver: AuthenticRim | undefined
  readonly vbios: AuthenticRim
}

/** An index whose measurement is none of those accepted; `actual` is undefined where the report has no such index. */
export interface MeasurementMismatch {
  readonly index: number
  readonly source: RimSource
  readonly actual: Uint8Array | undefined
}

export interface MeasurementComparison {
  /** How many indices were compared. */
  readonly compared: number
  readonly mismatches: readonly MeasurementMismatch[]
}

/** What is measured of the video decoder 0, which some products have switched off. */
const NVDEC0_INDEX = 35
const NVDEC0_ENABLED = 0xaa
const NVDEC0_DISABLED = 0x55

/**
 * Finds a device's manifests among authentic ones: the product must be its chip, the version its driver's or VBIOS's.
 * Manifests of one version that differ (one was issued again, or boards differ) are all NVIDIA's: of these the ones that
 * the device comes closest to. Throws `RIM_MISSING`, `RIM_PRODUCT_MISMATCH`, `RIM_VERSION_MISMATCH`, `RIM_INDEX_CONFLICT`.
 */
export function closestRims(device: VerifiedDevice, rims: readonly AuthenticRim[]): DeviceRims {
  const [only, ...others] = findRims(device, rims)
  if (only === undefined) throw new AttestationError('RIM_MISSING', 'no manifest')
  if (others.length === 0) return only
  const distances = [only, ...others].map((candidate) => ({
    candidate,
    distance: compareMeasurements(device, candidate).mismatches.length
  }))
  return distances.reduce((best, next) => (next.distance < best.distance ? next : best)).candidate
}

/** Every pair of a driver's and a VBIOS's manifest that is this device's; at least one. */
function findRims(device: VerifiedDevice, rims: readonly AuthenticRim[]): readonly DeviceRims[] {
  const names = rimNames(device.arch, device.device.chip, device.report.response.opaque)
  const vbiosRims = rimsOf(device, rims, 'vbios', device.vbiosVersion)
  const driverRims =
    device.driverVersion === undefined ? undefined : rimsOf(device, rims, 'driver', device.driverVersion)
  const missing = [
    ...(driverRims?.length === 0 ? [`${names.driver} (of its driver)`] : []),
    ...(vbiosRims.length === 0 ? [`${names.vbios} (of its VBIOS)`] : [])
  ]
  if (missing.length > 0) throw new AttestationError('RIM_MISSING', `without ${missing.join(' and ')}`)
  const drivers = driverRims ?? [undefined]
  return drivers.flatMap((driver) => vbiosRims.map((vbios) => ({ driver, vbios })))
}

/**
 * Compares a report with its manifests: every active index must have one of its alternatives. An index that both
 * manifests have refuses (`RIM_INDEX_CONFLICT`). Index 35 is not held against a device whose NVDEC0 is disabled; what only
 * the report has is not judged. A manifest counts from 0, a report from 1.
 */
export function compareMeasurements(device: VerifiedDevice, { driver, vbios }: DeviceRims): MeasurementComparison {
  refuseConflict(driver, vbios)
  const excused = excusedIndex(device)
  const measured = new Map<number, Uint8Array>()
  for (const { index, value } of device.report.response.blocks) measured.set(index - 1, value)
  const mismatches: MeasurementMismatch[] = []
  let compared = 0
  for (const [source, rim] of [['driver', driver] as const, ['vbios', vbios] as const]) {
    for (const [index, accepted] of rim?.measurements ?? []) {
      compared++
      const actual = measured.get(index)
      const isAccepted = actual !== undefined && accepted.some((value) => sameBytes(value, actual))
      if (!isAccepted && index !== excused) mismatches.push({ index, source, actual })
    }
  }
  if (compared === 0) throw new AttestationError('RIM_MALFORMED', 'the manifests have no active index')
  return { compared, mismatches: mismatches.sort((a, b) => a.index - b.index) }
}

function refuseConflict(driver: AuthenticRim | undefined, vbios: AuthenticRim): void {
  for (const index of driver?.measurements.keys() ?? []) {
    if (!vbios.measurements.has(index)) continue
    const message = `both the driver's and the VBIOS's manifest have index ${index}`
    throw new AttestationError('RIM_INDEX_CONFLICT', message)
  }
}

/** Those of this device's version; none where there is none of the kind at all. */
function rimsOf(
  { device }: VerifiedDevice,
  rims: readonly AuthenticRim[],
  source: RimSource,
  version: string
): readonly AuthenticRim[] {
  const sameVersion = rims.filter((rim) => rim.version === version)
  const found = sameVersion.filter(({ product }) => product === device.chip)
  if (found.length > 0) return found
  const other = sameVersion[0]
  const name = `the ${source} manifest of ${device.chip} ${version}`
  if (other !== undefined) throw new AttestationError('RIM_PRODUCT_MISMATCH', `${name} is of ${other.product}`)
  const otherVersion = rims.find((rim) => rim.product === device.chip && sourceOf(rim) === source)
  if (otherVersion !== undefined) {
    throw new AttestationError('RIM_VERSION_MISMATCH', `${name} is of version ${otherVersion.version}`)
  }
  return []
}

/** A VBIOS's version has five parts of two hex digits, a driver's two or three decimal ones. */
function sourceOf({ version }: AuthenticRim): RimSource {
  return /^[0-9A-F]{2}(\.[0-9A-F]{2}){4}$/.test(version) ? 'vbios' : 'driver'
}

function excusedIndex({ arch, report }: VerifiedDevice): number | undefined {
  if (arch === 'LS10') return undefined
  const status = opaqueNumber(report.response.opaque, 'nvdec0Status')
  if (status === NVDEC0_DISABLED) return NVDEC0_INDEX
  if (status === NVDEC0_ENABLED) return undefined
  throw new AttestationError('REPORT_MALFORMED', `NVDEC0 status ${status ?? 'absent'}`)
}
