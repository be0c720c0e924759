import { equalBytes, sha384 } from '../crypto.ts'
import { decodeUtf8, encodeHex, encodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { encodeJcs } from '../jcs.ts'
import { MAX_EVENT_LOG } from './ccel.ts'
import { DSTACK_RUNTIME_EVENT, EV_NO_ACTION, type EventLog, type MeasuredEvent } from './event-log.ts'
import { JsonMembers } from './json-members.ts'

/** What a guest extends RTMR3 with at run time, in dstack's format. */
export interface RuntimeEvent {
  readonly name: string
  readonly payload: Uint8Array
  readonly version: DstackVersion
}

export type DstackVersion = 1 | 2

const MAX_EVENTS = 65536

/**
 * The digest that a runtime event extends RTMR3 with. Version 1: SHA-384(u32 type, little-endian ‖ ":" ‖ name ‖ ":" ‖
 * payload). Version 2: SHA-384 of the JCS form of {name, payload (hex), type}.
 */
export function dstackEventDigest({ name, payload, version }: RuntimeEvent): Uint8Array {
  if (version === 1) return sha384(RUNTIME_TYPE_LE, encodeUtf8(`:${name}:`), payload)
  return sha384(encodeJcs({ name, payload: encodeHex(payload), type: DSTACK_RUNTIME_EVENT }))
}

/**
 * Reads dstack's JSON event log: an array of {imr 0..3, event_type, digest, event, event_payload} with hex, and
 * `version` 2 where it is not 1; at most 4 MiB. A runtime event may leave its digest empty, which then follows from
 * its name and payload. A name with a colon is never authentic in version 1, because its digest has other readings.
 */
export function parseDstackEventLog(bytes: Uint8Array): EventLog {
  if (bytes.byteLength > MAX_EVENT_LOG) throw malformed(`${bytes.byteLength} bytes, at most ${MAX_EVENT_LOG}`)
  let entries: unknown
  try {
    entries = JSON.parse(decodeUtf8(bytes))
  } catch (cause) {
    throw malformed('not JSON', cause)
  }
  if (!Array.isArray(entries) || entries.length > MAX_EVENTS) throw malformed('not an array of events')
  return { events: entries.map(readEntry) }
}

/** The JSON event log of these runtime events of RTMR3, in JCS form. */
export function encodeDstackEventLog(events: readonly RuntimeEvent[]): Uint8Array {
  return encodeJcs(
    events.map((event) => ({
      imr: 3,
      event_type: DSTACK_RUNTIME_EVENT,
      digest: encodeHex(dstackEventDigest(event)),
      event: event.name,
      event_payload: encodeHex(event.payload),
      ...(event.version === 2 ? { version: 2 } : {})
    }))
  )
}

const RUNTIME_TYPE_LE = Uint8Array.of(0x01, 0x00, 0x00, 0x08)

function readEntry(value: unknown): MeasuredEvent {
  const entry = new JsonMembers(value, 'EVENT_LOG_MALFORMED', 'event')
  const rtmr = entry.integer('imr', 3)
  const type = entry.integer('event_type', 0xffff_ffff)
  const name = entry.text('event')
  const data = entry.hex('event_payload')
  const digest = entry.has('digest') ? entry.hex('digest') : new Uint8Array(0)
  const made = type === DSTACK_RUNTIME_EVENT ? runtimeDigests(name, data, readVersion(entry)) : [sha384(data)]
  if (digest.byteLength === 0) {
    const [first] = made
    if (type !== DSTACK_RUNTIME_EVENT || first === undefined) throw malformed('event without a digest')
    return { rtmr, type, digest: first, name, data, authenticated: true }
  }
  if (digest.byteLength !== 48) throw malformed(`digest of ${digest.byteLength} bytes`)
  const authenticated = type !== EV_NO_ACTION && made.some((candidate) => equalBytes(candidate, digest))
  return { rtmr, type, digest, name, data, authenticated }
}

/** The digests that bind this name and payload; none where another name and payload would have the same. */
function runtimeDigests(name: string, payload: Uint8Array, version: DstackVersion): Uint8Array[] {
  if (version === 1) return name.includes(':') ? [] : [dstackEventDigest({ name, payload, version })]
  // dstack's first version 2 hashed other members; guests built then still quote it.
  const early = { event: name, event_type: DSTACK_RUNTIME_EVENT, payload: encodeHex(payload), version: 2 }
  return [dstackEventDigest({ name, payload, version }), sha384(encodeJcs(early))]
}

function readVersion(entry: JsonMembers): DstackVersion {
  if (!entry.has('version')) return 1
  return entry.integer('version', 2) === 2 ? 2 : 1
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('EVENT_LOG_MALFORMED', message, { cause })
}
