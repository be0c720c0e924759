import { sha1Name, sha256, sha384 } from '../crypto.ts'
import { DER_TAG, type DerElement, DerReader } from '../der.ts'
import { encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { type Certificate, sameBytes } from '../x509.ts'
import { readExtensions, refuseCritical } from '../x509-extensions.ts'

export type CertificateStatus = 'good' | 'revoked' | 'hold' | 'unknown'

/** What a response says of one certificate (RFC 6960 §4.2.1 SingleResponse). */
export interface SingleResponse {
  readonly hash: CertIdHash
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  /** As in `Certificate`. */
  readonly serialNumber: string
  readonly status: CertificateStatus
  readonly thisUpdate: Date
  readonly nextUpdate: Date | undefined
}

/** A successful basic OCSP response, parsed and not verified: nothing in it is to be believed. */
export interface OcspResponse {
  /** tbsResponseData, which the signature is over. */
  readonly signed: Uint8Array
  /** DER of an ECDSA signature. */
  readonly signature: Uint8Array
  /** Certificates that came with it, DER. */
  readonly certificates: readonly Uint8Array[]
  readonly producedAt: Date
  readonly responses: readonly SingleResponse[]
  /** Undefined where the response answers no nonce. */
  readonly nonce: Uint8Array | undefined
}

export type CertIdHash = keyof typeof HASHES

export const MAX_OCSP_BYTES = 1 << 14
const MAX_RESPONSES = 64
const MAX_CERTIFICATES = 4

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1'
export const OCSP_NONCE = '1.3.6.1.5.5.7.48.1.2'
export const SHA384_OID = '2.16.840.1.101.3.4.2.2'
const ECDSA_SHA384 = '1.2.840.10045.4.3.3'
const SUCCESSFUL = 0
const CERTIFICATE_HOLD = 6
const EXPLICIT = { 0: 0xa0, 1: 0xa1, 2: 0xa2 } as const
const GOOD = 0x80
const REVOKED = 0xa1
const UNKNOWN = 0x82
/** What a CertID may be made with; SHA-1 only names there, and what it names is compared with what was asked. */
const HASHES = {
  '1.3.14.3.2.26': sha1Name,
  '2.16.840.1.101.3.4.2.1': sha256,
  [SHA384_OID]: sha384
} as const

/** Reads an OCSP response (RFC 6960 §4.2.1), at most 16 KiB of DER, to the last byte. Throws `OCSP_MALFORMED`. */
export function parseOcspResponse(der: Uint8Array): OcspResponse {
  const outer = new DerReader(der, 'OCSP_MALFORMED')
  if (der.byteLength > MAX_OCSP_BYTES) throw outer.refuse(`${der.byteLength} bytes, at most ${MAX_OCSP_BYTES}`)
  const response = outer.sequence('OCSPResponse')
  outer.end('OCSPResponse')
  const status = response.expect(DER_TAG.enumerated, 'responseStatus').content
  if (status.byteLength !== 1 || status[0] !== SUCCESSFUL) throw response.refuse(`response status ${status[0]}`)
  const wrapper = response.enter(EXPLICIT[0], 'responseBytes')
  response.end('responseBytes')
  const bytes = wrapper.sequence('responseBytes')
  wrapper.end('responseBytes')
  if (bytes.oid('responseType') !== BASIC_RESPONSE) throw bytes.refuse('not a basic response')
  const basic = new DerReader(bytes.octetString('response'), 'OCSP_MALFORMED')
  bytes.end('response')
  return readBasicResponse(basic)
}

/** Whether a response's CertID is of this certificate under this issuer. */
export function isResponseFor(response: SingleResponse, certificate: Certificate, issuer: Certificate): boolean {
  if (response.serialNumber !== certificate.serialNumber) return false
  const id = issuerId(issuer, response.hash)
  return sameBytes(id.name, response.issuerNameHash) && sameBytes(id.key, response.issuerKeyHash)
}

/** An issuer as a CertID names it: the hashes of its name and its key. */
export interface IssuerId {
  readonly name: Uint8Array
  readonly key: Uint8Array
}

const issuerIds = new WeakMap<Certificate, Map<CertIdHash, IssuerId>>()

/** An issuer is asked about many certificates, so its hashes are made once. */
export function issuerId(issuer: Certificate, algorithm: CertIdHash): IssuerId {
  const known = issuerIds.get(issuer) ?? new Map<CertIdHash, IssuerId>()
  issuerIds.set(issuer, known)
  const hash = HASHES[algorithm]
  const id = known.get(algorithm) ?? { name: hash(issuer.subject.raw), key: hash(publicKeyBits(issuer.spki)) }
  known.set(algorithm, id)
  return id
}

function readBasicResponse(outer: DerReader): OcspResponse {
  const basic = outer.sequence('BasicOCSPResponse')
  outer.end('BasicOCSPResponse')
  const { raw: signed, content } = basic.expect(DER_TAG.sequence, 'tbsResponseData')
  const algorithm = basic.sequence('signatureAlgorithm').oid('signatureAlgorithm')
  if (algorithm !== ECDSA_SHA384) throw basic.refuse(`signature algorithm ${algorithm} is not taken`)
  const signature = basic.bitString('signature')
  const certs = basic.optional(EXPLICIT[0], 'certs')
  basic.end('certs')
  return {
    ...{ signed, signature },
    certificates: certs === undefined ? [] : readCertificates(basic.within(certs)),
    ...readResponseData(new DerReader(content, 'OCSP_MALFORMED'))
  }
}

function readResponseData(data: DerReader): Pick<OcspResponse, 'producedAt' | 'responses' | 'nonce'> {
  const version = data.optional(EXPLICIT[0], 'version')
  if (version !== undefined && data.within(version).smallInteger(0, 'version') !== 0) throw data.refuse('version')
  // Who signed is found by who can: the name or key hash here is the responder's word for itself.
  const responder = data.any('responderID')
  if (responder.tag !== EXPLICIT[1] && responder.tag !== EXPLICIT[2]) throw data.refuse('responderID')
  const producedAt = data.time('producedAt')
  const responses = readResponses(data.sequence('responses'))
  const extensions = data.optional(EXPLICIT[1], 'responseExtensions')
  data.end('responseExtensions')
  return { producedAt, responses, nonce: extensions === undefined ? undefined : readNonce(data, extensions) }
}

function readResponses(list: DerReader): readonly SingleResponse[] {
  const responses: SingleResponse[] = []
  while (!list.done) {
    if (responses.length === MAX_RESPONSES) throw list.refuse(`more than ${MAX_RESPONSES} responses`)
    responses.push(readSingleResponse(list.sequence('SingleResponse')))
  }
  return responses
}

function readSingleResponse(single: DerReader): SingleResponse {
  const id = single.sequence('certID')
  const hash = id.sequence('hashAlgorithm').oid('hashAlgorithm')
  if (!isKnownHash(hash)) throw id.refuse(`certID by ${hash}`)
  const [issuerNameHash, issuerKeyHash] = [id.octetString('issuerNameHash'), id.octetString('issuerKeyHash')]
  const serialNumber = encodeHex(id.integer('serialNumber'))
  id.end('serialNumber')
  const status = readStatus(single)
  const thisUpdate = single.time('thisUpdate')
  const next = single.optional(EXPLICIT[0], 'nextUpdate')
  const nextUpdate = next === undefined ? undefined : single.within(next).time('nextUpdate')
  const extensions = single.optional(EXPLICIT[1], 'singleExtensions')
  if (extensions !== undefined) refuseCriticalIn(single, extensions)
  single.end('singleExtensions')
  return { hash, issuerNameHash, issuerKeyHash, serialNumber, status, thisUpdate, nextUpdate }
}

function readStatus(single: DerReader): CertificateStatus {
  const status = single.any('certStatus')
  if (status.tag === GOOD && status.content.byteLength === 0) return 'good'
  if (status.tag === UNKNOWN && status.content.byteLength === 0) return 'unknown'
  if (status.tag !== REVOKED) throw single.refuse(`certificate status ${status.tag}`)
  const info = single.within(status)
  info.time('revocationTime')
  const reason = info.optional(EXPLICIT[0], 'revocationReason')
  info.end('revocationReason')
  if (reason === undefined) return 'revoked'
  const { content } = info.within(reason).expect(DER_TAG.enumerated, 'revocationReason')
  return content.byteLength === 1 && content[0] === CERTIFICATE_HOLD ? 'hold' : 'revoked'
}

function readNonce(data: DerReader, wrapper: DerElement): Uint8Array | undefined {
  const extensions = readExtensions(data.within(wrapper))
  const nonce = extensions.get(OCSP_NONCE)
  const others = new Map([...extensions].filter(([oid]) => oid !== OCSP_NONCE))
  refuseCritical(others, 'OCSP response')
  if (nonce === undefined) return undefined
  const value = new DerReader(nonce.value, 'OCSP_MALFORMED')
  const octets = value.octetString('nonce')
  value.end('nonce')
  return octets
}

function refuseCriticalIn(single: DerReader, wrapper: DerElement): void {
  refuseCritical(readExtensions(single.within(wrapper)), 'OCSP single response')
}

function readCertificates(wrapper: DerReader): readonly Uint8Array[] {
  const list = wrapper.sequence('certs')
  wrapper.end('certs')
  const certificates: Uint8Array[] = []
  while (!list.done) certificates.push(list.expect(DER_TAG.sequence, 'certificate').raw)
  if (certificates.length > MAX_CERTIFICATES) throw list.refuse(`${certificates.length} certificates`)
  return certificates
}

/** The BIT STRING's octets of a SubjectPublicKeyInfo, which CertIDs are made of. */
function publicKeyBits(spki: Uint8Array): Uint8Array {
  const info = new DerReader(spki, 'CERTIFICATE_MALFORMED').sequence('subjectPublicKeyInfo')
  info.sequence('algorithm')
  return info.bitString('subjectPublicKey')
}

function isKnownHash(oid: string): oid is CertIdHash {
  return Object.hasOwn(HASHES, oid)
}

/** A response that cannot be read, as one that nobody gave. */
export function tryParseOcspResponse(der: Uint8Array): OcspResponse | undefined {
  try {
    return parseOcspResponse(der)
  } catch (error) {
    if (error instanceof AttestationError) return undefined
    throw error
  }
}
