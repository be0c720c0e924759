import { equalBytes } from '../../attestation/crypto.ts'
import { leafHash } from '../../attestation/tlog/hash.ts'
import { encodeLeaf, parseLeaf } from '../../attestation/tlog/leaf.ts'
import { releaseSigners } from '../../attestation/tlog/reference-value.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { ReferenceValueStore } from './reference-value-store.ts'

export interface ReferenceValueContext {
  readonly referenceValues: ReferenceValueStore
  readonly now: () => Date
}

/**
 * Takes a release or a revocation for the log; its leaf hash. Who may sign is for policies to say, so any key will do, but what
 * nobody signed, or with a signature that is wrong, is refused (ARGUMENT_INVALID): the log keeps it for ever.
 */
export async function addReferenceValue(
  leaf: Uint8Array,
  { referenceValues, now }: ReferenceValueContext
): Promise<Uint8Array> {
  const read = parseLeaf(leaf)
  if (read.kind !== 'reference-value') throw invalid(`a leaf of kind ${read.kind} is no reference value`)
  const keys = read.signatures.map(({ key }) => key)
  if (keys.length === 0 || releaseSigners(read, keys).length !== keys.length) {
    throw invalid('a reference value is signed by one release key or more, by each once')
  }
  // What was read is what is written: the hash is of these bytes.
  if (!equalBytes(encodeLeaf(read), leaf)) throw invalid('not the plainest form of what it says')
  const hash = leafHash(leaf)
  await referenceValues.insert(hash, leaf, now())
  return hash
}

function invalid(message: string): ServiceError {
  return new ServiceError('ARGUMENT_INVALID', message)
}
