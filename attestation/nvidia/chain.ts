import type { DeviceArchitecture } from '../bundle.ts'
import { type PublicKey, sha256, sha256Hex } from '../crypto.ts'
import { DER_TAG, DerReader } from '../der.ts'
import { decodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { keepByDigest } from '../kept.ts'
import { decodePem } from '../pem.ts'
import { type Certificate, parseCertificate, parseSharedCertificate } from '../x509.ts'
import { type ChainCodes, verifyChain } from '../x509-chain.ts'
import { readFwid } from './fwid.ts'

const authentic = Symbol('authentic')

/**
 * A device that NVIDIA certified, whatever the date: it can be kept and used for many reports. Only
 * `authenticateDevice` makes one.
 */
export interface AuthenticDevice {
  readonly [authentic]: true
  /** Firmware's key (leaf), device identity, provisioner, product family, root. */
  readonly chain: readonly [
    leaf: Certificate,
    identity: Certificate,
    provisioner: Certificate,
    family: Certificate,
    root: Certificate
  ]
  readonly arch: DeviceArchitecture
  /** As the device identity certificate names it: `GH100`, `GB100`, `LS10`, … */
  readonly chip: string
  readonly leafKey: PublicKey
  /** SHA-256 of the leaf certificate (DER), which keysets name a device by. */
  readonly leafDigest: Uint8Array
  /** SHA-256 of the device identity's public key: the same for every firmware of one device, and no other's. */
  readonly identity: Uint8Array
  /** Per-device identifier, 16 upper-case hex digits; undefined where the certificate has none. */
  readonly pdi: string | undefined
  /** SHA-384 of the firmware that the leaf's key belongs to; undefined where the leaf names none. */
  readonly fwid: Uint8Array | undefined
}

const CODES: ChainCodes = {
  invalid: 'DEVICE_CHAIN_INVALID',
  incomplete: 'DEVICE_CHAIN_INVALID',
  untrusted: 'DEVICE_ROOT_UNTRUSTED'
}
const CHAIN_LENGTH = 5
/** Leaf and device identity; those above them are of many devices. */
const OWN_CERTIFICATES = 2
/** What the chips of an architecture are called. */
const CHIPS = {
  HOPPER: /^GH\d{3}$/,
  BLACKWELL: /^GB\d{3}$/,
  LS10: /^LS10$/
} as const satisfies Record<DeviceArchitecture, RegExp>
const SERIAL_NUMBER = '2.5.4.5'
/** One byte for the kind of device (GPU or switch), then the PDI. */
const DEVICE_SERIAL = /^(?:41|50)([0-9A-F]{16})$/
const MOST_KEPT = 1024

const keepDevice = keepByDigest<AuthenticDevice>(MOST_KEPT)

/**
 * Checks a device's chain: five certificates up to one of the roots; each name, signature, CA flag, path length and key
 * usage; a P-384 leaf for signing and not for issuing; the chip that the certificates name is of the architecture that is
 * claimed. Throws `DEVICE_CHAIN_INVALID`, `DEVICE_ROOT_UNTRUSTED`.
 */
export function authenticateDevice(
  pem: Uint8Array,
  arch: DeviceArchitecture,
  deviceRoots: readonly Uint8Array[]
): AuthenticDevice {
  const device = keepDevice([...deviceRoots, pem].map(sha256Hex).join(), () => authenticate(pem, deviceRoots))
  if (device.arch !== arch) throw invalid(`the chain of a ${device.chip} (${device.arch}), not of ${arch}`)
  return device
}

function authenticate(pem: Uint8Array, deviceRoots: readonly Uint8Array[]): AuthenticDevice {
  const roots = deviceRoots.map(parseSharedCertificate)
  const [leaf, identity, provisioner, family, root, ...more] = readChain(pem)
  const isWhole = leaf && identity && provisioner && family && root && more.length === 0
  if (!isWhole) throw invalid(`a device's chain is ${CHAIN_LENGTH} certificates`)
  const chain = [leaf, identity, provisioner, family, root] as const
  verifyChain(chain, roots, CODES)
  const isSigner = leaf.keyUsage.has('digitalSignature') && !leaf.isCa && leaf.curve === 'P-384'
  if (!isSigner) throw invalid(`${leaf.subject.commonName} is not for signing with ECDSA P-384`)
  const chip = chipOf(identity)
  if (chipOf(leaf) !== chip) throw invalid(`${leaf.subject.commonName} under ${identity.subject.commonName}`)
  return {
    [authentic]: true,
    ...{ chain, chip, arch: architectureOf(chip) },
    leafKey: leaf.publicKey,
    leafDigest: sha256(leaf.der),
    identity: sha256(identity.spki),
    pdi: pdiOf(identity),
    fwid: readFwid(leaf)
  }
}

function readChain(pem: Uint8Array): readonly Certificate[] {
  try {
    return decodePem(decodeUtf8(pem)).map((der, at) =>
      at < OWN_CERTIFICATES ? parseCertificate(der) : parseSharedCertificate(der)
    )
  } catch (cause) {
    throw new AttestationError('DEVICE_CHAIN_INVALID', 'the certificate chain cannot be read', { cause })
  }
}

/** The first word of the name; LS10 writes itself LS_10. */
function chipOf({ subject }: Certificate): string {
  return (subject.commonName.split(' ')[0] ?? '').replace('_', '')
}

function architectureOf(chip: string): DeviceArchitecture {
  const found = (Object.keys(CHIPS) as DeviceArchitecture[]).find((arch) => CHIPS[arch].test(chip))
  if (found === undefined) throw invalid(`"${chip}" is no chip that is known`)
  return found
}

function pdiOf({ subject }: Certificate): string | undefined {
  const name = new DerReader(subject.raw, 'DEVICE_CHAIN_INVALID').sequence('subject')
  while (!name.done) {
    const set = name.enter(DER_TAG.set, 'subject')
    const attribute = set.sequence('subject')
    const type = attribute.oid('subject')
    const { content } = attribute.any('subject')
    if (type === SERIAL_NUMBER) return DEVICE_SERIAL.exec(Buffer.from(content).toString('latin1'))?.[1]
  }
  return undefined
}

function invalid(message: string): AttestationError {
  return new AttestationError('DEVICE_CHAIN_INVALID', message)
}
