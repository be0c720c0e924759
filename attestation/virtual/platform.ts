import { generateEc, type PrivateKey, sha256 } from '../crypto.ts'
import { encodeUtf8 } from '../encoding.ts'
import { encodePem } from '../pem.ts'
import { type CertificateFields, createCertificate, type Issuer, serialNumberOf } from './certificates.ts'
import { createVirtualRoot, generateVirtualRootKeys, type PckCa, type VirtualRoot } from './root.ts'
import { encodeSgxExtension, SGX_EXTENSION_OID } from './sgx-extension.ts'
import { CURRENT_TCB, type VirtualTcb } from './tcb.ts'
import { VIRTUAL_TD, type VirtualTdFields } from './td.ts'

/** What the virtual quoting enclave reports of itself. */
export interface VirtualQe {
  /** 32 bytes. */
  readonly mrSigner: Uint8Array
  readonly isvProdId: number
  readonly isvSvn: number
  readonly miscSelect: number
  /** 16 bytes. */
  readonly attributes: Uint8Array
}

/** A bit of the quote turned after signing, a signature by a stranger's key, a part left out, other report data. */
export const QUOTE_FAULTS = [
  'header',
  'body',
  'quote-signature',
  'attestation-key',
  'qe-report',
  'qe-report-signature',
  'qe-auth-data',
  'qe-report-by-stranger',
  'quote-by-stranger',
  'pck-chain-without-root',
  'truncated',
  'other-report-data'
] as const

export type QuoteFault = (typeof QUOTE_FAULTS)[number]

export interface VirtualPlatformOptions {
  /** 6 bytes. */
  readonly fmspc: Uint8Array
  /** 2 bytes. */
  readonly pceId: Uint8Array
  readonly ca: PckCa
  readonly tcb: VirtualTcb
  readonly qe: VirtualQe
  /** Hex of the PCK certificate's serial number; empty derives it from the key. */
  readonly serialNumber: string
  /** The PCK certificate's dates, in seconds from now. */
  readonly pckValid: { readonly from: number; readonly until: number }
  /** Everything, or just the certificates, under a root that no policy names. */
  readonly strangerRoot: boolean
  /** In place of fields of `VIRTUAL_TD`. */
  readonly td: Partial<VirtualTdFields>
  readonly faults: readonly QuoteFault[]
}

/** P-256: what the PCE certifies with, and what the quoting enclave signs with. */
export interface VirtualPlatformKeys {
  readonly pck: PrivateKey
  readonly attestation: PrivateKey
}

/** What a virtual host is given. It can quote, and holds no key of the root's. */
export interface VirtualPlatform {
  readonly fmspc: Uint8Array
  readonly pceId: Uint8Array
  readonly ca: PckCa
  readonly tcb: VirtualTcb
  readonly qe: VirtualQe
  /** What its TDs have, unless `quoteVirtual` is told otherwise. */
  readonly td: VirtualTdFields
  readonly faults: readonly QuoteFault[]
  readonly pckKey: PrivateKey
  readonly attestationKey: PrivateKey
  /** PEM, leaf first, root last. */
  readonly pckChain: string
}

const DAY = 24 * 3600

export const VIRTUAL_QE: VirtualQe = {
  mrSigner: sha256(encodeUtf8('Bombyx Virtual QE signer')),
  isvProdId: 2,
  isvSvn: 4,
  miscSelect: 0,
  attributes: Uint8Array.of(0x11, 0, 0, 0, 0, 0, 0, 0, 0xe7, 0, 0, 0, 0, 0, 0, 0)
}

/** An up-to-date platform of a made-up processor family. */
export const VIRTUAL_PLATFORM: VirtualPlatformOptions = {
  fmspc: Uint8Array.of(0xb0, 0x4b, 0x79, 0, 0, 0),
  pceId: Uint8Array.of(0, 0),
  ca: 'platform',
  tcb: CURRENT_TCB,
  qe: VIRTUAL_QE,
  serialNumber: '',
  pckValid: { from: -DAY, until: 7 * 365 * DAY },
  strangerRoot: false,
  td: {},
  faults: []
}

export function generateVirtualPlatformKeys(): VirtualPlatformKeys {
  return { pck: generateEc('P-256'), attestation: generateEc('P-256') }
}

/** A platform certified by `root`, by default with keys of its own. */
export async function createVirtualPlatform(
  root: VirtualRoot,
  options: Partial<VirtualPlatformOptions>,
  now: Date,
  keys: VirtualPlatformKeys = generateVirtualPlatformKeys()
): Promise<VirtualPlatform> {
  const full = { ...VIRTUAL_PLATFORM, ...options }
  const hierarchy = full.strangerRoot ? await createVirtualRoot(generateVirtualRootKeys(), now) : root
  const leaf = await createPckCertificate(hierarchy[full.ca], keys.pck, full, now)
  const chain = [leaf, hierarchy[full.ca].certificate, hierarchy.root.certificate]
  const { fmspc, pceId, ca, tcb, qe, faults } = full
  return {
    fmspc,
    pceId,
    ca,
    tcb,
    qe,
    td: { ...VIRTUAL_TD, ...full.td },
    faults,
    pckKey: keys.pck,
    attestationKey: keys.attestation,
    pckChain: encodePem(faults.includes('pck-chain-without-root') ? chain.slice(0, 2) : chain)
  }
}

function createPckCertificate(
  issuer: Issuer,
  pckKey: PrivateKey,
  options: VirtualPlatformOptions,
  now: Date
): Promise<Uint8Array> {
  const ppid = sha256(encodeUtf8(serialNumberOf(pckKey))).subarray(0, 16)
  const fields: CertificateFields = {
    commonName: 'Bombyx Virtual SGX PCK Certificate',
    key: pckKey,
    role: 'leaf',
    notBefore: new Date(now.getTime() + options.pckValid.from * 1000),
    notAfter: new Date(now.getTime() + options.pckValid.until * 1000),
    serialNumber: options.serialNumber || serialNumberOf(pckKey),
    extensions: [{ oid: SGX_EXTENSION_OID, value: encodeSgxExtension({ ...options, ppid, platformInstanceId: ppid }) }]
  }
  return createCertificate(fields, issuer)
}
