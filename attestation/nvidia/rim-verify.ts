import { equalBytes, sha256, sha256Hex, sha384, verifyEcdsa } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import { keepByDigest } from '../kept.ts'
import { type Certificate, parseSharedCertificate } from '../x509.ts'
import { type ChainCodes, checkValidity, verifyChain } from '../x509-chain.ts'
import { parseSignedRim, type RimContent, readRimContent, type SignedRim } from './rim.ts'

const authentic = Symbol('authentic')

/**
 * A reference integrity manifest whose signature and chain hold, whatever the date: it can be kept and used for many
 * devices. Only `authenticateRim` makes one; `checkRimInDate` asks whether its certificates still stand.
 */
export interface AuthenticRim extends RimContent {
  readonly [authentic]: true
  /** SHA-256 of the document: a manifest may be issued again under the same version. */
  readonly digest: Uint8Array
  /** The signer's first, the root last. */
  readonly chain: readonly Certificate[]
}

const CODES: ChainCodes = {
  invalid: 'RIM_CHAIN_INVALID',
  incomplete: 'RIM_CHAIN_INVALID',
  untrusted: 'RIM_CHAIN_INVALID'
}
const MOST_KEPT = 64

const keepRim = keepByDigest<AuthenticRim>(MOST_KEPT)

/**
 * Verifies a manifest:
 *
 * 1. Structure of document and signature: `parseSignedRim`.
 * 2. The chain in it ends at a trusted root, and its first certificate is for signing with ECDSA P-384.
 * 3. That certificate signed SignedInfo.
 * 4. SignedInfo's digest is the canonical document's, which is read only then.
 */
export function authenticateRim(bytes: Uint8Array, rimRoots: readonly Uint8Array[]): AuthenticRim {
  const digest = sha256(bytes)
  return keepRim([...rimRoots, digest].map(sha256Hex).join(), () => {
    const rim = parseSignedRim(bytes)
    const chain = authenticateChain(rim, rimRoots)
    verifySignature(rim, chain)
    return { [authentic]: true, digest, chain, ...readRimContent(rim.content) }
  })
}

/** Throws `RIM_EXPIRED` where a certificate of the chain is not in date. */
export function checkRimInDate({ chain }: AuthenticRim, now: Date): void {
  checkValidity(chain, now, 'RIM_EXPIRED')
}

function authenticateChain({ certificates }: SignedRim, rimRoots: readonly Uint8Array[]): readonly Certificate[] {
  const chain = readChain(certificates)
  verifyChain(chain, rimRoots.map(parseSharedCertificate), CODES)
  const [signer] = chain
  const isSigner = signer?.keyUsage.has('digitalSignature') && !signer.isCa && signer.curve === 'P-384'
  if (!isSigner) {
    throw new AttestationError('RIM_CHAIN_INVALID', `${signer?.subject.commonName} is not for signing with ECDSA P-384`)
  }
  return chain
}

function readChain(certificates: readonly Uint8Array[]): readonly Certificate[] {
  try {
    return certificates.map(parseSharedCertificate)
  } catch (cause) {
    throw new AttestationError('RIM_CHAIN_INVALID', 'a certificate cannot be read', { cause })
  }
}

function verifySignature(rim: SignedRim, [signer]: readonly Certificate[]): void {
  const holds = signer !== undefined && verifyEcdsa('P-384', signer.publicKey, rim.signedInfo, rim.signature)
  if (!holds) throw new AttestationError('RIM_SIGNATURE_INVALID', "not signed by the manifest's first certificate")
  if (!equalBytes(sha384(rim.content), rim.contentDigest)) {
    throw new AttestationError('RIM_SIGNATURE_INVALID', 'the document is another than the one that was signed')
  }
}
