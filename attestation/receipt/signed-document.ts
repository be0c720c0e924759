import { hex, type Members, object, type ReadMembers, type Shape, ShapeError } from '../appraisal/shape.ts'
import { type PrivateKey, signEd25519, verifyEd25519 } from '../crypto.ts'
import { concatBytes, encodeHex, encodeUtf8 } from '../encoding.ts'
import { AttestationError, type AttestationErrorCode } from '../errors.ts'
import { decodeJcs, encodeJcs } from '../jcs.ts'

const MAX_DOCUMENT = 65_536
const SIGNATURE_LENGTH = 64
const NO_SIGNATURE = new Uint8Array(SIGNATURE_LENGTH)
const SIGNATURE_MEMBER = Buffer.from('"signature":"')
const COMMA = 0x2c

/** A JSON object whose member `signature` is Ed25519, in hex, over the JCS form of the others. */
export interface SignedDocument<T> {
  readonly bytes: Uint8Array
  readonly fields: T
  readonly signature: Uint8Array
  /** What was signed. */
  readonly message: Uint8Array
}

/** The shape of a signed document with these members beside `signature`. */
export function signedObject<M extends Members>(members: M): Shape<ReadMembers<M & { signature: Shape<Uint8Array> }>> {
  return object({ ...members, signature: hex(SIGNATURE_LENGTH) })
}

type Signed = { readonly signature: Uint8Array }

export function signDocument<T extends Signed>(
  shape: Shape<T>,
  fields: Omit<T, 'signature'>,
  key: PrivateKey
): Uint8Array {
  const bytes = encodeJcs(shape.write({ ...fields, signature: NO_SIGNATURE } as T))
  const { message, digits } = takeSignature(bytes)
  bytes.set(encodeUtf8(encodeHex(signEd25519(key, message))), digits)
  return bytes
}

/** Reads the exact JCS bytes of one; the signature is unchecked. Refuses with `code`. */
export function parseDocument<T extends Signed>(
  shape: Shape<T>,
  bytes: Uint8Array,
  code: AttestationErrorCode
): SignedDocument<T> {
  const value = decodeJcs(bytes, MAX_DOCUMENT, code)
  try {
    const fields = shape.read(value, '')
    return { bytes, fields, signature: fields.signature, message: takeSignature(bytes).message }
  } catch (cause) {
    if (cause instanceof ShapeError) throw new AttestationError(code, cause.message, { cause })
    throw cause
  }
}

/**
 * The JCS form without the signature, which is the document's own without that member, and where its digits stand. No
 * text can hold what is looked for, because a quote in a text is escaped, and no object inside has the member.
 */
function takeSignature(bytes: Uint8Array): { readonly message: Uint8Array; readonly digits: number } {
  const from = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(SIGNATURE_MEMBER)
  const digits = from + SIGNATURE_MEMBER.byteLength
  const to = digits + 2 * SIGNATURE_LENGTH + 1
  const isLast = bytes[to] !== COMMA
  const message = concatBytes(bytes.subarray(0, isLast ? from - 1 : from), bytes.subarray(isLast ? to : to + 1))
  return { message, digits }
}

/** Whether the key of this id among a keyset's receipt keys signed it. */
export function isSignedBy(
  keys: readonly { readonly keyId: string; readonly publicKey: Uint8Array }[],
  keyId: string,
  signed: SignedDocument<unknown>
): boolean {
  return keys.some((key) => key.keyId === keyId && verifyEd25519(key.publicKey, signed.message, signed.signature))
}

/** SHA-256 as `sha256:` and lower-case hex. */
export const digestText: Shape<Uint8Array> = hex(32, 'sha256:')
