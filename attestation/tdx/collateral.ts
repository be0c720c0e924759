import { decodeHex, decodeUtf8, encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { encodeJcs, type JsonValue } from '../jcs.ts'
import { JsonMembers } from './json-members.ts'

/**
 * What Intel endorses a platform with, as it was served: the JSON texts are the raw substrings that Intel signed, and
 * are verified as such. Parsed, not verified.
 */
export interface TdxCollateral {
  /** The value of `tcbInfo`, byte for byte. */
  readonly tcbInfo: string
  /** Raw r ‖ s. */
  readonly tcbInfoSignature: Uint8Array
  readonly tcbInfoIssuerChain: string
  /** The value of `enclaveIdentity`, byte for byte. */
  readonly qeIdentity: string
  readonly qeIdentitySignature: Uint8Array
  readonly qeIdentityIssuerChain: string
  /** DER. */
  readonly pckCrl: Uint8Array
  readonly rootCaCrl: Uint8Array
  readonly pckCrlIssuerChain: string
}

export const MAX_COLLATERAL = 4 * 1024 * 1024

/**
 * Reads the collateral document: a JSON object of `tcb_info`, `qe_identity`, `*_signature` (hex), `*_issuer_chain`
 * (PEM), `pck_crl` and `root_ca_crl` (hex of DER). Other members are ignored. An empty CRL parses, and is refused by
 * verification as a missing one.
 */
export function parseTdxCollateral(bytes: Uint8Array): TdxCollateral {
  if (bytes.byteLength > MAX_COLLATERAL) throw malformed(`${bytes.byteLength} bytes, at most ${MAX_COLLATERAL}`)
  const document = JsonMembers.parse(readText(bytes), 'COLLATERAL_MALFORMED')
  return {
    tcbInfo: document.text('tcb_info'),
    tcbInfoSignature: document.hex('tcb_info_signature'),
    tcbInfoIssuerChain: document.text('tcb_info_issuer_chain'),
    qeIdentity: document.text('qe_identity'),
    qeIdentitySignature: document.hex('qe_identity_signature'),
    qeIdentityIssuerChain: document.text('qe_identity_issuer_chain'),
    pckCrl: document.hex('pck_crl'),
    rootCaCrl: document.hex('root_ca_crl'),
    pckCrlIssuerChain: document.text('pck_crl_issuer_chain')
  }
}

/** The collateral document in JCS form. */
export function encodeTdxCollateral(collateral: TdxCollateral): Uint8Array {
  return encodeJcs(tdxCollateralJson(collateral))
}

/** The collateral document, to stand in another. */
export function tdxCollateralJson(collateral: TdxCollateral): JsonValue {
  return {
    tcb_info: collateral.tcbInfo,
    tcb_info_signature: encodeHex(collateral.tcbInfoSignature),
    tcb_info_issuer_chain: collateral.tcbInfoIssuerChain,
    qe_identity: collateral.qeIdentity,
    qe_identity_signature: encodeHex(collateral.qeIdentitySignature),
    qe_identity_issuer_chain: collateral.qeIdentityIssuerChain,
    pck_crl: encodeHex(collateral.pckCrl),
    root_ca_crl: encodeHex(collateral.rootCaCrl),
    pck_crl_issuer_chain: collateral.pckCrlIssuerChain
  }
}

/** A CRL as PCS (DER) or PCCS (hex text) serves it, in DER. */
export function crlBytes(body: Uint8Array): Uint8Array {
  // DER of a CRL goes on with a long-form length, which no hex digit looks like.
  const isDer = body[0] === 0x30 && (body[1] ?? 0) >= 0x80
  if (isDer) return body
  try {
    return decodeHex(decodeUtf8(body).trim())
  } catch (cause) {
    throw malformed('CRL is neither DER nor hex', cause)
  }
}

function readText(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw malformed('not text', cause)
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('COLLATERAL_MALFORMED', message, { cause })
}
