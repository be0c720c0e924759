import { type PrivateKey, sha384, signEcdsa } from '../crypto.ts'
import { encodeBase64, encodeHex, encodeUtf8 } from '../encoding.ts'
import { type Chip, type RimKind, referenceValue, rimIdentifier } from './chips.ts'
import { canonicalXml, element, writeXml, type XmlAttribute, type XmlElement } from './xml-writer.ts'

/** A manifest changed after it was signed, its signature changed, or none at all; a document type, a second signature. */
export const RIM_FAULTS = ['value', 'signature', 'unsigned', 'doctype', 'signed-twice'] as const

export type RimFault = (typeof RIM_FAULTS)[number]

export interface RimFields {
  readonly chip: Chip
  readonly kind: RimKind
  /** What the values are of. */
  readonly version: string
  /** What the manifest says that it is of, where that differs. */
  readonly product?: string
  readonly colloquialVersion?: string
  /** Indices that it speaks for beside its own. */
  readonly alsoActive: readonly number[]
  readonly faults: readonly RimFault[]
}

/** Who signs: a key, and its certificate with those above it, leaf first, in DER. */
export interface RimSigner {
  readonly key: PrivateKey
  readonly chain: readonly Uint8Array[]
}

const INDICES = 64
const NO_VALUE = new Uint8Array(48)
const SHA384_URI = 'http://www.w3.org/2001/04/xmlenc#sha384'
const C14N_1_1 = 'http://www.w3.org/2006/12/xml-c14n11'
const SIGNATURE_NAMESPACE: XmlAttribute = ['xmlns:ds', 'http://www.w3.org/2000/09/xmldsig#']
/** SWID tags (ISO/IEC 19770-2) as NVIDIA's service writes them. */
const TAG_NAMESPACES: readonly XmlAttribute[] = [
  ['xmlns', 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd'],
  ['xmlns:ns0', 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd'],
  ['xmlns:ns2', SHA384_URI]
]
const TCG_NAMESPACE =
  'https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/'
const MAKER = 'Bombyx Virtual Corporation'

/** A reference integrity manifest (TCG RIM, in a SWID tag) with an enveloped ecdsa-sha384 signature, UTF-8. */
export function createVirtualRim(fields: RimFields, signer: RimSigner): Uint8Array {
  const tag = softwareIdentity(fields)
  const signature = signatureOf(tag, signer, fields.faults.includes('signature'))
  const tail = { unsigned: [], 'signed-twice': [signature, signature] }
  const fault = (['unsigned', 'signed-twice'] as const).find((name) => fields.faults.includes(name))
  const signed = { ...tag, children: [...tag.children, ...(fault === undefined ? [signature] : tail[fault])] }
  const text = fields.faults.includes('value') ? withOtherValue(writeXml(signed)) : writeXml(signed)
  const doctype = fields.faults.includes('doctype') ? '<!DOCTYPE SoftwareIdentity [<!ENTITY e "">]>\n' : ''
  return encodeUtf8(`${doctype}${text}\n`)
}

function softwareIdentity(fields: RimFields): XmlElement {
  const { chip, kind, version } = fields
  const product = fields.product ?? chip.product
  const tagId = encodeHex(sha384(encodeUtf8(rimIdentifier(chip, kind, version))))
  const attributes: readonly XmlAttribute[] = [
    ...TAG_NAMESPACES,
    ['corpus', 'false'],
    ['name', product],
    ['patch', 'false'],
    ['supplemental', 'false'],
    ['tagId', tagId],
    ['version', '1.0'],
    ['tagVersion', '0']
  ]
  const entity = element('ns0:Entity', [
    ['name', MAKER],
    ['role', 'softwareCreator tagCreator']
  ])
  const resources = Array.from({ length: INDICES }, (_, index) => ['\n        ', resource(fields, index)])
  const payload = element('ns0:Payload', [['xmlns:SHA384', SHA384_URI]], [...resources.flat(), '\n    '])
  const meta = metaOf(fields, product)
  return element('SoftwareIdentity', attributes, ['\n    ', entity, '\n    ', meta, '\n    ', payload, '\n'])
}

function metaOf({ chip, version, colloquialVersion }: RimFields, product: string): XmlElement {
  return element('ns0:Meta', [
    ['xmlns:ns1', TCG_NAMESPACE],
    ['colloquialVersion', colloquialVersion ?? version],
    ['edition', chip.edition],
    ['product', product],
    ['revision', 'r1'],
    ['PayloadType', 'direct'],
    ['ns1:BindingSpec', 'RIMIM'],
    ['ns1:BindingSpecVersion', '1.01'],
    ['ns1:PlatformManufacturerId', '5703'],
    ['ns1:PlatformManufacturerStr', MAKER],
    ['ns1:PlatformModel', product],
    ['ns1:FirmwareManufacturer', MAKER],
    ['ns1:FirmwareManufacturerId', '5703']
  ])
}

/** One measurement's place: its allowed values where the manifest speaks for it. */
function resource({ chip, kind, version, alsoActive }: RimFields, index: number): XmlElement {
  const reference = chip.measured.get(index)
  const isActive = reference?.kind === kind || alsoActive.includes(index)
  const alternatives = isActive ? (reference?.alternatives ?? 1) : 1
  const values = Array.from(
    { length: alternatives },
    (_, at): XmlAttribute => [
      `ns2:Hash${at}`,
      encodeHex(isActive ? referenceValue(chip, version, index, at) : NO_VALUE)
    ]
  )
  return element('ns0:Resource', [
    ['type', 'Measurement'],
    ['index', String(index)],
    ['active', isActive ? 'True' : 'False'],
    ['alternatives', String(alternatives)],
    ...values,
    ['name', `Measurement_${index}`],
    ['size', '48']
  ])
}

/** XML-DSig (RFC 9231) over the whole document but for the signature itself. */
function signatureOf(tag: XmlElement, { key, chain }: RimSigner, isWrong: boolean): XmlElement {
  const signedInfo = signedInfoOf(encodeBase64(sha384(encodeUtf8(canonicalXml(tag)))))
  const signed = canonicalXml(signedInfo, [...TAG_NAMESPACES, SIGNATURE_NAMESPACE])
  const value = signEcdsa('P-384', key, encodeUtf8(signed))
  const shown = isWrong ? value.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) : value
  const certificates = chain.map((der) => element('ds:X509Certificate', [], [encodeBase64(der)]))
  return element(
    'ds:Signature',
    [SIGNATURE_NAMESPACE],
    [
      signedInfo,
      element('ds:SignatureValue', [], [encodeBase64(shown)]),
      element('ds:KeyInfo', [], [element('ds:X509Data', [], certificates)])
    ]
  )
}

function signedInfoOf(digest: string): XmlElement {
  const algorithm = (name: string, uri: string) => element(name, [['Algorithm', uri]])
  const transforms = element(
    'ds:Transforms',
    [],
    [
      algorithm('ds:Transform', 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'),
      algorithm('ds:Transform', C14N_1_1)
    ]
  )
  const reference = element(
    'ds:Reference',
    [['URI', '']],
    [
      transforms,
      algorithm('ds:DigestMethod', 'http://www.w3.org/2001/04/xmldsig-more#sha384'),
      element('ds:DigestValue', [], [digest])
    ]
  )
  return element(
    'ds:SignedInfo',
    [],
    [
      algorithm('ds:CanonicalizationMethod', C14N_1_1),
      algorithm('ds:SignatureMethod', 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384'),
      reference
    ]
  )
}

/** The first digit of the first allowed value, turned. */
function withOtherValue(text: string): string {
  return text.replace(/active="True" (.*?Hash0=")(.)/, (_, before: string, digit: string) => {
    return `active="True" ${before}${(Number.parseInt(digit, 16) ^ 1).toString(16)}`
  })
}
