import { type Shape, ShapeError, text } from '../appraisal/shape.ts'
import { type PrivateKey, signEd25519, verifyEd25519 } from '../crypto.ts'
import { decodeHex, encodeHex } from '../encoding.ts'
import { AttestationError, type AttestationErrorCode } from '../errors.ts'
import { decodeJcs, encodeJcs, type JsonValue } from '../jcs.ts'

const MAX_DOCUMENT = 65_536
const SIGNATURE = /^[0-9a-f]{128}$/

/** A JSON object whose member `signature` is Ed25519, in hex, over the JCS form of the others. */
export interface SignedDocument<T> {
  readonly bytes: Uint8Array
  readonly fields: T
  readonly signature: Uint8Array
  /** What was signed. */
  readonly message: Uint8Array
}

export function signDocument<T>(shape: Shape<T>, fields: T, key: PrivateKey): Uint8Array {
  const unsigned = shape.write(fields) as { readonly [member: string]: JsonValue }
  return encodeJcs({ ...unsigned, signature: encodeHex(signEd25519(key, encodeJcs(unsigned))) })
}

/** Reads the exact JCS bytes of one; the signature is unchecked. Refuses with `code`. */
export function parseDocument<T>(shape: Shape<T>, bytes: Uint8Array, code: AttestationErrorCode): SignedDocument<T> {
  const value = decodeJcs(bytes, MAX_DOCUMENT, code)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AttestationError(code, 'not an object')
  }
  const { signature, ...unsigned } = value as { readonly [member: string]: JsonValue }
  if (typeof signature !== 'string' || !SIGNATURE.test(signature)) throw new AttestationError(code, 'not signed')
  try {
    const fields = shape.read(unsigned, '')
    return { bytes, fields, signature: decodeHex(signature), message: encodeJcs(unsigned) }
  } catch (cause) {
    if (cause instanceof ShapeError) throw new AttestationError(code, cause.message, { cause })
    throw cause
  }
}

/** Whether the key of this id among a keyset's receipt keys signed it. */
export function isSignedBy(
  keys: readonly { readonly keyId: string; readonly publicKey: Uint8Array }[],
  keyId: string,
  signed: SignedDocument<unknown>
): boolean {
  return keys.some((key) => key.keyId === keyId && verifyEd25519(key.publicKey, signed.message, signed.signature))
}

const digestDigits = text('^sha256:[0-9a-f]{64}$', 71)

/** SHA-256 as `sha256:` and lower-case hex. */
export const digestText: Shape<Uint8Array> = {
  schema: digestDigits.schema,
  read: (value, at) => decodeHex(digestDigits.read(value, at).slice('sha256:'.length)),
  write: (digest) => `sha256:${encodeHex(digest)}`
}
