import { signEcdsa } from '../crypto.ts'
import { encodeUtf8 } from '../encoding.ts'
import { encodePem } from '../pem.ts'
import { encodeTdxCollateral, type TdxCollateral } from '../tdx/collateral.ts'
import type { TcbStatus } from '../tdx/status.ts'
import { createCrl, type Issuer, serialNumberOf } from './certificates.ts'
import { VIRTUAL_PLATFORM } from './platform.ts'
import { createVirtualRoot, generateVirtualRootKeys, type PckCa, type RootRole, type VirtualRoot } from './root.ts'
import { encodeQeIdentity, encodeTcbInfo, type QeIdentityDocument, type TcbInfoDocument } from './tcb-documents.ts'

/** When a document begins and ceases to hold, in seconds from now. */
export interface Validity {
  readonly from: number
  readonly until: number
}

/** What is wrong with a finished document: a bit turned after signing, another's signature, or nothing there. */
export type CollateralFault =
  | 'tcb-info-body'
  | 'tcb-info-signature'
  | 'tcb-info-by-pck-ca'
  | 'qe-identity-body'
  | 'qe-identity-signature'
  | 'pck-crl-signature'
  | 'pck-crl-missing'
  | 'pck-crl-is-root-crl'
  | 'root-crl-signature'
  | 'root-crl-missing'

export interface VirtualCollateralOptions {
  /** 6 bytes. */
  readonly fmspc: Uint8Array
  /** 2 bytes. */
  readonly pceId: Uint8Array
  readonly ca: PckCa
  /** The status of the level that an up-to-date platform meets. */
  readonly currentStatus: TcbStatus
  readonly evaluationDataNumber: number
  readonly tcbInfoValid: Validity
  readonly qeIdentityValid: Validity
  readonly pckCrlValid: Validity
  readonly rootCrlValid: Validity
  /** Serial numbers in hex, of PCK certificates. */
  readonly revokedPck: readonly string[]
  readonly revokedByRoot: readonly Exclude<RootRole, 'root'>[]
  /** Members put in place of the usual ones before signing. */
  readonly tcbInfo: Partial<TcbInfoDocument>
  readonly qeIdentity: Partial<QeIdentityDocument>
  /** Signs everything under a root that no policy names. */
  readonly strangerRoot: boolean
  readonly faults: readonly CollateralFault[]
}

const HOUR = 3600
const MONTH: Validity = { from: -HOUR, until: 30 * 24 * HOUR }

/** Collateral for an up-to-date platform, for thirty days as Intel's. */
export const VIRTUAL_COLLATERAL: VirtualCollateralOptions = {
  fmspc: VIRTUAL_PLATFORM.fmspc,
  pceId: VIRTUAL_PLATFORM.pceId,
  ca: VIRTUAL_PLATFORM.ca,
  currentStatus: 'UpToDate',
  evaluationDataNumber: 18,
  tcbInfoValid: MONTH,
  qeIdentityValid: MONTH,
  pckCrlValid: MONTH,
  rootCrlValid: { from: -HOUR, until: 365 * 24 * HOUR },
  revokedPck: [],
  revokedByRoot: [],
  tcbInfo: {},
  qeIdentity: {},
  strangerRoot: false,
  faults: []
}

/** The collateral document (JSON) that `parseTdxCollateral` reads, signed by the root's TCB signer and CAs. */
export async function createVirtualCollateral(
  root: VirtualRoot,
  options: Partial<VirtualCollateralOptions>,
  now: Date
): Promise<Uint8Array> {
  const full = { ...VIRTUAL_COLLATERAL, ...options }
  const hierarchy = full.strangerRoot ? await createVirtualRoot(generateVirtualRootKeys(), now) : root
  const collateral = { ...signedJson(hierarchy, full, now), ...(await signedCrls(hierarchy, full, now)) }
  return encodeTdxCollateral(withFaults(collateral, full.faults))
}

async function signedCrls(root: VirtualRoot, options: VirtualCollateralOptions, now: Date) {
  const revoked = options.revokedByRoot.map((role) => serialNumberOf(root[role].key))
  return {
    pckCrl: await createCrl({ ...dates(options.pckCrlValid, now), revoked: options.revokedPck }, root[options.ca]),
    pckCrlIssuerChain: chainOf(root[options.ca], root),
    rootCaCrl: await createCrl({ ...dates(options.rootCrlValid, now), revoked }, root.root)
  }
}

function signedJson(root: VirtualRoot, options: VirtualCollateralOptions, now: Date) {
  const tcbSigner = options.faults.includes('tcb-info-by-pck-ca') ? root[options.ca] : root.tcbSigning
  const tcbInfo = encodeTcbInfo(options, dates(options.tcbInfoValid, now), now)
  const qeIdentity = encodeQeIdentity(options, dates(options.qeIdentityValid, now), now)
  return {
    tcbInfo,
    tcbInfoSignature: signatureOf(tcbInfo, tcbSigner),
    tcbInfoIssuerChain: chainOf(tcbSigner, root),
    qeIdentity,
    qeIdentitySignature: signatureOf(qeIdentity, root.tcbSigning),
    qeIdentityIssuerChain: chainOf(root.tcbSigning, root)
  }
}

function withFaults(collateral: TdxCollateral, faults: readonly CollateralFault[]): TdxCollateral {
  const changed = { ...collateral }
  for (const fault of faults) Object.assign(changed, FAULTS[fault](changed))
  return changed
}

const FAULTS: Record<CollateralFault, (collateral: TdxCollateral) => Partial<TdxCollateral>> = {
  'tcb-info-body': ({ tcbInfo }) => ({ tcbInfo: tcbInfo.replace('OutOfDate', 'UpToDate') }),
  'tcb-info-signature': ({ tcbInfoSignature }) => ({ tcbInfoSignature: lastBitTurned(tcbInfoSignature) }),
  // Signed so above, before the document is finished.
  'tcb-info-by-pck-ca': () => ({}),
  'qe-identity-body': ({ qeIdentity }) => ({ qeIdentity: qeIdentity.replace('OutOfDate', 'UpToDate') }),
  'qe-identity-signature': ({ qeIdentitySignature }) => ({ qeIdentitySignature: lastBitTurned(qeIdentitySignature) }),
  'pck-crl-signature': ({ pckCrl }) => ({ pckCrl: lastBitTurned(pckCrl) }),
  'pck-crl-missing': () => ({ pckCrl: new Uint8Array(0) }),
  'pck-crl-is-root-crl': ({ rootCaCrl }) => ({ pckCrl: rootCaCrl }),
  'root-crl-signature': ({ rootCaCrl }) => ({ rootCaCrl: lastBitTurned(rootCaCrl) }),
  'root-crl-missing': () => ({ rootCaCrl: new Uint8Array(0) })
}

function lastBitTurned(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => (index === bytes.length - 1 ? byte ^ 1 : byte))
}

function signatureOf(document: string, signer: Issuer): Uint8Array {
  return signEcdsa('P-256', signer.key, encodeUtf8(document))
}

function chainOf(issuer: Issuer, root: VirtualRoot): string {
  return encodePem([issuer.certificate, root.root.certificate])
}

function dates(validity: Validity, now: Date): { readonly thisUpdate: Date; readonly nextUpdate: Date } {
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  return { thisUpdate: at(validity.from), nextUpdate: at(validity.until) }
}
