import { DOMParser } from '@xmldom/xmldom'
import { C14nCanonicalization } from 'xml-crypto'
import { decodeBase64, decodeHex, decodeUtf8, encodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import type { NamespacePrefix, XmlElement, XmlList } from './xml-libraries.d.ts'

/** A signed reference integrity manifest, taken apart and not verified: nothing in it is to be believed. */
export interface SignedRim {
  /** The document without its signature, canonical: what the digest is over, and the only thing that is read on. */
  readonly content: Uint8Array
  /** SHA-384 that the signature vouches for. */
  readonly contentDigest: Uint8Array
  /** SignedInfo, canonical: what the signature is over. */
  readonly signedInfo: Uint8Array
  /** Raw r ‖ s of P-384. */
  readonly signature: Uint8Array
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[]
}

/** What a manifest says: for which product and version, and which measurements each index may have. */
export interface RimContent {
  /** `GH100`, `GB100`, `LS10`, … */
  readonly product: string
  /** A driver's version or a VBIOS's. */
  readonly version: string
  /** Of the active indices, which count from 0, the values accepted. */
  readonly measurements: ReadonlyMap<number, readonly Uint8Array[]>
}

/** A manifest is at most this long; NVIDIA's are 20 to 26 KiB. */
export const MAX_RIM_BYTES = 1 << 18

const DSIG = 'http://www.w3.org/2000/09/xmldsig#'
const SWID = 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd'
const SHA384 = 'http://www.w3.org/2001/04/xmlenc#sha384'
const C14N_1_1 = 'http://www.w3.org/2006/12/xml-c14n11'
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'
const ECDSA_SHA384 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384'
const DIGEST_SHA384 = 'http://www.w3.org/2001/04/xmldsig-more#sha384'
const DECLARATION = /^<\?xml [^<>]*\?>\s*/
/** Tags, attributes and namespaces: what nests deep or names much costs more to canonicalise than it is long. */
const LIMITS = [
  ['<', 2048],
  ['=', 8192],
  ['xmlns', 64]
] as const
const MAX_INDEX = 255
const MAX_ALTERNATIVES = 16
const MEASUREMENT_LENGTH = 48
const MAX_CERTIFICATES = 8

/**
 * Takes a manifest apart (XML-DSig): one signature, a child of the root, over the whole document (URI "") through the
 * enveloped and the C14N 1.1 transform only, SHA-384 and ECDSA. No DOCTYPE, comment, CDATA or processing instruction: with
 * none of them, and no attribute of the prefix `xml`, canonical form has one reading. Throws `RIM_MALFORMED`.
 */
export function parseSignedRim(bytes: Uint8Array): SignedRim {
  const root = parseXml(readText(bytes))
  const signatures = listed(root.getElementsByTagName('*')).filter(({ localName }) => localName === 'Signature')
  const [signature, ...more] = signatures
  if (signature === undefined || more.length > 0) throw malformed(`${signatures.length} signatures, one wanted`)
  if (signature.parentNode !== root) throw malformed('the signature is not a child of the root')
  const [signedInfo, value, keyInfo] = children(signature, DSIG, ['SignedInfo', 'SignatureValue', 'KeyInfo'])
  const canonicalInfo = canonicalize(signedInfo, namespacesAbove(signature))
  const certificates = readCertificates(keyInfo)
  const signatureValue = readBase64(value)
  root.removeChild(signature)
  return {
    content: encodeUtf8(canonicalize(root, [])),
    contentDigest: readSignedInfo(canonicalInfo),
    signedInfo: encodeUtf8(canonicalInfo),
    signature: signatureValue,
    certificates
  }
}

/** Reads the canonical content of a manifest whose signature holds. Throws `RIM_MALFORMED`. */
export function readRimContent(content: Uint8Array): RimContent {
  const root = parseXml(decodeUtf8(content))
  if (root.localName !== 'SoftwareIdentity' || root.namespaceURI !== SWID) throw malformed('no SoftwareIdentity')
  const [, meta, payload] = children(root, SWID, ['Entity', 'Meta', 'Payload'])
  const measurements = new Map<number, readonly Uint8Array[]>()
  const indices = new Set<number>()
  for (const resource of elements(payload)) {
    if (resource.localName !== 'Resource' || attribute(resource, 'type') !== 'Measurement') {
      throw malformed(`${resource.tagName} of another type than Measurement`)
    }
    const index = integer(resource, 'index', MAX_INDEX)
    if (indices.has(index)) throw malformed(`measurement ${index} twice`)
    indices.add(index)
    if (isActive(resource)) measurements.set(index, readAlternatives(resource))
  }
  return { product: attribute(meta, 'product'), version: attribute(meta, 'colloquialVersion'), measurements }
}

function readSignedInfo(canonical: string): Uint8Array {
  const [c14n, method, reference] = children(parseXml(canonical), DSIG, [
    'CanonicalizationMethod',
    'SignatureMethod',
    'Reference'
  ])
  const [transforms, digestMethod, digestValue] = children(reference, DSIG, [
    'Transforms',
    'DigestMethod',
    'DigestValue'
  ])
  const [enveloped, inner] = children(transforms, DSIG, ['Transform', 'Transform'])
  if (attribute(reference, 'URI') !== '' || reference.attributes.length !== 1) throw malformed('reference elsewhere')
  demandAlgorithm(c14n, C14N_1_1)
  demandAlgorithm(method, ECDSA_SHA384)
  demandAlgorithm(enveloped, ENVELOPED)
  demandAlgorithm(inner, C14N_1_1)
  demandAlgorithm(digestMethod, DIGEST_SHA384)
  return readBase64(digestValue)
}

function demandAlgorithm(element: XmlElement, wanted: string): void {
  const isPlain = element.childNodes.length === 0 && element.attributes.length === 1
  if (attribute(element, 'Algorithm') !== wanted || !isPlain) throw malformed(`${element.localName} is not ${wanted}`)
}

function readCertificates(keyInfo: XmlElement): readonly Uint8Array[] {
  const [data] = children(keyInfo, DSIG, ['X509Data'])
  const list = elements(data)
  const isCertificates = list.every(
    ({ localName, namespaceURI }) => localName === 'X509Certificate' && namespaceURI === DSIG
  )
  if (!isCertificates || list.length > MAX_CERTIFICATES) throw malformed('key info is not a list of certificates')
  return list.map(readBase64)
}

function isActive(resource: XmlElement): boolean {
  const active = attribute(resource, 'active')
  if (active !== 'True' && active !== 'False') throw malformed(`measurement with active="${active}"`)
  return active === 'True'
}

function readAlternatives(resource: XmlElement): readonly Uint8Array[] {
  const count = integer(resource, 'alternatives', MAX_ALTERNATIVES)
  const hashes = listed(resource.attributes).filter(({ namespaceURI }) => namespaceURI === SHA384)
  const isWhole = count > 0 && hashes.length === count && integer(resource, 'size', MAX_INDEX) === MEASUREMENT_LENGTH
  if (!isWhole) throw malformed(`${hashes.length} hashes for ${count} alternatives of ${MEASUREMENT_LENGTH} bytes`)
  return Array.from({ length: count }, (_, at) => {
    const text = hashes.find(({ localName }) => localName === `Hash${at}`)?.value
    if (text === undefined) throw malformed(`Hash${at} is missing`)
    return readHash(text)
  })
}

function parseXml(text: string): XmlElement {
  const refuse = (_level: string, message: unknown) => {
    throw malformed(String(message))
  }
  const document = new DOMParser({ errorHandler: refuse }).parseFromString(text, 'text/xml')
  if (document.documentElement === null) throw malformed('no element')
  return document.documentElement
}

function listed<T>(list: XmlList<T>): readonly T[] {
  return Array.from({ length: list.length }, (_, at) => list.item(at) as T)
}

function readText(bytes: Uint8Array): string {
  if (bytes.byteLength > MAX_RIM_BYTES) throw malformed(`${bytes.byteLength} bytes, at most ${MAX_RIM_BYTES}`)
  let text: string
  try {
    text = decodeUtf8(bytes).replace(DECLARATION, '')
  } catch (cause) {
    throw malformed('not UTF-8', cause)
  }
  const excess = LIMITS.find(([mark, most]) => text.split(mark, most + 2).length > most + 1)
  if (excess !== undefined) throw malformed(`"${excess[0]}" more than ${excess[1]} times`)
  if (/<[!?]/.test(text)) throw malformed('a DOCTYPE, comment, CDATA or processing instruction')
  if (/\sxml:/.test(text)) throw malformed('an attribute of the prefix xml')
  return text
}

function canonicalize(element: XmlElement, ancestorNamespaces: NamespacePrefix[]): string {
  return new C14nCanonicalization().process(element, { ancestorNamespaces })
}

/** The namespaces in scope at an element's children, as canonical form writes them at the top of a subtree. */
function namespacesAbove(element: XmlElement): NamespacePrefix[] {
  const found = new Map<string, string>()
  for (let at: XmlElement | null = element; at !== null; at = parentOf(at)) {
    for (const { name, value } of listed(at.attributes)) {
      const prefix = name === 'xmlns' ? '' : name.startsWith('xmlns:') ? name.slice(6) : undefined
      if (prefix !== undefined && !found.has(prefix)) found.set(prefix, value)
    }
  }
  return [...found].map(([prefix, namespaceURI]) => ({ prefix, namespaceURI }))
}

function parentOf({ parentNode }: XmlElement): XmlElement | null {
  return parentNode !== null && parentNode.nodeType === 1 ? (parentNode as XmlElement) : null
}

function elements(parent: XmlElement): readonly XmlElement[] {
  const list = listed(parent.childNodes)
  const isText = list.some((node) => node.nodeType !== 1 && (node.nodeValue ?? '').trim() !== '')
  if (isText) throw malformed(`text in ${parent.localName}`)
  return list.filter((node) => node.nodeType === 1) as XmlElement[]
}

/** Exactly these children, in this order. */
function children<const Names extends readonly string[]>(
  parent: XmlElement,
  namespace: string,
  names: Names
): { readonly [K in keyof Names]: XmlElement } {
  const found = elements(parent)
  const isAsWanted =
    found.length === names.length &&
    found.every((child, at) => child.localName === names[at] && child.namespaceURI === namespace)
  if (!isAsWanted) throw malformed(`${parent.localName} is not ${names.join(', ')}`)
  return found as { readonly [K in keyof Names]: XmlElement }
}

function attribute(element: XmlElement, name: string): string {
  if (!element.hasAttribute(name)) throw malformed(`${element.localName} has no ${name}`)
  return element.getAttribute(name) ?? ''
}

function integer(element: XmlElement, name: string, max: number): number {
  const text = attribute(element, name)
  const value = /^(0|[1-9]\d{0,5})$/.test(text) ? Number(text) : Number.NaN
  if (!(value <= max)) throw malformed(`${name}="${text}"`)
  return value
}

function readHash(text: string): Uint8Array {
  try {
    return decodeHex(text, MEASUREMENT_LENGTH)
  } catch (cause) {
    throw malformed('a hash is not in hex', cause)
  }
}

function readBase64({ textContent, localName }: XmlElement): Uint8Array {
  try {
    return decodeBase64((textContent ?? '').replace(/\s+/g, ''))
  } catch (cause) {
    throw malformed(`${localName} is not base64`, cause)
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('RIM_MALFORMED', message, { cause })
}
