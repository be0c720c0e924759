import { base64, constant, hex, integer, list, object, oneOf, ShapeError } from './appraisal/shape.ts'
import { sha256 } from './crypto.ts'
import { AttestationError } from './errors.ts'
import { decodeJcs, encodeJcs } from './jcs.ts'
import { type Challenge, challengeNonce, type Keyset, parseKeyset } from './session/keyset.ts'
import { parseCcel } from './tdx/ccel.ts'
import { parseDstackEventLog } from './tdx/dstack-log.ts'
import type { EventLog } from './tdx/event-log.ts'
import { parseTdxQuote, type TdxQuote } from './tdx/quote.ts'

/** An evidence bundle is at most this long: 8 GPUs, 4 switches, a CCEL of 64 KiB and a quote fit several times. */
export const MAX_BUNDLE_BYTES = 1 << 20

const MAX_QUOTE_BYTES = 1 << 16
const MAX_KEYSET_BYTES = 1 << 16
const MAX_EVENT_LOG_BYTES = 1 << 19
const MAX_DEVICE_BYTES = 1 << 17

const deviceShape = object({
  arch: oneOf(['HOPPER', 'BLACKWELL', 'LS10']),
  certificate: base64(MAX_DEVICE_BYTES),
  evidence: base64(MAX_DEVICE_BYTES)
})

const bundleShape = object({
  challenge: object({
    genUtime: integer(0, 0xffff_ffff),
    network: integer(-0x8000_0000, 0x7fff_ffff),
    random: hex(32),
    rootHash: hex(32),
    seqno: integer(0, 0xffff_ffff)
  }),
  devices: list(deviceShape, 16),
  eventLog: list(object({ data: base64(MAX_EVENT_LOG_BYTES), format: oneOf(['ccel', 'dstack']) }), 2),
  keyset: base64(MAX_KEYSET_BYTES),
  quote: base64(MAX_QUOTE_BYTES),
  v: constant(1)
})

export type DeviceArchitecture = 'HOPPER' | 'BLACKWELL' | 'LS10'

/** A GPU's or NVSwitch's report as it came from the device, with its PEM certificate chain. */
export interface DeviceEvidence {
  readonly arch: DeviceArchitecture
  readonly certificate: Uint8Array
  readonly evidence: Uint8Array
}

/** The bytes of an event log: `ccel` for the firmware's (RTMR0-2), `dstack` for the guest's (RTMR3, or all four). */
export interface EventLogBytes {
  readonly format: 'ccel' | 'dstack'
  readonly data: Uint8Array
}

/** What a host collects for one challenge, as bytes. */
export interface BundleFields {
  readonly challenge: Challenge
  readonly keyset: Uint8Array
  readonly quote: Uint8Array
  readonly eventLog: readonly EventLogBytes[]
  readonly devices: readonly DeviceEvidence[]
}

/** Evidence of one host (RFC 9334), parsed and not yet verified: nothing in it is to be believed. */
export interface EvidenceBundle {
  /** SHA-256 of the bundle's bytes, the name that blobs and log leaves know it by. */
  readonly digest: Uint8Array
  readonly challenge: Challenge
  /** SHA-256 of the challenge's preimage: computed, never carried. */
  readonly nonce: Uint8Array
  readonly keyset: Keyset
  readonly quote: TdxQuote
  readonly eventLogs: readonly EventLog[]
  readonly devices: readonly DeviceEvidence[]
}

/**
 * Reads an evidence bundle: the JCS form of its JSON, at most 1 MiB, every part parsed. Throws `BUNDLE_MALFORMED`, or the
 * code of the part that cannot be read.
 */
export function parseBundle(bytes: Uint8Array): EvidenceBundle {
  const document = readDocument(bytes)
  return Object.freeze({
    digest: sha256(bytes),
    challenge: document.challenge,
    nonce: challengeNonce(document.challenge),
    keyset: parseKeyset(document.keyset),
    quote: parseTdxQuote(document.quote),
    eventLogs: document.eventLog.map(parseEventLog),
    devices: document.devices
  })
}

/** The bytes of a bundle. Throws `BUNDLE_MALFORMED` for what `parseBundle` would refuse in its own members. */
export function encodeBundle(fields: BundleFields): Uint8Array {
  const bytes = encodeJcs(bundleShape.write({ ...fields, v: 1 }))
  readDocument(bytes)
  return bytes
}

function readDocument(bytes: Uint8Array) {
  const value = decodeJcs(bytes, MAX_BUNDLE_BYTES, 'BUNDLE_MALFORMED')
  try {
    const document = bundleShape.read(value, '')
    checkBeacon(document.challenge)
    return document
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause
    throw new AttestationError('BUNDLE_MALFORMED', cause.message, { cause })
  }
}

/** Without a network there is no block, so what is not random is zero. */
function checkBeacon({ network, seqno, genUtime, rootHash }: Challenge): void {
  const isEmpty = seqno === 0 && genUtime === 0 && rootHash.every((byte) => byte === 0)
  if (network === 0 && !isEmpty) throw new ShapeError('challenge', 'a block needs its network')
  if (network !== 0 && (genUtime === 0 || seqno === 0)) throw new ShapeError('challenge', 'a network needs its block')
}

function parseEventLog(log: EventLogBytes): EventLog {
  return log.format === 'ccel' ? parseCcel(log.data) : parseDstackEventLog(log.data)
}
