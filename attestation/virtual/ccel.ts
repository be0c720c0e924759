import { sha384 } from '../crypto.ts'
import { concatBytes, encodeUtf8 } from '../encoding.ts'
import { uint16le, uint32le } from './little-endian.ts'

/** One measurement of the boot, as firmware writes it. */
export interface CcelEvent {
  readonly rtmr: 0 | 1 | 2 | 3
  readonly type: number
  readonly data: Uint8Array
  /** 48 bytes; the digest of something that is not in the log, such as a kernel. By default that of `data`. */
  readonly digest?: Uint8Array
}

export const EVENT_TYPE = {
  noAction: 3,
  separator: 4,
  eventTag: 6,
  platformConfigFlags: 10,
  efiVariableDriverConfig: 0x8000_0001,
  efiBootServicesApplication: 0x8000_0003,
  efiAction: 0x8000_0007
} as const

const SHA384_ALGORITHM = 0x0c

/**
 * A TCG2 crypto-agile log of SHA-384 alone, in the log area of a CCEL table: Spec ID event, events, then 0xFF to the
 * area's end (TCG PC Client Platform Firmware Profile §10; register index 1 is RTMR0).
 */
export function encodeCcel(events: readonly CcelEvent[]): Uint8Array {
  const log = concatBytes(specIdEvent(), ...events.map(encodeEvent))
  const area = new Uint8Array(Math.ceil((log.byteLength + 1) / 4096) * 4096).fill(0xff)
  area.set(log)
  return area
}

function specIdEvent(): Uint8Array {
  const data = concatBytes(
    encodeUtf8('Spec ID Event03\0'),
    uint32le(0),
    Uint8Array.of(0, 2, 0, 2),
    uint32le(1),
    uint16le(SHA384_ALGORITHM),
    uint16le(48),
    Uint8Array.of(0)
  )
  return concatBytes(uint32le(1), uint32le(EVENT_TYPE.noAction), new Uint8Array(20), uint32le(data.byteLength), data)
}

function encodeEvent(event: CcelEvent): Uint8Array {
  return concatBytes(
    uint32le(event.rtmr + 1),
    uint32le(event.type),
    uint32le(1),
    uint16le(SHA384_ALGORITHM),
    event.digest ?? sha384(event.data),
    uint32le(event.data.byteLength),
    event.data
  )
}
