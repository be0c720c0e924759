import { generateEc, type PrivateKey } from '../crypto.ts'
import { type CertificateFields, createCertificate, type Issuer } from './certificates.ts'

export type PckCa = 'platform' | 'processor'
export type RootRole = 'root' | PckCa | 'tcbSigning'

/** The hierarchy that Intel runs for real hardware, run by whoever holds this: anchor, PCK CAs and TCB signer. */
export type VirtualRoot = { readonly [role in RootRole]: Issuer }

/** P-256 keys, one a certificate. */
export type VirtualRootKeys = { readonly [role in RootRole]: PrivateKey }

const YEAR_MS = 365.25 * 24 * 3600 * 1000

const CERTIFICATES = {
  root: { commonName: 'Bombyx Virtual SGX Root CA', role: 'root', years: 30 },
  platform: { commonName: 'Bombyx Virtual SGX PCK Platform CA', role: 'ca', years: 15 },
  processor: { commonName: 'Bombyx Virtual SGX PCK Processor CA', role: 'ca', years: 15 },
  tcbSigning: { commonName: 'Bombyx Virtual SGX TCB Signing', role: 'leaf', years: 7 }
} as const satisfies Record<RootRole, { role: CertificateFields['role']; commonName: string; years: number }>

export function generateVirtualRootKeys(): VirtualRootKeys {
  return {
    root: generateEc('P-256'),
    platform: generateEc('P-256'),
    processor: generateEc('P-256'),
    tcbSigning: generateEc('P-256')
  }
}

/** A root of its own. `root.root.certificate` is the DER that a `virtual` policy names as its anchor. */
export async function createVirtualRoot(keys: VirtualRootKeys, now: Date): Promise<VirtualRoot> {
  const root = await issue('root', keys, now)
  return {
    root,
    platform: await issue('platform', keys, now, root),
    processor: await issue('processor', keys, now, root),
    tcbSigning: await issue('tcbSigning', keys, now, root)
  }
}

async function issue(role: RootRole, keys: VirtualRootKeys, now: Date, issuer?: Issuer): Promise<Issuer> {
  const { years, ...fields } = CERTIFICATES[role]
  const notAfter = new Date(now.getTime() + years * YEAR_MS)
  // A day back, so that a clock a little behind the maker's accepts it.
  const notBefore = new Date(now.getTime() - 24 * 3600 * 1000)
  const certificate = await createCertificate({ ...fields, key: keys[role], notBefore, notAfter }, issuer)
  return { certificate, key: keys[role] }
}
