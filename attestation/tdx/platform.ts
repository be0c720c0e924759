import { AttestationError } from '../errors.ts'
import { type Certificate, parseSharedCertificate, sameBytes } from '../x509.ts'
import { type ChainCodes, verifyChain } from '../x509-chain.ts'
import type { TrustAnchors } from './anchors.ts'
import type { QuoteBody } from './body.ts'
import { type AuthenticCollateral, isSigner, refuseRevoked } from './endorsements.ts'
import { type PckExtension, parsePckChain, readPckExtension } from './pck.ts'

const authentic = Symbol('authentic')

/**
 * A platform that Intel certified, whatever the date: it can be kept and used for many quotes. Only
 * `authenticatePlatform` makes one.
 */
export interface AuthenticPlatform {
  readonly [authentic]: true
  readonly pckChainPem: string
  /** PCK leaf, PCK CA, root. */
  readonly chain: readonly [leaf: Certificate, ca: Certificate, root: Certificate]
  readonly anchor: Certificate
  readonly pck: PckExtension
}

const PCK_CODES: ChainCodes = {
  invalid: 'PCK_CHAIN_INVALID',
  incomplete: 'PCK_CHAIN_INCOMPLETE',
  untrusted: 'ROOT_CA_UNTRUSTED'
}
const PCK_NAME = 'SGX PCK Certificate'
const ROOT_NAME = 'SGX Root CA'

/** What each kind of body needs of the collateral's ids. */
const COLLATERAL_IDS = {
  sgx: { tcbInfo: 'SGX', qeIdentity: 'QE' },
  tdx10: { tcbInfo: 'TDX', qeIdentity: 'TD_QE' },
  tdx15: { tcbInfo: 'TDX', qeIdentity: 'TD_QE' }
} as const satisfies Record<QuoteBody['kind'], { tcbInfo: string; qeIdentity: string }>

/** Checks a quote's PCK chain: leaf, Platform or Processor CA, root; names, CA flags, key usage, the trusted root. */
export function authenticatePlatform(pckChainPem: string, anchors: TrustAnchors): AuthenticPlatform {
  const roots = anchors.intelSgxRoots.map(parseSharedCertificate)
  const [leaf, ca, root, ...more] = parsePckChain(pckChainPem, roots)
  if (leaf === undefined || ca === undefined || root === undefined || more.length > 0) {
    throw new AttestationError('PCK_CHAIN_INCOMPLETE', 'a PCK chain is leaf, CA and root')
  }
  const anchor = verifyChain([leaf, ca, root], roots, PCK_CODES)
  if (!isSigner(leaf, PCK_NAME))
    throw new AttestationError('PCK_CHAIN_INVALID', `${leaf.subject.commonName} is no PCK certificate`)
  if (!root.subject.commonName.includes(ROOT_NAME)) {
    throw new AttestationError('PCK_CHAIN_INVALID', `${root.subject.commonName} is no SGX root`)
  }
  return { [authentic]: true, pckChainPem, chain: [leaf, ca, root], anchor, pck: readPckExtension(leaf) }
}

/** Checks that neither the PCK certificate nor its CA is revoked, by CRLs that are theirs to ask. */
export function checkRevocation(platform: AuthenticPlatform, collateral: AuthenticCollateral): void {
  const [leaf, ca] = platform.chain
  const { pckCa, pckCrl, rootCaCrl } = collateral
  const isItsCrl = sameBytes(pckCrl.issuer.raw, leaf.issuer.raw) && sameBytes(pckCa.spki, ca.spki)
  if (!isItsCrl) {
    const message = `CRL of ${pckCrl.issuer.commonName} for a certificate of ${leaf.issuer.commonName}`
    throw new AttestationError('PCK_CRL_INVALID', message)
  }
  refuseRevoked(ca, rootCaCrl, 'INTERMEDIATE_REVOKED')
  refuseRevoked(leaf, pckCrl, 'PCK_REVOKED')
}

/** Checks that collateral is for this platform and this kind of quote: root, ids, FMSPC, PCE-ID. */
export function checkCollateralIsFor(
  platform: AuthenticPlatform,
  kind: QuoteBody['kind'],
  collateral: AuthenticCollateral
): void {
  const { tcbInfo, qeIdentity, anchor } = collateral
  const ids = COLLATERAL_IDS[kind]
  if (!sameBytes(anchor.spki, platform.anchor.spki)) {
    throw new AttestationError('TCB_INFO_CHAIN_INVALID', 'collateral and platform have different roots')
  }
  if (tcbInfo.id !== ids.tcbInfo) throw new AttestationError('TCB_INFO_MISMATCH', `TCB info of ${tcbInfo.id}`)
  if (qeIdentity.id !== ids.qeIdentity) {
    throw new AttestationError('QE_IDENTITY_ID_INVALID', `QE identity of ${qeIdentity.id}, ${ids.qeIdentity} wanted`)
  }
  if (!sameBytes(tcbInfo.fmspc, platform.pck.fmspc) || !sameBytes(tcbInfo.pceId, platform.pck.pceId)) {
    throw new AttestationError('PCK_FMSPC_MISMATCH', 'TCB info is of another platform model')
  }
}
