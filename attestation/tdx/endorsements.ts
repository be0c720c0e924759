import { verifyEcdsa } from '../crypto.ts'
import { encodeUtf8 } from '../encoding.ts'
import { AttestationError, type AttestationErrorCode } from '../errors.ts'
import { type Certificate, type Crl, parseCrl, parseKnownChain, parseSharedCertificate } from '../x509.ts'
import { type ChainCodes, verifyChain, verifyCrl } from '../x509-chain.ts'
import type { TrustAnchors } from './anchors.ts'
import type { TdxCollateral } from './collateral.ts'
import { parseQeIdentity, type QeIdentity } from './qe-identity.ts'
import { parseTcbInfo, type TcbInfo } from './tcb-info.ts'

const authentic = Symbol('authentic')

/**
 * Collateral whose signatures, chains and CRLs hold, whatever the date: it can be kept and used for many quotes.
 * Only `authenticateCollateral` makes one; `checkInDate` asks whether it still speaks.
 */
export interface AuthenticCollateral {
  readonly [authentic]: true
  readonly tcbInfo: TcbInfo
  readonly qeIdentity: QeIdentity
  readonly rootCaCrl: Crl
  readonly pckCrl: Crl
  /** The CA that signed `pckCrl`. */
  readonly pckCa: Certificate
  /** The trusted root that every chain ends at. */
  readonly anchor: Certificate
  /** The chains of TCB info and QE identity, then the PCK CRL's: they have dates too. */
  readonly signingChains: readonly (readonly Certificate[])[]
  readonly pckCrlChain: readonly Certificate[]
}

const TCB_SIGNING_CODES: ChainCodes = {
  invalid: 'TCB_INFO_CHAIN_INVALID',
  incomplete: 'TCB_INFO_CHAIN_INVALID',
  untrusted: 'TCB_INFO_CHAIN_INVALID'
}
const PCK_CRL_CODES: ChainCodes = {
  invalid: 'PCK_CRL_INVALID',
  incomplete: 'PCK_CRL_INVALID',
  untrusted: 'PCK_CRL_INVALID'
}
const TCB_SIGNING_NAME = 'SGX TCB Signing'

/**
 * Checks what of collateral does not depend on the clock or on a quote; certificates that are among `known` are not
 * read again, nor is what they found:
 *
 * 1. The root CA CRL is present, parses, and is the trusted root's own.
 * 2. The PCK CRL is present, parses, and is its CA's own, whose chain ends at that root and is not revoked.
 * 3. TCB info and QE identity come from a TCB signing certificate whose chain ends at that root and is not revoked.
 * 4. Each is signed over its raw text, which is read only then.
 */
export function authenticateCollateral(
  collateral: TdxCollateral,
  anchors: TrustAnchors,
  known: readonly Certificate[] = []
): AuthenticCollateral {
  const roots = anchors.intelSgxRoots.map(parseSharedCertificate)
  const pckCrlChain = readChain(collateral.pckCrlIssuerChain, [...roots, ...known], PCK_CRL_CODES)
  const anchor = verifyChain(pckCrlChain, roots, PCK_CRL_CODES)
  const rootCaCrl = readCrl(collateral.rootCaCrl, anchor, 'ROOT_CRL_INVALID')
  const [pckCa] = pckCrlChain
  if (pckCa === undefined) throw new AttestationError('PCK_CRL_INVALID', 'PCK CRL has no issuer')
  const pckCrl = readCrl(collateral.pckCrl, pckCa, 'PCK_CRL_INVALID')
  refuseRevoked(pckCa, rootCaCrl, 'INTERMEDIATE_REVOKED')

  const tcbInfoChain = readSigningChain(collateral.tcbInfoIssuerChain, anchor, rootCaCrl)
  const isSameChain = collateral.qeIdentityIssuerChain === collateral.tcbInfoIssuerChain
  const qeIdentityChain = isSameChain
    ? tcbInfoChain
    : readSigningChain(collateral.qeIdentityIssuerChain, anchor, rootCaCrl)
  verifySigned(collateral.tcbInfo, collateral.tcbInfoSignature, tcbInfoChain, 'TCB_INFO_SIGNATURE_INVALID')
  verifySigned(collateral.qeIdentity, collateral.qeIdentitySignature, qeIdentityChain, 'QE_IDENTITY_SIGNATURE_INVALID')
  return {
    [authentic]: true,
    tcbInfo: parseTcbInfo(collateral.tcbInfo),
    qeIdentity: parseQeIdentity(collateral.qeIdentity),
    ...{ rootCaCrl, pckCrl, pckCa, anchor, pckCrlChain },
    signingChains: isSameChain ? [tcbInfoChain] : [tcbInfoChain, qeIdentityChain]
  }
}

/** Whether a certificate is Intel's of this name: for signing with ECDSA P-256, and not for issuing others. */
export function isSigner({ subject, keyUsage, isCa, curve }: Certificate, name: string): boolean {
  return subject.commonName.includes(name) && keyUsage.has('digitalSignature') && !isCa && curve === 'P-256'
}

export function refuseRevoked(certificate: Certificate, crl: Crl, code: AttestationErrorCode): void {
  if (!crl.revoked.has(certificate.serialNumber)) return
  throw new AttestationError(code, `${certificate.subject.commonName} ${certificate.serialNumber} is revoked`)
}

function readSigningChain(pem: string, anchor: Certificate, rootCaCrl: Crl): readonly Certificate[] {
  const chain = readChain(pem, [anchor], TCB_SIGNING_CODES)
  verifyChain(chain, [anchor], TCB_SIGNING_CODES)
  const [signer] = chain
  if (signer === undefined || !isSigner(signer, TCB_SIGNING_NAME)) {
    throw new AttestationError('TCB_INFO_CHAIN_INVALID', `${signer?.subject.commonName} is no TCB signing certificate`)
  }
  refuseRevoked(signer, rootCaCrl, 'TCB_INFO_CHAIN_INVALID')
  return chain
}

function verifySigned(
  text: string,
  signature: Uint8Array,
  [signer]: readonly Certificate[],
  code: AttestationErrorCode
): void {
  const holds =
    signer !== undefined &&
    signature.byteLength === 64 &&
    verifyEcdsa('P-256', signer.publicKey, encodeUtf8(text), signature)
  if (!holds) throw new AttestationError(code, 'not signed by the TCB signing certificate')
}

function readChain(pem: string, known: readonly Certificate[], codes: ChainCodes): readonly Certificate[] {
  try {
    return parseKnownChain(pem, known)
  } catch (cause) {
    throw new AttestationError(codes.invalid, 'issuer chain does not parse', { cause })
  }
}

function readCrl(der: Uint8Array, issuer: Certificate, code: AttestationErrorCode): Crl {
  if (der.byteLength === 0) throw new AttestationError(code, 'CRL is missing')
  let crl: Crl
  try {
    crl = parseCrl(der)
  } catch (cause) {
    throw new AttestationError(code, 'CRL does not parse', { cause })
  }
  verifyCrl(crl, issuer, code)
  return crl
}
