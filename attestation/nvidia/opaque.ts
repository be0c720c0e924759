import { ByteReader } from '../byte-reader.ts'
import { AttestationError } from '../errors.ts'

/** Types of the opaque fields of a device's report, by NVIDIA's names. */
export const OPAQUE_FIELD = {
  driverVersion: 3,
  gpuInfo: 4,
  vbiosVersion: 6,
  nvdec0Status: 11,
  msrsCnt: 12,
  cprInfo: 13,
  boardId: 14,
  chipSku: 15,
  chipSkuMod: 16,
  project: 17,
  projectSku: 18,
  projectSkuMod: 19,
  fwid: 20,
  protectedPcieStatus: 21,
  /** A GPU's: the switch behind each of its links, each PDI reversed. A switch's: its own. */
  pdi: 22,
  disabledPorts: 23,
  switchPositionId: 24,
  switchLockStatus: 25,
  /** The PDIs of 8 GPUs, then for each of 64 ports which of them it leads to (255: none). */
  switchGpuPdis: 26,
  sysEnableStatus: 33,
  opaqueDataVersion: 34,
  chipInfo: 35,
  featureFlag: 36
} as const

export type OpaqueField = keyof typeof OPAQUE_FIELD

/** The opaque fields of a report by type, as bytes. Types that are not known stay in it: newer firmware has more. */
export type OpaqueData = ReadonlyMap<number, Uint8Array>

/** Reads a list of (type u16, length u16, value), little-endian; refuses a type that occurs twice. */
export function parseOpaqueData(bytes: Uint8Array): OpaqueData {
  const reader = new ByteReader(bytes, 'REPORT_MALFORMED', 'little')
  const fields = new Map<number, Uint8Array>()
  while (reader.remaining > 0) {
    const type = reader.uint16('opaque field type')
    const value = reader.bytes(reader.uint16('opaque field length'), `opaque field ${type}`)
    if (fields.has(type)) throw reader.refuse(`opaque field ${type} twice`)
    fields.set(type, value)
  }
  return fields
}

/** A field's bytes; undefined where the report has no such field: absent is never taken for a value. */
export function opaqueField(data: OpaqueData, field: OpaqueField): Uint8Array | undefined {
  return data.get(OPAQUE_FIELD[field])
}

/** An unsigned integer of 1 to 4 bytes, little-endian. */
export function opaqueNumber(data: OpaqueData, field: OpaqueField): number | undefined {
  const bytes = opaqueField(data, field)
  if (bytes === undefined) return undefined
  if (bytes.byteLength === 0 || bytes.byteLength > 4) throw malformed(`${field} of ${bytes.byteLength} bytes`)
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0)
}

/** Printable ASCII; what follows a NUL is padding and must be NUL. */
export function opaqueText(data: OpaqueData, field: OpaqueField): string | undefined {
  const bytes = opaqueField(data, field)
  if (bytes === undefined) return undefined
  const text = Buffer.from(bytes.subarray(0, 256)).toString('latin1')
  const match = /^([\x20-\x7e]*)\0*$/.exec(text)
  if (match === null || bytes.byteLength > 256) throw malformed(`${field} is not text`)
  return match[1]
}

/** A list of numbers of `width` bytes each, little-endian. */
export function opaqueNumbers(data: OpaqueData, field: OpaqueField, width: 1 | 4): readonly number[] | undefined {
  const bytes = opaqueField(data, field)
  if (bytes === undefined) return undefined
  if (bytes.byteLength % width !== 0) throw malformed(`${field} of ${bytes.byteLength} bytes`)
  const reader = new ByteReader(bytes, 'REPORT_MALFORMED', 'little')
  return Array.from({ length: bytes.byteLength / width }, () =>
    width === 1 ? reader.uint8(field) : reader.uint32(field)
  )
}

function malformed(message: string): AttestationError {
  return new AttestationError('REPORT_MALFORMED', message)
}
