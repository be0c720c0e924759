import { signEcdsa } from '../crypto.ts'
import { encodeHex, encodeUtf8 } from '../encoding.ts'
import { encodeJcs } from '../jcs.ts'
import { createCrl, encodePemChain, type Issuer, serialNumberOf } from './certificates.ts'
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
  readonly currentStatus: string
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

type Members = Record<
  | 'pck_crl'
  | 'pck_crl_issuer_chain'
  | 'qe_identity'
  | 'qe_identity_issuer_chain'
  | 'qe_identity_signature'
  | 'root_ca_crl'
  | 'tcb_info'
  | 'tcb_info_issuer_chain'
  | 'tcb_info_signature',
  string
>

/** The collateral document (JSON) that `parseTdxCollateral` reads, signed by the root's TCB signer and CAs. */
export async function createVirtualCollateral(
  root: VirtualRoot,
  options: Partial<VirtualCollateralOptions>,
  now: Date
): Promise<Uint8Array> {
  const full = { ...VIRTUAL_COLLATERAL, ...options }
  const hierarchy = full.strangerRoot ? await createVirtualRoot(generateVirtualRootKeys(), now) : root
  const members = { ...(await crlMembers(hierarchy, full, now)), ...signedMembers(hierarchy, full, now) }
  return encodeJcs(withFaults(members, full.faults))
}

async function crlMembers(root: VirtualRoot, options: VirtualCollateralOptions, now: Date) {
  const pckCrl = await createCrl({ ...dates(options.pckCrlValid, now), revoked: options.revokedPck }, root[options.ca])
  const revoked = options.revokedByRoot.map((role) => serialNumberOf(root[role].key))
  const rootCrl = await createCrl({ ...dates(options.rootCrlValid, now), revoked }, root.root)
  return {
    pck_crl: encodeHex(pckCrl),
    pck_crl_issuer_chain: chainOf(root[options.ca], root),
    root_ca_crl: encodeHex(rootCrl)
  }
}

function signedMembers(root: VirtualRoot, options: VirtualCollateralOptions, now: Date) {
  const tcbSigner = options.faults.includes('tcb-info-by-pck-ca') ? root[options.ca] : root.tcbSigning
  const tcbInfo = encodeTcbInfo(options, dates(options.tcbInfoValid, now), now)
  const qeIdentity = encodeQeIdentity(options, dates(options.qeIdentityValid, now), now)
  return {
    qe_identity: qeIdentity,
    qe_identity_issuer_chain: chainOf(root.tcbSigning, root),
    qe_identity_signature: signatureOf(qeIdentity, root.tcbSigning),
    tcb_info: tcbInfo,
    tcb_info_issuer_chain: chainOf(tcbSigner, root),
    tcb_info_signature: signatureOf(tcbInfo, tcbSigner)
  }
}

function withFaults(members: Members, faults: readonly CollateralFault[]): Members {
  const changed = { ...members }
  for (const fault of faults) Object.assign(changed, FAULTS[fault](changed))
  return changed
}

const FAULTS: Record<CollateralFault, (members: Members) => Partial<Members>> = {
  'tcb-info-body': ({ tcb_info }) => ({ tcb_info: tcb_info.replace('OutOfDate', 'UpToDate') }),
  'tcb-info-signature': ({ tcb_info_signature }) => ({ tcb_info_signature: turnedHex(tcb_info_signature) }),
  // Signed so above, before the document is finished.
  'tcb-info-by-pck-ca': () => ({}),
  'qe-identity-body': ({ qe_identity }) => ({ qe_identity: qe_identity.replace('OutOfDate', 'UpToDate') }),
  'qe-identity-signature': ({ qe_identity_signature }) => ({
    qe_identity_signature: turnedHex(qe_identity_signature)
  }),
  'pck-crl-signature': ({ pck_crl }) => ({ pck_crl: turnedHex(pck_crl) }),
  'pck-crl-missing': () => ({ pck_crl: '' }),
  'pck-crl-is-root-crl': ({ root_ca_crl }) => ({ pck_crl: root_ca_crl }),
  'root-crl-signature': ({ root_ca_crl }) => ({ root_ca_crl: turnedHex(root_ca_crl) }),
  'root-crl-missing': () => ({ root_ca_crl: '' })
}

/** The last bit of what the hex says, turned. */
function turnedHex(hex: string): string {
  return hex.slice(0, -1) + (Number.parseInt(hex.slice(-1), 16) ^ 1).toString(16)
}

function signatureOf(document: string, signer: Issuer): string {
  return encodeHex(signEcdsa('P-256', signer.key, encodeUtf8(document)))
}

function chainOf(issuer: Issuer, root: VirtualRoot): string {
  return encodePemChain([issuer.certificate, root.root.certificate])
}

function dates(validity: Validity, now: Date): { readonly thisUpdate: Date; readonly nextUpdate: Date } {
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  return { thisUpdate: at(validity.from), nextUpdate: at(validity.until) }
}
