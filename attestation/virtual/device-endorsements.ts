import { sha256 } from '../crypto.ts'
import { DerReader } from '../der.ts'
import { derUnsigned } from '../der-writer.ts'
import { concatBytes, encodeHex, encodeUtf8 } from '../encoding.ts'
import { CHIPS, type Chip, type RimKind, rimIdentifier } from './chips.ts'
import type { Validity } from './collateral.ts'
import { bromSerialNumber, type VirtualDevice } from './device.ts'
import { createDeviceCertificate, keyIdentifier } from './device-certificates.ts'
import {
  createVirtualDeviceRoot,
  generateVirtualDeviceRootKeys,
  issuersOf,
  type VirtualDeviceRoot
} from './device-root.ts'
import { createVirtualOcsp, type OcspFault, type OcspFields, type OcspStatus } from './ocsp.ts'
import { createVirtualRim, type RimFault, type RimFields } from './rim.ts'

/** Certificates that are asked about: three above a device's leaf, and three below the RIMs' root. */
export type AskedCertificate = 'brom' | 'provisioner' | 'identity' | 'rimSigner' | 'rimSigning' | 'rimCa'

/** What is different about the manifests of one kind. */
export interface RimChange extends Partial<Pick<RimFields, 'product' | 'colloquialVersion' | 'alsoActive' | 'faults'>> {
  /** Not there at all. */
  readonly missing?: boolean
  /** Of this version's values under the usual name. */
  readonly valuesOf?: string
  readonly faults?: readonly RimFault[]
}

export interface VirtualEndorsementOptions {
  readonly rims: { readonly [kind in RimKind]?: RimChange }
  readonly rimSignerValid: Validity
  /** Manifests under a root that no policy names. */
  readonly strangerRims: boolean
  /** Of certificates that are not good; `missing`: no answer about them. */
  readonly statuses: { readonly [asked in AskedCertificate]?: Exclude<OcspStatus, 'good'> | 'missing' }
  readonly ocspValid: Validity
  readonly ocspFaults: readonly OcspFault[]
  /** What the question carried; empty for answers that are made for all. */
  readonly ocspNonce: Uint8Array
}

/** A manifest with the name that it is asked for by. */
export interface VirtualRim {
  readonly id: string
  readonly xml: Uint8Array
}

/** An answer with the number of the certificate that it is about: the INTEGER's contents, in hex. */
export interface VirtualOcspAnswer {
  readonly id: string
  readonly der: Uint8Array
}

/** What NVIDIA's two services would say about some devices. */
export interface VirtualDeviceEndorsements {
  readonly rims: readonly VirtualRim[]
  readonly ocsp: readonly VirtualOcspAnswer[]
}

const HOUR = 3600
const DAY = 24 * HOUR

/** Manifests and answers for devices that are in order. */
export const VIRTUAL_ENDORSEMENTS: VirtualEndorsementOptions = {
  rims: {},
  rimSignerValid: { from: -DAY, until: 2 * 365 * DAY },
  strangerRims: false,
  statuses: {},
  ocspValid: { from: -HOUR, until: 7 * DAY },
  ocspFaults: [],
  ocspNonce: new Uint8Array(0)
}

/** The manifests of these devices' versions, each once, and the answers about every certificate in either's chains. */
export function createVirtualDeviceEndorsements(
  root: VirtualDeviceRoot,
  devices: readonly VirtualDevice[],
  options: Partial<VirtualEndorsementOptions>,
  now: Date
): VirtualDeviceEndorsements {
  const full = { ...VIRTUAL_ENDORSEMENTS, ...options }
  const rimRoot = full.strangerRims ? createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), now) : root
  const rims = new Map(devices.flatMap((device) => wantedRims(device, full)).map((wish) => [wish.id, wish]))
  const asked = new Map(devices.flatMap((device) => certificatesOf(root, device)).map((one) => [nameOf(one), one]))
  return {
    rims: [...rims.values()].map((wish) => createRim(rimRoot, wish, full.rimSignerValid, now)),
    ocsp: [...asked.values()].flatMap((certificate) => answerAbout(root, certificate, full, now))
  }
}

/** What the responder answers about the certificate of this number; undefined where nobody asks about it here. */
export function answerVirtualOcsp(
  root: VirtualDeviceRoot,
  devices: readonly VirtualDevice[],
  question: Partial<VirtualEndorsementOptions> & { readonly id: string },
  now: Date
): Uint8Array | undefined {
  const certificates = devices.flatMap((device) => certificatesOf(root, device))
  const asked = certificates.find(({ serialNumber }) => encodeHex(asInteger(serialNumber)) === question.id)
  return asked && answerAbout(root, asked, { ...VIRTUAL_ENDORSEMENTS, ...question }, now)[0]?.der
}

