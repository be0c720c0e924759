import { equalBytes, type PrivateKey } from '../crypto.ts'
import { decodeBase64, encodeBase64, encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { EMPTY_ROOT, HASH_BYTES } from './hash.ts'
import { cosignNote, encodeNote, type NoteVerification, parseNote, signNote, verifiedSignatures } from './note.ts'
import { type NoteKey, noteKey } from './note-key.ts'
import type { Proof } from './prove.ts'
import { parseTreeSize } from './tree-size.ts'
import { verifyConsistency } from './verify-proof.ts'

/** The head of a log's tree: C2SP tlog-checkpoint's note text. */
export interface Checkpoint {
  readonly origin: string
  readonly size: bigint
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Lines that the log signs and nobody can audit; not empty, no newline. */
  readonly extensions: readonly string[]
}

/** Which log is meant, and who must have signed its head. */
export interface LogTrust {
  readonly origin: string
  /** 32 bytes, Ed25519: the log signs with it as `origin`, both its head (0x01) and its own timestamp (0x04). */
  readonly publicKey: Uint8Array
  /** Keys of type `cosignature`. */
  readonly witnesses: readonly NoteKey[]
  /** How many different ones of them must have cosigned. */
  readonly minimumWitnesses: number
}

export interface Cosigner {
  readonly name: string
  /** Unix seconds. */
  readonly timestamp: bigint
}

declare const verified: unique symbol

/** A checkpoint that its log has signed, and the witnesses that are asked for; only `verifyCheckpoint` makes one. */
export interface VerifiedCheckpoint extends Checkpoint {
  readonly [verified]: true
  /** Unix seconds of the log's own newest cosignature; null where it has none. */
  readonly timestamp: bigint | null
  readonly witnesses: readonly Cosigner[]
}

const MAX_ORIGIN_LENGTH = 255
const MAX_EXTENSIONS = 16

/** The text that a log signs. A `TypeError` for what is no checkpoint. */
export function encodeCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  if ([origin, ...extensions].some((line) => line.includes('\n'))) throw new TypeError('a line has a newline')
  const lines = [origin, size.toString(), encodeBase64(root), ...extensions]
  const text = `${lines.join('\n')}\n`
  try {
    parseCheckpoint(text)
  } catch (cause) {
    throw new TypeError('not a checkpoint', { cause })
  }
  return text
}

/** Reads a note's text; what it says is to be believed only after `verifyCheckpoint`. Throws `CHECKPOINT_MALFORMED`. */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('does not end in a newline')
  const [origin = '', size = '', root = '', ...extensions] = text.slice(0, -1).split('\n')
  if (origin === '' || origin.length > MAX_ORIGIN_LENGTH) throw malformed('the origin is empty or too long')
  if (extensions.length > MAX_EXTENSIONS) throw malformed(`${extensions.length} extension lines`)
  if (extensions.includes('')) throw malformed('an extension line is empty')
  const head = { size: parseTreeSize(size, 'CHECKPOINT_MALFORMED'), root: readRoot(root) }
  if (head.size === 0n && !equalBytes(head.root, EMPTY_ROOT)) throw malformed('the root of an empty tree is another')
  return { origin, ...head, extensions }
}

/** The checkpoint as the log publishes it: signed, and with the log's own cosignature as of `timestamp` (unix seconds). */
export function signCheckpoint(checkpoint: Checkpoint, privateKey: PrivateKey, timestamp: bigint): Uint8Array {
  const [text, name] = [encodeCheckpoint(checkpoint), checkpoint.origin]
  return encodeNote({
    text,
    signatures: [signNote(text, name, privateKey), cosignNote(text, name, privateKey, timestamp)]
  })
}

/**
 * 1. the note is read (`NOTE_MALFORMED`) and its text is a checkpoint (`CHECKPOINT_MALFORMED`)
 * 2. of this log (`CHECKPOINT_ORIGIN_MISMATCH`)
 * 3. every line of a trusted key verifies (`NOTE_SIGNATURE_INVALID`), and the log's own is there (`NOTE_UNSIGNED`)
 * 4. enough different witnesses have cosigned it (`CHECKPOINT_UNWITNESSED`); the log's own key is none of them
 */
