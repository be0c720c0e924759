import { equalBytes } from '../../attestation/crypto.ts'
import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { decodeJcs, encodeJcs, type JsonValue } from '../../attestation/jcs.ts'
import { type VerifiedCheckpoint, verifyCheckpoint } from '../../attestation/tlog/checkpoint.ts'
import { encodeVerifierKey, type NoteKey, parseVerifierKey } from '../../attestation/tlog/note-key.ts'
import type { Proof } from '../../attestation/tlog/prove.ts'
import { verifyConsistency } from '../../attestation/tlog/verify-proof.ts'

/**
 * That a log has told two histories: a head that it signed, and a later one whose tree, when it had the first one's size,
 * had another root. Anyone can check it with the log's public key alone.
 */
export interface Accusation {
  readonly key: NoteKey
  /** The smaller head's note. */
  readonly first: Uint8Array
  readonly second: Uint8Array
  /** Root of the second head's tree at the first one's size; that it is, `proof` proves. */
  readonly otherRoot: Uint8Array
  /** RFC 6962 consistency proof; empty where both heads are of one size. */
  readonly proof: Proof
}

export const ACCUSATION_FORMAT = 'bombyx/log-accusation/1'
const MAX_ACCUSATION_BYTES = 1 << 19
const MAX_PROOF_HASHES = 64

/** One JSON object in its RFC 8785 form. */
export function encodeAccusation({ key, first, second, otherRoot, proof }: Accusation): Uint8Array {
  return encodeJcs({
    format: ACCUSATION_FORMAT,
    log_key: encodeVerifierKey(key),
    first: decodeUtf8(first),
    second: decodeUtf8(second),
    other_root: encodeBase64(otherRoot),
    proof: proof.map(encodeBase64)
  })
}

/** Throws `PROOF_MALFORMED`. */
export function parseAccusation(bytes: Uint8Array): Accusation {
  const document = decodeJcs(bytes, MAX_ACCUSATION_BYTES, 'PROOF_MALFORMED') as { readonly [name: string]: JsonValue }
  const text = (name: string): string => {
    const value = document[name]
    if (typeof value !== 'string') throw malformed(`${name} is no text`)
    return value
  }
  if (text('format') !== ACCUSATION_FORMAT) throw malformed('another format')
  const { proof } = document
  if (!Array.isArray(proof) || proof.length > MAX_PROOF_HASHES) throw malformed('no proof, or one that is too long')
  return {
    key: parseVerifierKey(text('log_key')),
    first: encodeUtf8(text('first')),
    second: encodeUtf8(text('second')),
    otherRoot: readBase64(text('other_root')),
    proof: proof.map((hash) => readBase64(String(hash)))
  }
}

export interface ProvenFork {
  readonly first: VerifiedCheckpoint
  readonly second: VerifiedCheckpoint
}

/**
 * Checks an accusation: (1) both notes are signed by the log's key; (2) the root that the second head's tree had at the first one's
 * size is another than the first one's; (3) it did have that root. Throws what `verifyCheckpoint` and `verifyConsistency` do, and
 * `PROOF_INVALID` where the heads agree.
 */
export function verifyAccusation({ key, first, second, otherRoot, proof }: Accusation): ProvenFork {
  const trust = { origin: key.name, publicKey: key.publicKey, witnesses: [], minimumWitnesses: 0 }
  const [older, newer] = [verifyCheckpoint(first, trust), verifyCheckpoint(second, trust)]
  if (equalBytes(older.root, otherRoot)) throw new AttestationError('PROOF_INVALID', 'the two heads agree')
  verifyConsistency({ size1: older.size, size2: newer.size, root1: otherRoot, root2: newer.root, proof })
  return { first: older, second: newer }
}

function readBase64(text: string): Uint8Array {
  try {
    return decodeBase64(text)
  } catch (cause) {
    throw malformed('not base64', cause)
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('PROOF_MALFORMED', `accusation: ${message}`, { cause })
}
