import { hex, integer, list, object, type Shape, ShapeError, text } from '../appraisal/shape.ts'
import { sha256 } from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { decodeJcs, encodeJcs, type JsonValue } from '../jcs.ts'

export {
  type Challenge,
  challengeNonce,
  encodeChallenge,
  gpuNonce,
  reportData,
  reportDataStatement
} from './challenge.ts'

/** The one `algo` of session keys that this protocol knows. */
export const SESSION_KEY_ALGO = 'bombyx-session-1'
/** The one `algo` of receipt keys that this protocol knows. */
export const RECEIPT_KEY_ALGO = 'ed25519'

const MAX_KEYSET = 65_536
const MOST_ENTRIES = 256

export interface KeysetKey {
  readonly keyId: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** A GPU or NVSwitch that the keyset names. */
export interface KeysetDevice {
  readonly arch: string
  /** SHA-256 of the device's leaf certificate, DER. */
  readonly certificateSha256: Uint8Array
}

export interface KeysetModel {
  readonly id: string
  readonly engine: string
  /** dm-verity root, or SHA-256 of the weights' manifest. */
  readonly weights: Uint8Array
}

export interface KeysetFields {
  /** 16 bytes, new at every start of the guest. */
  readonly epoch: Uint8Array
  /** `bombyx:host:<hex16>`. */
  readonly subject: string
  readonly model: KeysetModel
  /** Unix seconds, at most 24 h ahead when it is made. */
  readonly notAfter: number
  readonly sessionKeys: readonly KeysetKey[]
  readonly receiptKeys: readonly KeysetKey[]
  readonly gpus: readonly KeysetDevice[]
  readonly switches: readonly KeysetDevice[]
  /** SHA-256 of each TLS key's SPKI. */
  readonly tlsKeys: readonly Uint8Array[]
}

/** A host's identity: the keys of one start of one guest, as the exact bytes that its quote commits to. */
export interface Keyset extends KeysetFields {
  readonly bytes: Uint8Array
  /** SHA-256 of `bytes`. */
  readonly digest: Uint8Array
}

/** Shown to people and stored by others: an engine or a model whose name holds control characters has something to hide. */
const name = text('^[^\\p{Cc}\\p{Zl}\\p{Zp}]+$', 255)
const keyEntry = object({ algo: name, keyId: name, publicKey: hex(32) })
const device = object({ arch: name, certificateSha256: hex(32) })
const tlsKey = object({ spkiSha256: hex(32) })
const model = object({ engine: name, id: name, weights: hex(32) })
const subject = text('^bombyx:host:[0-9a-f]{32}$', 44)
const notAfter = integer(0, Number.MAX_SAFE_INTEGER)

const keyset = object({
  e2eePublicKeys: knownKeys(SESSION_KEY_ALGO),
  epoch: hex(16),
  gpus: list(extensible(device), MOST_ENTRIES),
  model: extensible(model),
  notAfter,
  receiptSigningKeys: knownKeys(RECEIPT_KEY_ALGO),
  subject,
  switches: list(extensible(device), MOST_ENTRIES),
  tlsPublicKeys: list(extensible(tlsKey), MOST_ENTRIES)
})

/** The JCS form, which is served and hashed. */
export function encodeKeyset(fields: KeysetFields): Uint8Array {
  return encodeJcs(
    keyset.write({
      e2eePublicKeys: fields.sessionKeys,
      epoch: fields.epoch,
      gpus: fields.gpus,
      model: fields.model,
      notAfter: fields.notAfter,
      receiptSigningKeys: fields.receiptKeys,
      subject: fields.subject,
      switches: fields.switches,
      tlsPublicKeys: fields.tlsKeys.map((spkiSha256) => ({ spkiSha256 }))
    })
  )
}

/**
 * Reads a keyset from its exact bytes, at most 64 KiB. Members it does not know stay in the digest and are left out of
 * what is read, and so are keys of another `algo`. Refuses with KEYSET_MALFORMED.
 */
export function parseKeyset(bytes: Uint8Array): Keyset {
  const value = decodeJcs(bytes, MAX_KEYSET, 'KEYSET_MALFORMED')
  try {
    const read = extensible(keyset).read(value, '')
    return Object.freeze({
      bytes,
      digest: sha256(bytes),
      epoch: read.epoch,
      subject: read.subject,
      model: read.model,
      notAfter: read.notAfter,
      sessionKeys: read.e2eePublicKeys,
      receiptKeys: read.receiptSigningKeys,
      gpus: read.gpus,
      switches: read.switches,
      tlsKeys: read.tlsPublicKeys.map((key) => key.spkiSha256)
    })
  } catch (cause) {
    if (cause instanceof ShapeError) throw new AttestationError('KEYSET_MALFORMED', cause.message, { cause })
    throw cause
  }
}

/** How a keyset is named in JSON: `sha256:` and lower-case hex. */
export function keysetDigestText(digest: Uint8Array): string {
  return `sha256:${encodeHex(digest)}`
}

/** The same object, with room for members that a later version or another protocol adds. */
function extensible<T>(shape: Shape<T>): Shape<T> {
  const known = new Set(shape.schema['required'] as readonly string[])
  return {
    ...shape,
    read: (value, at) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return shape.read(value, at)
      return shape.read(Object.fromEntries(Object.entries(value).filter(([member]) => known.has(member))), at)
    }
  }
}

/** A list of keys of which those of one `algo` are read. */
function knownKeys(algo: string): Shape<readonly KeysetKey[]> {
  const entries = list(keyEntry, MOST_ENTRIES)
  const ours = (entry: JsonValue): boolean => isObject(entry) && entry['algo'] === algo
  return {
    schema: entries.schema,
    read(value, at) {
      if (!Array.isArray(value)) throw new ShapeError(at, 'a list wanted')
      for (const entry of value) if (!isObject(entry)) throw new ShapeError(at, 'objects wanted')
      const read = list(extensible(keyEntry), MOST_ENTRIES).read(value.filter(ours), at)
      return read.map(({ keyId, publicKey }) => ({ keyId, publicKey }))
    },
    write: (keys) => entries.write(keys.map((key) => ({ algo, ...key })))
  }
}

function isObject(value: JsonValue): value is { readonly [member: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