interface RimWish {
  readonly id: string
  readonly fields: RimFields
}

/** The manifests that a device is compared with, apart from those that are to be missing. */
function wantedRims(
  { arch, driverVersion, vbiosVersion }: VirtualDevice,
  { rims }: VirtualEndorsementOptions
): RimWish[] {
  const chip = CHIPS[arch]
  const kinds: readonly RimKind[] = chip.edition === 'GPU' ? ['driver', 'vbios'] : ['vbios']
  return kinds.flatMap((kind) => {
    const { missing, valuesOf, ...change } = rims[kind] ?? {}
    if (missing === true) return []
    const version = kind === 'driver' ? driverVersion : vbiosVersion
    const usual = { chip, kind, version: valuesOf ?? version, colloquialVersion: version, alsoActive: [], faults: [] }
    return [{ id: rimIdentifier(chip, kind, version), fields: { ...usual, ...change } }]
  })
}

function createRim(root: VirtualDeviceRoot, { id, fields }: RimWish, valid: Validity, now: Date): VirtualRim {
  const signer = { key: root.rimSignerKey, chain: rimChain(root, fields.chip, valid, now) }
  return { id, xml: createVirtualRim(fields, signer) }
}

function rimChain(root: VirtualDeviceRoot, chip: Chip, valid: Validity, now: Date): readonly Uint8Array[] {
  const signing = root[chip.rimSigning]
  const leaf = createDeviceCertificate(
    {
      subject: { commonName: `Bombyx Virtual ${chip.product} RIM L4 Signer` },
      role: 'signer',
      key: root.rimSignerKey,
      serialNumber: rimSignerSerial(root, chip),
      ...dates(valid, now)
    },
    signing
  )
  return [leaf, signing.certificate, ...issuersOf(root, chip.rimSigning).map((issuer) => issuer.certificate)]
}

interface Asked extends Pick<OcspFields, 'serialNumber' | 'issuer'> {
  readonly name: AskedCertificate
}

function certificatesOf(root: VirtualDeviceRoot, device: VirtualDevice): readonly Asked[] {
  const chip = CHIPS[device.arch]
  const serialOf = (role: keyof typeof root & Chip['provisioner']) => keyIdentifier(root[role].key).subarray(0, 16)
  return [
    { name: 'brom', serialNumber: bromSerialNumber(chip, device.pdi), issuer: root[chip.provisioner] },
    { name: 'provisioner', serialNumber: serialOf(chip.provisioner), issuer: root[chip.identity] },
    { name: 'identity', serialNumber: serialOf(chip.identity), issuer: root.deviceRoot },
    { name: 'rimSigner', serialNumber: rimSignerSerial(root, chip), issuer: root[chip.rimSigning] },
    { name: 'rimSigning', serialNumber: serialOf(chip.rimSigning), issuer: root[chip.rimCa] },
    { name: 'rimCa', serialNumber: serialOf(chip.rimCa), issuer: root.rimRoot }
  ]
}

function answerAbout(
  { responderKey }: VirtualDeviceRoot,
  { name, serialNumber, issuer }: Asked,
  { statuses, ocspValid, ocspFaults, ocspNonce: nonce }: VirtualEndorsementOptions,
  now: Date
): readonly VirtualOcspAnswer[] {
  const status: OcspStatus | 'missing' = statuses[name] ?? 'good'
  if (status === 'missing') return []
  const { notBefore: thisUpdate, notAfter: nextUpdate } = dates(ocspValid, now)
  const fields = { serialNumber, issuer, responderKey, status, thisUpdate, nextUpdate, nonce, faults: ocspFaults }
  return [{ id: encodeHex(asInteger(serialNumber)), der: createVirtualOcsp(fields) }]
}

/** The contents of the INTEGER that a certificate has the number in. */
function asInteger(serialNumber: Uint8Array): Uint8Array {
  return new DerReader(derUnsigned(serialNumber)).integer('serialNumber')
}

function nameOf({ issuer, serialNumber }: Asked): string {
  return `${issuer.name.commonName} ${encodeHex(serialNumber)}`
}

/** One key signs for every product, under a certificate for each. */
function rimSignerSerial({ rimSignerKey }: VirtualDeviceRoot, { product }: Chip): Uint8Array {
  const name = sha256(encodeUtf8(product), keyIdentifier(rimSignerKey))
  return concatBytes(Uint8Array.of(0x41), name.subarray(0, 8))
}

function dates({ from, until }: Validity, now: Date): { readonly notBefore: Date; readonly notAfter: Date } {
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  return { notBefore: at(from), notAfter: at(until) }
}
