import { DER_TAG, DerReader } from './der.ts'
import { AttestationError } from './errors.ts'

export interface Extension {
  readonly critical: boolean
  /** The contents of extnValue. */
  readonly value: Uint8Array
}

export type KeyUsage = 'digitalSignature' | 'keyCertSign' | 'cRLSign'

export const KEY_USAGE = '2.5.29.15'
export const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE_BITS: readonly (readonly [bit: number, usage: KeyUsage])[] = [
  [0, 'digitalSignature'],
  [5, 'keyCertSign'],
  [6, 'cRLSign']
]
/** The Extensions of a certificate, a CRL or a CRL entry: a SEQUENCE that fills its wrapper; none twice. */
export function readExtensions(wrapper: DerReader): ReadonlyMap<string, Extension> {
  const list = wrapper.sequence('extensions')
  wrapper.end('extensions')
  const extensions = new Map<string, Extension>()
  while (!list.done) {
    const extension = list.sequence('extension')
    const oid = extension.oid('extnID')
    const critical = extension.peek() === DER_TAG.boolean && extension.boolean('critical')
    const value = extension.octetString('extnValue')
    extension.end('extnValue')
    if (extensions.has(oid)) throw malformed(`extension ${oid} twice`)
    extensions.set(oid, { critical, value })
  }
  return extensions
}

export function readBasicConstraints(extensions: ReadonlyMap<string, Extension>) {
  const extension = extensions.get(BASIC_CONSTRAINTS)
  if (extension === undefined) return { isCa: false, pathLength: undefined }
  const outer = new DerReader(extension.value, 'CERTIFICATE_MALFORMED')
  const constraints = outer.sequence('basicConstraints')
  outer.end('basicConstraints')
  const isCa = constraints.peek() === DER_TAG.boolean && constraints.boolean('cA')
  const pathLength = constraints.done ? undefined : constraints.smallInteger(255, 'pathLenConstraint')
  constraints.end('basicConstraints')
  return { isCa, pathLength }
}

export function readKeyUsage(extensions: ReadonlyMap<string, Extension>): ReadonlySet<KeyUsage> {
  const extension = extensions.get(KEY_USAGE)
  if (extension === undefined) return new Set()
  const outer = new DerReader(extension.value, 'CERTIFICATE_MALFORMED')
  const { content } = outer.expect(DER_TAG.bitString, 'keyUsage')
  outer.end('keyUsage')
  const octet = content[1] ?? 0
  return new Set(KEY_USAGE_BITS.filter(([bit]) => (octet & (0x80 >> bit)) !== 0).map(([, usage]) => usage))
}

/** A critical extension narrows or redirects what a CRL says (a delta, another scope, another issuer): none is taken. */
export function refuseCritical(extensions: ReadonlyMap<string, Extension>, where: string): void {
  const critical = [...extensions].find(([, extension]) => extension.critical)
  if (critical !== undefined) throw malformed(`${where} has critical extension ${critical[0]}`)
}

function malformed(message: string): AttestationError {
  return new AttestationError('CERTIFICATE_MALFORMED', message)
}
