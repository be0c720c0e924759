import { ShapeError } from '../appraisal/shape.ts'
import { equalBytes } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import { decodeJcs, encodeJcs, type JsonValue } from '../jcs.ts'
import { challengeNonce } from '../session/challenge.ts'
import { type LogLeaf, leafShape } from './leaf-shapes.ts'

export type {
  AttestationLeaf,
  LogLeaf,
  PolicyLeaf,
  QuarantineLeaf,
  ReferenceValueLeaf,
  UsageLeaf
} from './leaf-shapes.ts'

export const MAX_LEAF_BYTES = 8192

/** The published JSON schema (2020-12) of every leaf; its rules are those that are read. */
export const LEAF_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Bombyx log leaf',
  ...leafShape.schema
} as const satisfies JsonValue

/** The leaf's RFC 8785 form, which the log hashes. Refuses with `LEAF_MALFORMED` what `parseLeaf` would not read. */
export function encodeLeaf(leaf: LogLeaf): Uint8Array {
  const bytes = encodeJcs(leafShape.write(leaf))
  parseLeaf(bytes)
  return bytes
}

/**
 * Reads a leaf: an object of at most 8 KiB in its RFC 8785 form, of a known kind, with every member of it and no other; the nonce of
 * an attestation must be that of its challenge. What the leaf says is whoever wrote it to the log's word. Throws `LEAF_MALFORMED`.
 */
export function parseLeaf(bytes: Uint8Array): LogLeaf {
  const leaf = readShape(decodeJcs(bytes, MAX_LEAF_BYTES, 'LEAF_MALFORMED'))
  if (leaf.kind === 'attestation' && !equalBytes(leaf.nonce, challengeNonce(leaf.challenge))) {
    throw new AttestationError('LEAF_MALFORMED', 'nonce: not that of the challenge')
  }
  return leaf
}

function readShape(value: JsonValue): LogLeaf {
  try {
    return leafShape.read(value, '')
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause
    throw new AttestationError('LEAF_MALFORMED', cause.message, { cause })
  }
}
