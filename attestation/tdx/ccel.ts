import { ByteReader } from '../byte-reader.ts'
import { equalBytes, sha384 } from '../crypto.ts'
import { encodeUtf8 } from '../encoding.ts'
import { EV_NO_ACTION, type EventLog, type MeasuredEvent } from './event-log.ts'

export const MAX_EVENT_LOG = 4 * 1024 * 1024

const TPM_ALG_SHA384 = 0x000c
const MAX_ALGORITHMS = 8
const SPEC_ID = encodeUtf8('Spec ID Event03\0')

/**
 * Reads a Confidential Computing Event Log (UEFI 2.10 §38, in the TCG2 crypto-agile format of the PC Client Platform
 * Firmware Profile §10.4): at most 4 MiB, SHA-384 digests, padding of 0xff or 0x00 after the last event. Its register
 * 1..4 is RTMR0..3; events of register 0 (MRTD) are left out.
 */
export function parseCcel(bytes: Uint8Array): EventLog {
  // The log comes from the host's memory: every count and length in it is attacker-controlled.
  const reader = new ByteReader(bytes, 'EVENT_LOG_MALFORMED', 'little')
  if (bytes.byteLength > MAX_EVENT_LOG) throw reader.refuse(`${bytes.byteLength} bytes, at most ${MAX_EVENT_LOG}`)
  const digestSizes = readSpecId(reader)
  const events: MeasuredEvent[] = []
  while (reader.remaining > 0 && !isPadding(bytes.subarray(reader.offset))) {
    const event = readEvent(reader, digestSizes)
    if (event !== undefined) events.push(event)
  }
  return { events }
}

/** The first event, in the old format with a SHA-1 digest, names the algorithms of all others. */
function readSpecId(reader: ByteReader): ReadonlyMap<number, number> {
  reader.skip(4, 'register')
  if (reader.uint32('event type') !== EV_NO_ACTION) throw reader.refuse('does not begin with EV_NO_ACTION')
  reader.skip(20, 'digest')
  const data = reader.bytes(reader.uint32('event size'), 'Spec ID event')
  const spec = new ByteReader(data, 'EVENT_LOG_MALFORMED', 'little')
  if (Buffer.compare(spec.bytes(16, 'signature'), SPEC_ID) !== 0)
    throw reader.refuse('does not begin with Spec ID Event03')
  spec.skip(8, 'platform class and versions')
  const count = spec.uint32('number of algorithms')
  if (count > MAX_ALGORITHMS) throw spec.refuse(`${count} digest algorithms`)
  const sizes = new Map<number, number>()
  for (let i = 0; i < count; i++) sizes.set(spec.uint16('algorithm'), spec.uint16('digest size'))
  spec.skip(spec.uint8('vendor info size'), 'vendor info')
  spec.end()
  if (sizes.get(TPM_ALG_SHA384) !== 48) throw spec.refuse('no SHA-384 digests')
  return sizes
}

function readEvent(reader: ByteReader, digestSizes: ReadonlyMap<number, number>): MeasuredEvent | undefined {
  const register = reader.uint32('register')
  if (register > 4) throw reader.refuse(`register ${register}`)
  const type = reader.uint32('event type')
  const digest = readDigest(reader, digestSizes)
  const data = reader.bytes(reader.uint32('event size'), 'event')
  if (register === 0) return undefined
  const authenticated = type !== EV_NO_ACTION && equalBytes(sha384(data), digest)
  return { rtmr: register - 1, type, digest, name: '', data, authenticated }
}

function readDigest(reader: ByteReader, digestSizes: ReadonlyMap<number, number>): Uint8Array {
  const count = reader.uint32('number of digests')
  if (count > MAX_ALGORITHMS) throw reader.refuse(`${count} digests of one event`)
  let digest: Uint8Array | undefined
  for (let i = 0; i < count; i++) {
    const algorithm = reader.uint16('algorithm')
    const size = digestSizes.get(algorithm)
    if (size === undefined) throw reader.refuse(`digest algorithm ${algorithm} was not announced`)
    const value = reader.bytes(size, 'digest')
    if (algorithm !== TPM_ALG_SHA384) continue
    if (digest !== undefined) throw reader.refuse('two SHA-384 digests of one event')
    digest = value
  }
  if (digest === undefined) throw reader.refuse('event without a SHA-384 digest')
  return digest
}

/** The ACPI area is larger than the log in it: the rest is all 0xff, or all 0x00. */
function isPadding(rest: Uint8Array): boolean {
  const [fill] = rest
  const mayBePadding = fill === 0xff || rest.subarray(0, 12).every((octet) => octet === 0)
  return mayBePadding && rest.every((octet) => octet === fill)
}
