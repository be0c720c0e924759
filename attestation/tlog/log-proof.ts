import { decodeBase64, decodeUtf8, encodeBase64, encodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { type LogTrust, type VerifiedCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { HASH_BYTES, leafHash } from './hash.ts'
import { MAX_NOTE_BYTES } from './note.ts'
import type { Proof } from './prove.ts'
import { parseTreeSize } from './tree-size.ts'
import { verifyInclusion } from './verify-proof.ts'

/** C2SP tlog-proof: that an entry is in a log, to be checked without the log. */
export interface LogProof {
  readonly leafIndex: bigint
  readonly proof: Proof
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: Uint8Array
  /** What an application adds; nobody has signed it. */
  readonly extra: Uint8Array | null
}

const HEADER = 'c2sp.org/tlog-proof@v1'
const MAX_PROOF_HASHES = 63
const MAX_EXTRA_BYTES = 1 << 16
const MAX_LOG_PROOF_BYTES = MAX_NOTE_BYTES + MAX_EXTRA_BYTES * 2

export function encodeLogProof({ leafIndex, proof, checkpoint, extra }: LogProof): Uint8Array {
  if (extra !== null && extra.byteLength > MAX_EXTRA_BYTES)
    throw new TypeError(`${extra.byteLength} bytes of extra data`)
  const lines = [
    HEADER,
    ...(extra === null ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${leafIndex}`,
    ...proof.map(encodeBase64),
    '',
    decodeUtf8(checkpoint)
  ]
  return encodeUtf8(lines.join('\n'))
}

/** Reads the document; nothing of it is believed before `verifyLogProof`. Throws `PROOF_MALFORMED`. */
export function parseLogProof(bytes: Uint8Array): LogProof {
  if (bytes.byteLength > MAX_LOG_PROOF_BYTES) throw malformed(`${bytes.byteLength} bytes`)
  const text = readText(bytes)
  // The first empty line ends the proof: everything before it is ours to read, everything after is the checkpoint's.
  const split = text.indexOf('\n\n')
  if (split < 0) throw malformed('no checkpoint after an empty line')
  const [header, ...lines] = text.slice(0, split).split('\n')
  if (header !== HEADER) throw malformed(`does not begin with ${HEADER}`)
  const extra = lines[0]?.startsWith('extra ') === true ? readBase64(lines[0].slice('extra '.length)) : null
  const [index = '', ...proof] = extra === null ? lines : lines.slice(1)
  if (extra !== null && extra.byteLength > MAX_EXTRA_BYTES) throw malformed(`${extra.byteLength} bytes of extra data`)
  if (!index.startsWith('index ')) throw malformed('no index')
  if (proof.length > MAX_PROOF_HASHES) throw malformed(`${proof.length} hashes, at most ${MAX_PROOF_HASHES}`)
  return {
    leafIndex: parseTreeSize(index.slice('index '.length), 'PROOF_MALFORMED'),
    proof: proof.map(readHash),
    checkpoint: encodeUtf8(text.slice(split + 2)),
    extra
  }
}

/**
 * Checks that the log that is trusted has this entry, and gives the checkpoint that says so. Throws what
 * `verifyCheckpoint` does, and then what `verifyInclusion` does.
 */
export function verifyLogProof(logProof: LogProof, entry: Uint8Array, trust: LogTrust): VerifiedCheckpoint {
  const checkpoint = verifyCheckpoint(logProof.checkpoint, trust)
  verifyInclusion({
    leafIndex: logProof.leafIndex,
    treeSize: checkpoint.size,
    leafHash: leafHash(entry),
    root: checkpoint.root,
    proof: logProof.proof
  })
  return checkpoint
}

function readHash(line: string): Uint8Array {
  const hash = readBase64(line)
  if (hash.byteLength !== HASH_BYTES) throw malformed(`a hash of ${hash.byteLength} bytes`)
  return hash
}

function readBase64(encoded: string): Uint8Array {
  try {
    return decodeBase64(encoded)
  } catch (cause) {
    throw malformed('not base64', cause)
  }
}

function readText(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw malformed('not UTF-8', cause)
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('PROOF_MALFORMED', message, { cause })
}
