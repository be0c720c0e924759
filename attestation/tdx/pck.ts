import { DER_TAG, DerReader } from '../der.ts'
import { AttestationError } from '../errors.ts'
import { type Certificate, parseKnownChain } from '../x509.ts'
import type { TdxQuote } from './quote.ts'

/** Which of Intel's two CAs certified the platform: its CRL and its collateral are named after it. */
export type PckCa = 'platform' | 'processor'

/** What the PCK certificate's SGX extension says of the platform (Intel SGX PCK Certificate spec §1.3.5). */
export interface PckExtension {
  readonly ca: PckCa
  readonly ppid: Uint8Array
  /** 16 SVNs. */
  readonly sgxTcbComponents: readonly number[]
  readonly pceSvn: number
  readonly cpuSvn: Uint8Array
  readonly pceId: Uint8Array
  readonly fmspc: Uint8Array
}

const SGX_EXTENSION = '1.2.840.113741.1.13.1'
const CA_PHRASES = { platform: 'SGX PCK Platform CA', processor: 'SGX PCK Processor CA' } as const satisfies Record<
  PckCa,
  string
>

/** Reads a quote's PCK certificate, unverified: what collateral to fetch for it. */
export function pckExtension(quote: TdxQuote): PckExtension {
  const [leaf] = parsePckChain(quote.pckChainPem)
  if (leaf === undefined) throw new AttestationError('PCK_CHAIN_INCOMPLETE', 'no PCK certificate')
  return readPckExtension(leaf)
}

/** The PEM of a PCK chain as certificates, `known` ones as they are; what does not parse is an invalid chain. */
export function parsePckChain(pem: string, known: readonly Certificate[] = []): Certificate[] {
  try {
    return parseKnownChain(pem, known)
  } catch (cause) {
    throw new AttestationError('PCK_CHAIN_INVALID', 'PCK chain does not parse', { cause })
  }
}

export function readPckExtension(leaf: Certificate): PckExtension {
  const extension = leaf.extensions.get(SGX_EXTENSION)
  if (extension === undefined) throw new AttestationError('PCK_CHAIN_INVALID', 'PCK certificate has no SGX extension')
  const outer = new DerReader(extension.value, 'PCK_CHAIN_INVALID')
  const fields = readFields(outer.sequence('SGX extension'))
  outer.end('SGX extension')
  const tcb = readFields(field(fields, '2').sequence('TCB'))
  return {
    ca: readCa(leaf),
    ppid: octets(field(fields, '1'), 16, 'PPID'),
    sgxTcbComponents: Array.from({ length: 16 }, (_, i) => field(tcb, `2.${i + 1}`).smallInteger(255, 'component SVN')),
    pceSvn: field(tcb, '2.17').smallInteger(0xffff, 'PCESVN'),
    cpuSvn: octets(field(tcb, '2.18'), 16, 'CPUSVN'),
    pceId: octets(field(fields, '3'), 2, 'PCE-ID'),
    fmspc: octets(field(fields, '4'), 6, 'FMSPC')
  }
}

/** SEQUENCE OF { OID below the SGX extension's, value }: by the OID's tail, each once. */
function readFields(list: DerReader): ReadonlyMap<string, DerReader> {
  const fields = new Map<string, DerReader>()
  while (!list.done) {
    const entry = list.sequence('SGX field')
    const oid = entry.oid('SGX field')
    if (!oid.startsWith(`${SGX_EXTENSION}.`)) throw list.refuse(`SGX extension holds ${oid}`)
    const name = oid.slice(SGX_EXTENSION.length + 1)
    if (fields.has(name)) throw list.refuse(`SGX extension holds ${oid} twice`)
    fields.set(name, new DerReader(entry.any(oid).raw, 'PCK_CHAIN_INVALID'))
    entry.end(oid)
  }
  return fields
}

function field(fields: ReadonlyMap<string, DerReader>, name: string): DerReader {
  const reader = fields.get(name)
  if (reader === undefined) throw new AttestationError('PCK_CHAIN_INVALID', `SGX extension lacks ${name}`)
  return reader
}

function octets(reader: DerReader, length: number, name: string): Uint8Array {
  const { content } = reader.expect(DER_TAG.octetString, name)
  if (content.byteLength !== length) throw reader.refuse(`${name} of ${content.byteLength} octets`)
  return content
}

function readCa(leaf: Certificate): PckCa {
  const { commonName } = leaf.issuer
  if (commonName.includes(CA_PHRASES.platform)) return 'platform'
  if (commonName.includes(CA_PHRASES.processor)) return 'processor'
  throw new AttestationError('PCK_CHAIN_INVALID', `PCK certificate is issued by ${commonName}`)
}
