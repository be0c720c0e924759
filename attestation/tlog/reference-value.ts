import { ed25519PublicBytes, equalBytes, type PrivateKey, signEd25519, verifyEd25519 } from '../crypto.ts'
import { concatBytes, decodeUtf8, encodeHex, encodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { encodeJcs } from '../jcs.ts'
import type { ReferenceValueLeaf } from './leaf.ts'
import { leafShape, releaseStatement } from './leaf-shapes.ts'

const SIGNED_PREFIX = encodeUtf8('bombyx/reference-value/v1\n')

/**
 * Reads a measurement set as a person writes it: JSON with the members of a `release`, without its kind. Throws
 * `LEAF_MALFORMED`.
 */
export function readStatement(
  bytes: Uint8Array
): Extract<ReferenceValueLeaf['statement'], { readonly kind: 'release' }> {
  try {
    return releaseStatement.read({ ...(JSON.parse(decodeUtf8(bytes)) as object), kind: 'release' }, '')
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'not JSON'
    throw new AttestationError('LEAF_MALFORMED', `measurement set: ${message}`, { cause })
  }
}

/** The leaf with the signatures of these release keys and no other. */
export function signReferenceValue(
  leaf: Omit<ReferenceValueLeaf, 'signatures'>,
  keys: readonly PrivateKey[]
): ReferenceValueLeaf {
  const message = signedMessage({ ...leaf, signatures: [] })
  const signatures = keys.map((key) => ({ key: ed25519PublicBytes(key), signature: signEd25519(key, message) }))
  return { ...leaf, signatures }
}

/** Those of a policy's release keys (32 bytes each) that signed the leaf, each once; a signature that is wrong counts for nothing. */
export function releaseSigners(leaf: ReferenceValueLeaf, keys: readonly Uint8Array[]): readonly Uint8Array[] {
  const message = signedMessage(leaf)
  const different = new Map(keys.map((key) => [encodeHex(key), key])).values()
  return [...different].filter((key) =>
    leaf.signatures.some((own) => equalBytes(own.key, key) && verifyEd25519(key, message, own.signature))
  )
}

/** The prefix, then the leaf's RFC 8785 form without signatures (an empty list). */
function signedMessage(leaf: ReferenceValueLeaf): Uint8Array {
  return concatBytes(SIGNED_PREFIX, encodeJcs(leafShape.write({ ...leaf, signatures: [] })))
}
