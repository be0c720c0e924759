import { decodeHex, decodeUtf8 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { crlBytes } from '../../attestation/tdx/collateral.ts'
import type { HttpReply } from './http.ts'

const MAX_CHAIN_CHARACTERS = 64 * 1024

/** A JSON document as it was signed, byte for byte, with its signature (raw r ‖ s) and issuer chain (PEM). */
export interface SignedDocument {
  readonly document: string
  readonly signature: Uint8Array
  readonly issuerChain: string
}

export interface CrlDocument {
  readonly crl: Uint8Array
  readonly issuerChain: string
}

/** Reads what PCS and PCCS answer for TCB info and QE identity. Checks the form, and no signature. */
export function parseSignedDocument(
  reply: HttpReply,
  member: 'tcbInfo' | 'enclaveIdentity',
  chainHeaders: readonly string[]
): SignedDocument {
  const body = textOf(reply.body)
  const outer = new RegExp(
    `^\\s*\\{\\s*"${member}"\\s*:\\s*(\\{[^]*\\})\\s*,\\s*"signature"\\s*:\\s*"([0-9a-fA-F]{128})"\\s*\\}\\s*$`
  ).exec(body)
  const [, document = '', signature = ''] = outer ?? []
  // Greedy up to the signature: one object, or something that is no JSON at all.
  if (!isJson(document)) throw malformed(`${member}: not {"${member}":{…},"signature":"<128 hex digits>"}`)
  return { document, signature: decodeHex(signature, 64), issuerChain: readIssuerChain(reply, chainHeaders) }
}

/** Reads a PCK CRL, DER or hex, with the chain of the CA that issued it. */
export function parseCrlDocument(reply: HttpReply, chainHeaders: readonly string[]): CrlDocument {
  return { crl: crlBytes(reply.body), issuerChain: readIssuerChain(reply, chainHeaders) }
}

/** The header's value is a PEM chain in percent-encoding. */
function readIssuerChain(reply: HttpReply, names: readonly string[]): string {
  const value = names.map((name) => reply.header(name)).find((header) => header !== undefined)
  if (value === undefined) throw malformed(`no header ${names.join(' or ')}`)
  if (value.length > MAX_CHAIN_CHARACTERS) throw malformed(`issuer chain of ${value.length} characters`)
  let chain: string
  try {
    chain = decodeURIComponent(value)
  } catch (cause) {
    throw malformed('issuer chain is not percent-encoded', cause)
  }
  if (!chain.startsWith('-----BEGIN CERTIFICATE-----')) throw malformed('issuer chain is not PEM')
  return chain
}

function textOf(body: Uint8Array): string {
  try {
    return decodeUtf8(body)
  } catch (cause) {
    throw malformed('not UTF-8', cause)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('COLLATERAL_MALFORMED', message, { cause })
}