export function verifyCheckpoint(bytes: Uint8Array, trust: LogTrust): VerifiedCheckpoint {
  const note = parseNote(bytes)
  const checkpoint = parseCheckpoint(note.text)
  if (checkpoint.origin !== trust.origin) {
    throw new AttestationError('CHECKPOINT_ORIGIN_MISMATCH', 'the checkpoint is of another log')
  }
  const [head, time] = [noteKey(trust.origin, 'ed25519', trust.publicKey), logTimeKey(trust)]
  const signed = verifiedSignatures(note, [head, time, ...trust.witnesses])
  if (!signed.some(({ key }) => key === head)) {
    throw new AttestationError('NOTE_UNSIGNED', 'the log has not signed its checkpoint')
  }
  const witnesses = witnessesAmong(signed, trust)
  if (witnesses.length < trust.minimumWitnesses) {
    const message = `${witnesses.length} witnesses, at least ${trust.minimumWitnesses} wanted`
    throw new AttestationError('CHECKPOINT_UNWITNESSED', message)
  }
  const timestamp = signed.find(({ key }) => key === time)?.timestamp ?? null
  return { ...checkpoint, timestamp, witnesses } as unknown as VerifiedCheckpoint
}

/** What a checkpoint's age is judged by; all in seconds. */
export interface AgeRule {
  readonly now: Date
  readonly maximumAge: number
  /** How far the log's clock may be ahead. */
  readonly clockSkew: number
}

/** A checkpoint's age is that of the log's own cosignature. Throws `CHECKPOINT_STALE`, also for one without or of the future. */
export function checkCheckpointAge({ timestamp }: VerifiedCheckpoint, { now, maximumAge, clockSkew }: AgeRule): void {
  if (timestamp === null) throw stale('the log has put no time to its checkpoint')
  const age = Math.floor(now.getTime() / 1000) - Number(timestamp)
  if (age > maximumAge) throw stale(`${age} seconds old, at most ${maximumAge}`)
  if (age < -clockSkew) throw stale(`${-age} seconds ahead of this clock`)
}

/**
 * Checks that the newer head extends the older one of the same log. Throws `LOG_FORKED` for two roots of one size, and what
 * `verifyConsistency` does; a proof that fails is no fork yet, for the proof may be what is wrong.
 */
export function verifyExtension(older: VerifiedCheckpoint, newer: VerifiedCheckpoint, proof: Proof): void {
  if (older.origin !== newer.origin) throw new TypeError('checkpoints of two logs')
  if (older.size === newer.size && !equalBytes(older.root, newer.root)) {
    throw new AttestationError('LOG_FORKED', `the log has signed two trees of ${older.size}`)
  }
  // Everything extends the empty tree, and nothing has to be proven for it.
  if (older.size === 0n && proof.length === 0) return
  verifyConsistency({ size1: older.size, size2: newer.size, root1: older.root, root2: newer.root, proof })
}

/** The log puts the time to its checkpoints with the key that signs them, as a cosigner of its own name. */
function logTimeKey({ origin, publicKey }: LogTrust): NoteKey {
  return noteKey(origin, 'cosignature', publicKey)
}

function witnessesAmong(signed: readonly NoteVerification[], trust: LogTrust): readonly Cosigner[] {
  // Counted once a key: one key under two names, or the log's own, is no second witness.
  const counted = new Set([encodeHex(trust.publicKey)])
  return signed.flatMap(({ key, timestamp }) => {
    const id = encodeHex(key.publicKey)
    if (timestamp === null || counted.has(id)) return []
    counted.add(id)
    return [{ name: key.name, timestamp }]
  })
}

function readRoot(encoded: string): Uint8Array {
  let root: Uint8Array
  try {
    root = decodeBase64(encoded)
  } catch (cause) {
    throw malformed('the root is not base64', cause)
  }
  if (root.byteLength !== HASH_BYTES) throw malformed(`a root of ${root.byteLength} bytes`)
  return root
}

function stale(message: string): AttestationError {
  return new AttestationError('CHECKPOINT_STALE', message)
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('CHECKPOINT_MALFORMED', message, { cause })
}
