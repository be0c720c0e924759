import { generateEc, type PrivateKey, sha256 } from '../crypto.ts'
import { encodeUtf8 } from '../encoding.ts'
import { createCertificate, encodePemChain, serialNumberOf } from './certificates.ts'
import type { VirtualTdFields } from './quote.ts'
import { createVirtualRoot, generateVirtualRootKeys, type PckCa, type VirtualRoot } from './root.ts'
import { encodeSgxExtension, SGX_EXTENSION_OID } from './sgx-extension.ts'
import { CURRENT_TCB, type VirtualTcb } from './tcb.ts'

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

/** Places in a quote where one bit is turned after signing, or a signature made with a stranger's key. */
export type QuoteFault =
  | 'header'
  | 'body'
  | 'quote-signature'
  | 'attestation-key'
  | 'qe-report'
  | 'qe-report-signature'
  | 'qe-auth-data'
  | 'qe-report-by-stranger'
  | 'quote-by-stranger'
  | 'pck-chain-without-root'

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
  /** What every TD of this platform has, unless `quoteVirtual` is told otherwise. */
  readonly td: Partial<VirtualTdFields>
  readonly faults: readonly QuoteFault[]
}

/** What a virtual host is given. It can quote, and holds no key of the root's. */
export interface VirtualPlatform {
  readonly options: VirtualPlatformOptions
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

/** A platform with its own PCK and attestation keys, certified by `root`. */
export async function createVirtualPlatform(
  root: VirtualRoot,
  options: Partial<VirtualPlatformOptions>,
  now: Date
): Promise<VirtualPlatform> {
  const full = { ...VIRTUAL_PLATFORM, ...options }
  const hierarchy = full.strangerRoot ? await createVirtualRoot(generateVirtualRootKeys(), now) : root
  const pckKey = generateEc('P-256')
  const ppid = sha256(encodeUtf8(serialNumberOf(pckKey))).subarray(0, 16)
  const extension = encodeSgxExtension({ ...full, ppid, platformInstanceId: ppid })
  const issuer = hierarchy[full.ca]
  const leaf = await createCertificate(
    {
      commonName: 'Bombyx Virtual SGX PCK Certificate',
      key: pckKey,
      role: 'leaf',
      notBefore: new Date(now.getTime() + full.pckValid.from * 1000),
      notAfter: new Date(now.getTime() + full.pckValid.until * 1000),
      serialNumber: full.serialNumber || serialNumberOf(pckKey),
      extensions: [{ oid: SGX_EXTENSION_OID, value: extension }]
    },
    issuer
  )
  const chain = [leaf, issuer.certificate, hierarchy.root.certificate]
  const pckChain = encodePemChain(full.faults.includes('pck-chain-without-root') ? chain.slice(0, 2) : chain)
  return { options: full, pckKey, attestationKey: generateEc('P-256'), pckChain }
}
