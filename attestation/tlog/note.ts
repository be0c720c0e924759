import { ed25519PublicBytes, equalBytes, type PrivateKey, signEd25519, verifyEd25519 } from '../crypto.ts'
import { concatBytes, decodeBase64, decodeUtf8, encodeBase64, encodeUtf8, uint64 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { isKeyName, type NoteKey, noteKey } from './note-key.ts'

/** One signature line, of a key that may be unknown. */
export interface NoteSignature {
  readonly name: string
  /** 4 bytes. */
  readonly keyId: Uint8Array
  /** What follows the key id: 64 bytes of Ed25519, 8 + 64 of a cosignature, or whatever another type has. */
  readonly signature: Uint8Array
}

/** C2SP signed-note: a text, which ends in a newline, and who says that they signed it. */
export interface SignedNote {
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** A key whose signature was verified; `timestamp`, in unix seconds, only of a cosignature (its newest). */
export interface NoteVerification {
  readonly key: NoteKey
  readonly timestamp: bigint | null
}

export const MAX_NOTE_BYTES = 1 << 17
export const MAX_NOTE_SIGNATURES = 64

const KEY_ID_BYTES = 4
const TIMESTAMP_BYTES = 8
const NEWLINE = 0x0a
const SPACE = 0x20
const MAX_TIMESTAMP = (1n << 63n) - 1n

/** Throws `NOTE_MALFORMED`; at most 128 KiB and 64 signatures. Nothing of it is to be believed before `verifyNote`. */
export function parseNote(bytes: Uint8Array): SignedNote {
  if (bytes.byteLength > MAX_NOTE_BYTES) throw malformed(`${bytes.byteLength} bytes, at most ${MAX_NOTE_BYTES}`)
  const whole = readText(bytes)
  // The text may have empty lines of its own: the last one is the one that separates.
  const split = whole.lastIndexOf('\n\n')
  if (split < 0 || !whole.endsWith('\n')) throw malformed('no signatures after an empty line')
  const lines = whole.slice(split + 2, -1).split('\n')
  if (lines.length > MAX_NOTE_SIGNATURES) throw malformed(`${lines.length} signatures, at most ${MAX_NOTE_SIGNATURES}`)
  return { text: whole.slice(0, split + 1), signatures: lines.map(parseSignatureLine) }
}

export function encodeNote({ text, signatures }: SignedNote): Uint8Array {
  checkText(text)
  return encodeUtf8(`${text}\n${signatures.map(encodeSignatureLine).join('')}`)
}

/** `— <name> <base64 of key id and signature>`, with its newline: what a witness answers with. */
export function encodeSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `— ${name} ${encodeBase64(concatBytes(keyId, signature))}\n`
}

/** One line without its newline. Throws `NOTE_MALFORMED`. */
export function parseSignatureLine(line: string): NoteSignature {
  const match = /^— ([^ ]+) ([^ ]+)$/u.exec(line)
  const [, name = '', encoded = ''] = match ?? []
  if (!isKeyName(name)) throw malformed('a signature line is not of the form "— name base64"')
  const bytes = readSignature(encoded)
  if (bytes.byteLength <= KEY_ID_BYTES) throw malformed(`a signature of ${bytes.byteLength} bytes`)
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) }
}

/** The Ed25519 line (type 0x01) of this name over the text. */
export function signNote(text: string, name: string, privateKey: PrivateKey): NoteSignature {
  checkText(text)
  const { keyId } = noteKey(name, 'ed25519', ed25519PublicBytes(privateKey))
  return { name, keyId, signature: signEd25519(privateKey, encodeUtf8(text)) }
}

/** The `cosignature/v1` line (type 0x04) of this name over a checkpoint's text, as of `timestamp` in unix seconds. */
export function cosignNote(text: string, name: string, privateKey: PrivateKey, timestamp: bigint): NoteSignature {
  checkText(text)
  if (timestamp < 0n || timestamp > MAX_TIMESTAMP) throw new TypeError(`timestamp ${timestamp}`)
  const { keyId } = noteKey(name, 'cosignature', ed25519PublicBytes(privateKey))
  const signed = signEd25519(privateKey, cosignedMessage(text, timestamp))
  return { name, keyId, signature: concatBytes(uint64(timestamp), signed) }
}

/** As `verifiedSignatures`, but throws `NOTE_UNSIGNED` when none of these keys signed the note. */
export function verifyNote(note: SignedNote, keys: readonly NoteKey[]): readonly NoteVerification[] {
  const verified = verifiedSignatures(note, keys)
  if (verified.length === 0) throw new AttestationError('NOTE_UNSIGNED', 'signed by none of the keys that are trusted')
  return verified
}

/**
 * Those of these keys that signed the note, each once; lines of other keys are ignored. Throws `NOTE_SIGNATURE_INVALID` when
 * any line of one of these keys does not verify.
 */
export function verifiedSignatures(note: SignedNote, keys: readonly NoteKey[]): readonly NoteVerification[] {
  return keys.flatMap((key) => {
    const own = note.signatures.filter(({ name, keyId }) => name === key.name && equalBytes(keyId, key.keyId))
    const times = own.map(({ signature }) => VERIFIERS[key.type](note.text, key, signature))
    return times.length === 0 ? [] : [{ key, timestamp: newest(times) }]
  })
}

const VERIFIERS = {
  ed25519: (text: string, key: NoteKey, signature: Uint8Array): bigint | null => {
    checkSignature(key, encodeUtf8(text), signature)
    return null
  },
  cosignature: (text: string, key: NoteKey, signature: Uint8Array): bigint | null => {
    if (signature.byteLength <= TIMESTAMP_BYTES) throw invalid(key)
    const view = new DataView(signature.buffer, signature.byteOffset, signature.byteLength)
    const timestamp = view.getBigUint64(0)
    if (timestamp > MAX_TIMESTAMP) throw invalid(key)
    checkSignature(key, cosignedMessage(text, timestamp), signature.subarray(TIMESTAMP_BYTES))
    return timestamp
  }
} as const satisfies Record<NoteKey['type'], unknown>

/** C2SP tlog-cosignature: what an Ed25519 cosigner signs. */
function cosignedMessage(text: string, timestamp: bigint): Uint8Array {
  return encodeUtf8(`cosignature/v1\ntime ${timestamp}\n${text}`)
}

function newest(times: readonly (bigint | null)[]): bigint | null {
  return times.reduce((latest, time) => (time !== null && (latest === null || time > latest) ? time : latest), null)
}

function checkSignature(key: NoteKey, message: Uint8Array, signature: Uint8Array): void {
  if (!verifyEd25519(key.publicKey, message, signature)) throw invalid(key)
}

function checkText(text: string): void {
  if (!text.endsWith('\n') || hasControl(encodeUtf8(text)))
    throw new TypeError('the text of a note ends in a newline and has no control')
}

function readText(bytes: Uint8Array): string {
  if (hasControl(bytes)) throw malformed('has a control character')
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw malformed('not UTF-8', cause)
  }
}

/** ASCII control characters other than newline. */
function hasControl(utf8: Uint8Array): boolean {
  return utf8.some((octet) => octet < SPACE && octet !== NEWLINE)
}

function readSignature(encoded: string): Uint8Array {
  try {
    return decodeBase64(encoded)
  } catch (cause) {
    throw malformed('a signature is not base64', cause)
  }
}

function invalid(key: NoteKey): AttestationError {
  return new AttestationError('NOTE_SIGNATURE_INVALID', `the signature of ${key.name} does not verify`)
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('NOTE_MALFORMED', message, { cause })
}
