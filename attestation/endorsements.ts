import { sha256 } from './crypto.ts'
import { decodeBase64, decodeUtf8, encodeBase64 } from './encoding.ts'
import { AttestationError } from './errors.ts'
import { decodeJcs, encodeJcs, type JsonValue } from './jcs.ts'
import { MAX_CRL_BYTES } from './nvidia/crls.ts'
import { MAX_OCSP_BYTES } from './nvidia/ocsp.ts'
import { MAX_RIM_BYTES } from './nvidia/rim.ts'
import { encodeTdxCollateral, parseTdxCollateral, type TdxCollateral, tdxCollateralJson } from './tdx/collateral.ts'
import { JsonMembers } from './tdx/json-members.ts'

/** What Intel and NVIDIA say of a host's platform and devices, as they served it: parsed, not verified. */
export interface Endorsements {
  readonly tdx: TdxCollateral
  /** Reference integrity manifests, XML. */
  readonly rims: readonly Uint8Array[]
  /** OCSP answers for device and manifest chains, DER. */
  readonly ocsp: readonly Uint8Array[]
  /** CRLs for those chains, DER: for where OCSP does not answer. */
  readonly crls: readonly Uint8Array[]
  /** Detached EATs of NVIDIA's remote service, as text; none where nobody asked it. */
  readonly nras: readonly string[]
  /** SHA-256 of the document, the name that blobs and results know it by. */
  readonly digest: Uint8Array
}

export type EndorsementFields = Omit<Endorsements, 'digest'>

/** 16 manifests, and an answer for each certificate of 16 devices, several times. */
export const MAX_ENDORSEMENTS_BYTES = 3 << 20
const MAX_RIMS = 16
const MAX_OCSP = 128
const MAX_CRLS = 8
/** Two architectures of GPUs, and switches. */
const MAX_NRAS = 3
const MAX_NRAS_CHARACTERS = 1 << 18
const MEMBERS = ['crls', 'nras', 'ocsp', 'rims', 'tdx', 'v']

const ofCollateral = new WeakMap<TdxCollateral, Endorsements>()

/**
 * Reads endorsements: `{"crls","nras","ocsp","rims","tdx","v":1}` in its RFC 8785 form, `tdx` with the members of the TDX collateral
 * document; or such a document alone, which endorses no device. Throws `ENDORSEMENTS_MALFORMED`, `COLLATERAL_MALFORMED`.
 */
export function parseEndorsements(bytes: Uint8Array): Endorsements {
  if (!isEndorsements(bytes)) return tdxEndorsements(parseTdxCollateral(bytes))
  const document = new JsonMembers(decodeJcs(bytes, MAX_ENDORSEMENTS_BYTES, 'ENDORSEMENTS_MALFORMED'), CODE)
  const unknown = document.names().find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined || document.integer('v', 1) !== 1) throw malformed(`${unknown ?? 'v'}: no such member`)
  const endorsements = freeze({
    tdx: parseTdxCollateral(encodeJcs(document.value('tdx'))),
    rims: readList(document, 'rims', MAX_RIMS, MAX_RIM_BYTES),
    ocsp: readList(document, 'ocsp', MAX_OCSP, MAX_OCSP_BYTES),
    crls: readList(document, 'crls', MAX_CRLS, MAX_CRL_BYTES),
    nras: document.texts('nras', MAX_NRAS).map(readToken)
  })
  // The digest names what was read: a member of `tdx` that nobody reads would have no name in it.
  if (Buffer.compare(encodeEndorsements(endorsements), bytes) !== 0) throw malformed('members that nobody reads')
  return endorsements
}

/** The document's RFC 8785 form. */
export function encodeEndorsements({ tdx, rims, ocsp, crls, nras }: EndorsementFields): Uint8Array {
  return encodeJcs({
    crls: crls.map(encodeBase64),
    nras,
    ocsp: ocsp.map(encodeBase64),
    rims: rims.map(encodeBase64),
    tdx: tdxCollateralJson(tdx),
    v: 1
  })
}

/** Endorsements of a host without devices; its digest is the TDX collateral document's. */
export function tdxEndorsements(tdx: TdxCollateral): Endorsements {
  const known = ofCollateral.get(tdx)
  if (known !== undefined) return known
  const endorsements = Object.freeze({ ...NO_DEVICES, tdx, digest: sha256(encodeTdxCollateral(tdx)) })
  ofCollateral.set(tdx, endorsements)
  return endorsements
}

const NO_DEVICES = { rims: [], ocsp: [], crls: [], nras: [] }
const CODE = 'ENDORSEMENTS_MALFORMED'

function freeze(fields: EndorsementFields): Endorsements {
  return Object.freeze({ ...fields, digest: sha256(encodeEndorsements(fields)) })
}

/** A document is told by its version: TDX collateral has none. */
function isEndorsements(bytes: Uint8Array): boolean {
  if (bytes.byteLength > MAX_ENDORSEMENTS_BYTES) return false
  let value: JsonValue
  try {
    value = JSON.parse(decodeUtf8(bytes)) as JsonValue
  } catch {
    return false
  }
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'v')
}

function readList(document: JsonMembers, member: string, most: number, longest: number): readonly Uint8Array[] {
  return document.texts(member, most).map((text) => {
    if (text.length > longest * 2) throw malformed(`${member}: an item of ${text.length} characters`)
    try {
      return decodeBase64(text)
    } catch (cause) {
      throw malformed(`${member}: not base64`, cause)
    }
  })
}

function readToken(text: string): string {
  if (text.length > MAX_NRAS_CHARACTERS) throw malformed(`nras: ${text.length} characters`)
  return text
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError(CODE, message, { cause })
}
