import { equalBytes, sha256 } from '../crypto.ts'
import { concatBytes, decodeBase64, decodeHex, encodeBase64, encodeHex, encodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'

/** The signature types of C2SP signed-note that are known here; lines of other types are kept, and never counted. */
export const NOTE_KEY_TYPES = { ed25519: 0x01, cosignature: 0x04 } as const
export type NoteKeyType = keyof typeof NOTE_KEY_TYPES

/** A public key that a note may be signed with. Its name and id together say which. */
export interface NoteKey {
  readonly name: string
  readonly type: NoteKeyType
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array
  /** 4 bytes. */
  readonly keyId: Uint8Array
}

const KEY_ID_BYTES = 4
const PUBLIC_KEY_BYTES = 32
const MAX_NAME_LENGTH = 255
const MAX_VERIFIER_KEY_LENGTH = 512
const NEWLINE = Uint8Array.of(0x0a)

/** Refuses a name that is empty, over 255 characters, or has white space or a plus: `NOTE_KEY_MALFORMED`. */
export function noteKey(name: string, type: NoteKeyType, publicKey: Uint8Array): NoteKey {
  if (!isKeyName(name) || name.length > MAX_NAME_LENGTH)
    throw malformed('the name of a key is empty, long or has a space or plus')
  if (publicKey.byteLength !== PUBLIC_KEY_BYTES) throw malformed(`a key of ${publicKey.byteLength} bytes`)
  const encoded = concatBytes(Uint8Array.of(NOTE_KEY_TYPES[type]), publicKey)
  const keyId = sha256(encodeUtf8(name), NEWLINE, encoded).subarray(0, KEY_ID_BYTES)
  return { name, type, publicKey, keyId }
}

export function isKeyName(name: string): boolean {
  return name.length > 0 && !/[\p{White_Space}+]/u.test(name)
}

/** The text in which a verifier is given a key: `<name>+<key id in hex>+<base64 of type and key>`. */
export function encodeVerifierKey({ name, type, publicKey, keyId }: NoteKey): string {
  const encoded = concatBytes(Uint8Array.of(NOTE_KEY_TYPES[type]), publicKey)
  return `${name}+${encodeHex(keyId)}+${encodeBase64(encoded)}`
}

/** Throws `NOTE_KEY_MALFORMED`, also where the key id is not that of the name and key, and for a type that is not known. */
export function parseVerifierKey(text: string): NoteKey {
  const match = text.length > MAX_VERIFIER_KEY_LENGTH ? null : /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text)
  if (match === null) throw malformed('not name+id+key')
  const [, name = '', id = '', encoded = ''] = match
  const bytes = readKey(encoded)
  const type = typeOf(bytes[0])
  const key = noteKey(name, type, bytes.subarray(1))
  if (!equalBytes(key.keyId, decodeHex(id))) throw malformed(`the id of ${name} is not that of its key`)
  return key
}

function typeOf(octet: number | undefined): NoteKeyType {
  for (const type of ['ed25519', 'cosignature'] as const) if (NOTE_KEY_TYPES[type] === octet) return type
  throw malformed(`a key of type ${octet}`)
}

function readKey(encoded: string): Uint8Array {
  try {
    return decodeBase64(encoded)
  } catch (cause) {
    throw malformed('the key is not base64', cause)
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('NOTE_KEY_MALFORMED', message, { cause })
}
