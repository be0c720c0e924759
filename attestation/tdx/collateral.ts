import { decodeHex, decodeUtf8, encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { encodeJcs } from '../jcs.ts'

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
  const document = readObject(bytes)
  const text = (member: string): string => {
    const value = document[member]
    if (typeof value !== 'string') throw malformed(`${member} is not a string`)
    return value
  }
  const hex = (member: string): Uint8Array => {
    try {
      return decodeHex(text(member))
    } catch (cause) {
      throw malformed(`${member} is not hex`, cause)
    }
  }
  return {
    tcbInfo: text('tcb_info'),
    tcbInfoSignature: hex('tcb_info_signature'),
    tcbInfoIssuerChain: text('tcb_info_issuer_chain'),
    qeIdentity: text('qe_identity'),
    qeIdentitySignature: hex('qe_identity_signature'),
    qeIdentityIssuerChain: text('qe_identity_issuer_chain'),
    pckCrl: hex('pck_crl'),
    rootCaCrl: hex('root_ca_crl'),
    pckCrlIssuerChain: text('pck_crl_issuer_chain')
  }
}

/** The collateral document in JCS form. */
export function encodeTdxCollateral(collateral: TdxCollateral): Uint8Array {
  return encodeJcs({
    tcb_info: collateral.tcbInfo,
    tcb_info_signature: encodeHex(collateral.tcbInfoSignature),
    tcb_info_issuer_chain: collateral.tcbInfoIssuerChain,
    qe_identity: collateral.qeIdentity,
    qe_identity_signature: encodeHex(collateral.qeIdentitySignature),
    qe_identity_issuer_chain: collateral.qeIdentityIssuerChain,
    pck_crl: encodeHex(collateral.pckCrl),
    root_ca_crl: encodeHex(collateral.rootCaCrl),
    pck_crl_issuer_chain: collateral.pckCrlIssuerChain
  })
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

function readObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch (cause) {
    throw malformed('not JSON', cause)
  }
  throw malformed('not a JSON object')
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('COLLATERAL_MALFORMED', message, { cause })
}
