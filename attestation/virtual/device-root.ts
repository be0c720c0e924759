import { generateEc, type PrivateKey } from '../crypto.ts'
import { crlLocationExtension } from './crl.ts'
import { createDeviceCertificate, type DeviceIssuer, keyIdentifier, NO_END } from './device-certificates.ts'

const DAY_MS = 24 * 3600 * 1000

/** Every CA that NVIDIA runs for devices and reference values, with what it is called here and who certifies it. */
const AUTHORITIES = {
  deviceRoot: { commonName: 'Bombyx Virtual Device Identity CA', issuer: undefined },
  gh100Identity: { commonName: 'Bombyx Virtual GH100 Identity', issuer: 'deviceRoot' },
  gb100Identity: { commonName: 'Bombyx Virtual GB100 Identity', issuer: 'deviceRoot' },
  gh100Provisioner: { commonName: 'Bombyx Virtual GH100 Provisioner ICA 1', issuer: 'gh100Identity' },
  gb100Provisioner: { commonName: 'Bombyx Virtual GB100 Provisioner ICA 00000', issuer: 'gb100Identity' },
  // NVIDIA's own switches stand under the identity CA of Hopper.
  ls10Provisioner: { commonName: 'Bombyx Virtual LS_10 Provisioner ICA 1', issuer: 'gh100Identity' },
  rimRoot: { commonName: 'Bombyx Virtual CoRIM signing Root CA', issuer: undefined },
  gh100Rim: { commonName: 'Bombyx Virtual Reference Value GH100 CA', issuer: 'rimRoot' },
  gb100Rim: { commonName: 'Bombyx Virtual Reference Value GB100 CA', issuer: 'rimRoot' },
  ls10Rim: { commonName: 'Bombyx Virtual Reference Value LS10 CA', issuer: 'rimRoot' },
  gh100RimSigning: { commonName: 'Bombyx Virtual Reference Value L3 GH100 001', issuer: 'gh100Rim' },
  gb100RimSigning: { commonName: 'Bombyx Virtual Reference Value L3 GB100 001', issuer: 'gb100Rim' },
  ls10RimSigning: { commonName: 'Bombyx Virtual Reference Value L3 LS10 001', issuer: 'ls10Rim' }
} as const

export type DeviceAuthority = keyof typeof AUTHORITIES

/** In an order in which each comes after its issuer. */
export const DEVICE_AUTHORITIES = Object.keys(AUTHORITIES) as readonly DeviceAuthority[]

/** What NVIDIA runs for real devices, run by whoever holds this: CAs, and the keys that sign RIMs and OCSP answers. */
export type VirtualDeviceRoot = { readonly [role in DeviceAuthority]: DeviceIssuer } & {
  readonly rimSignerKey: PrivateKey
  readonly responderKey: PrivateKey
}

/** P-384 keys, one an authority, one for the RIMs' signer and one for the OCSP responders. */
export type VirtualDeviceRootKeys = {
  readonly [role in DeviceAuthority | 'rimSigner' | 'responder']: PrivateKey
}

export function generateVirtualDeviceRootKeys(): VirtualDeviceRootKeys {
  const roles = [...DEVICE_AUTHORITIES, 'rimSigner', 'responder'] as const
  return Object.fromEntries(roles.map((role) => [role, generateEc('P-384')])) as unknown as VirtualDeviceRootKeys
}

/**
 * Roots of their own for devices and for reference values. `deviceRoot.certificate` and `rimRoot.certificate` are the DER
 * that a `virtual` policy names as its device anchors.
 */
export function createVirtualDeviceRoot(keys: VirtualDeviceRootKeys, now: Date): VirtualDeviceRoot {
  const issuers: Partial<Record<DeviceAuthority, DeviceIssuer>> = {}
  for (const role of DEVICE_AUTHORITIES) issuers[role] = createAuthority(role, keys[role], issuers, now)
  return completeDeviceRoot(issuers, keys.rimSigner, keys.responder)
}

/** The name and issuer of an authority whose certificate and key are known, as a root's file holds them. */
export function deviceAuthorityName(role: DeviceAuthority): { readonly commonName: string } {
  return { commonName: AUTHORITIES[role].commonName }
}

/** The authorities above this one, nearest first, up to the root. */
export function issuersOf(root: VirtualDeviceRoot, role: DeviceAuthority): readonly DeviceIssuer[] {
  const { issuer } = AUTHORITIES[role]
  return issuer === undefined ? [] : [root[issuer], ...issuersOf(root, issuer)]
}

/** Throws `TypeError` when an authority is absent. */
export function completeDeviceRoot(
  issuers: Partial<Record<DeviceAuthority, DeviceIssuer>>,
  rimSignerKey: PrivateKey,
  responderKey: PrivateKey
): VirtualDeviceRoot {
  const absent = DEVICE_AUTHORITIES.find((role) => issuers[role] === undefined)
  if (absent !== undefined) throw new TypeError(`no authority ${absent}`)
  return { ...(issuers as Record<DeviceAuthority, DeviceIssuer>), rimSignerKey, responderKey }
}

function createAuthority(
  role: DeviceAuthority,
  key: PrivateKey,
  issuers: Partial<Record<DeviceAuthority, DeviceIssuer>>,
  now: Date
): DeviceIssuer {
  const { issuer } = AUTHORITIES[role]
  const name = deviceAuthorityName(role)
  // A day back, so that a clock a little behind the maker's accepts it.
  const notBefore = new Date(now.getTime() - DAY_MS)
  const serialNumber = keyIdentifier(key).subarray(0, 16)
  const fields = { subject: name, role: 'ca', key, serialNumber, notBefore, notAfter: NO_END } as const
  const extensions = issuer === undefined ? [] : [crlLocationExtension(issuer)]
  return { name, key, certificate: createDeviceCertificate({ ...fields, extensions }, issuer && issuers[issuer]) }
}
