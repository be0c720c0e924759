import {
  base64,
  constant,
  hex,
  list,
  nullable,
  object,
  type Read,
  type Shape,
  ShapeError,
  text
} from '../../attestation/appraisal/shape.ts'
import { decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { MAX_ENDORSEMENTS_BYTES } from '../../attestation/endorsements.ts'
import type { JsonValue } from '../../attestation/jcs.ts'
import { MAX_LEAF_BYTES } from '../../attestation/tlog/leaf.ts'
import { ServiceError } from '../runtime/errors.ts'
import { chainRecordShape } from './chain-record.ts'

export const BUNDLE_FORMAT = 'bombyx/audit-bundle/1'
export const MAX_BUNDLE_BYTES: number = 32 << 20
const MAX_PROOF_TEXT = 1 << 19
const MAX_RECEIPT_BYTES = 1 << 16

const bundleShape = object({
  format: constant(BUNDLE_FORMAT),
  /** C2SP verifier key of the log. Whoever checks compares it with what they know. */
  logKey: text('^[^\\n]+$', 512),
  leaf: base64(MAX_LEAF_BYTES),
  /** C2SP tlog-proof: index, inclusion proof, and the signed checkpoint with its cosignatures. */
  proof: text('', MAX_PROOF_TEXT),
  /** What the leaf names by digest: evidence, collateral and policy, in any order. */
  blobs: list(base64(MAX_ENDORSEMENTS_BYTES), 3),
  anchor: nullable(
    object({
      /** Its transactions begin with the one that took the first head with the leaf, and end with the state's last. */
      chain: chainRecordShape,
      /** The contract's chain hash before the first of them. */
      chainHashBefore: hex(32),
      /** Inclusion proof of the leaf in that head. */
      proof: list(hex(32), 64)
    })
  ),
  /** Of a request that the host answered. */
  receipt: nullable(base64(MAX_RECEIPT_BYTES))
})

/** One leaf of a log and all that it takes to check it, in one JSON document. */
export interface AuditBundle extends Read<typeof bundleShape> {}

export function encodeAuditBundle(bundle: Omit<AuditBundle, 'format'>): Uint8Array {
  return encodeUtf8(`${JSON.stringify(bundleShape.write({ ...bundle, format: BUNDLE_FORMAT }), null, 1)}\n`)
}

/** Throws `AUDIT_FILE_MALFORMED`; what is in it is nobody's word before `auditBundle`. */
export function parseAuditBundle(bytes: Uint8Array): AuditBundle {
  return readAuditFile(bundleShape, bytes, MAX_BUNDLE_BYTES)
}

/** What JSON document of an audit a file is; undefined for anything else. */
export function formatOf(bytes: Uint8Array): string | undefined {
  try {
    const { format } = JSON.parse(decodeUtf8(bytes)) as { readonly format?: unknown }
    return typeof format === 'string' ? format : undefined
  } catch {
    return undefined
  }
}

/** Reads a JSON document with exactly the members of its shape. Throws `AUDIT_FILE_MALFORMED`. */
export function readAuditFile<T>(shape: Shape<T>, bytes: Uint8Array, most: number): T {
  if (bytes.byteLength > most) throw malformed(`${bytes.byteLength} bytes, at most ${most}`)
  let value: JsonValue
  try {
    value = JSON.parse(decodeUtf8(bytes)) as JsonValue
  } catch (cause) {
    throw malformed('not JSON in UTF-8', cause)
  }
  try {
    return shape.read(value, '')
  } catch (cause) {
    if (cause instanceof ShapeError) throw malformed(cause.message, cause)
    throw cause
  }
}

function malformed(message: string, cause?: unknown): ServiceError {
  return new ServiceError('AUDIT_FILE_MALFORMED', message, { cause })
}
