import type { DeviceArchitecture } from '../bundle.ts'
import { generateEc, type PrivateKey, sha256, sha384 } from '../crypto.ts'
import {
  derContext,
  derContextPrimitive,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derTagged,
  derUtf8
} from '../der-writer.ts'
import { concatBytes, encodeHex, encodeUtf8 } from '../encoding.ts'
import { encodePem } from '../pem.ts'
import { CHIPS, type Chip } from './chips.ts'
import {
  createDeviceCertificate,
  type DeviceIssuer,
  extension,
  keyIdentifier,
  NO_END,
  serialNumberOfDevice,
  subjectPublicKeyInfo
} from './device-certificates.ts'
import {
  createVirtualDeviceRoot,
  generateVirtualDeviceRootKeys,
  issuersOf,
  type VirtualDeviceRoot
} from './device-root.ts'

/** What is wrong with a finished report or chain: a bit turned, another's signature, a part left out, another nonce. */
export const DEVICE_FAULTS = [
  'other-nonce',
  'signature',
  'measurement',
  'opaque',
  'signed-by-stranger',
  'truncated',
  'chain-without-root',
  'chain-out-of-order',
  'leaf-by-stranger'
] as const

export type DeviceFault = (typeof DEVICE_FAULTS)[number]

/** FEATURE_FLAG: one GPU passed through, several, or several with all of PCIe protected. */
export const DEVICE_FEATURES = { single: 0, multiple: 1, 'protected-pcie': 2 } as const

export type DeviceFeature = keyof typeof DEVICE_FEATURES

export interface VirtualDeviceOptions {
  readonly arch: DeviceArchitecture
  /** As the report says it; a switch has none (''). Empty: the chip's own. */
  readonly driverVersion: string
  /** `96.00.A5.00.01`. Empty: the chip's own. */
  readonly vbiosVersion: string
  readonly feature: DeviceFeature
  /** 8 bytes that name the device on NVLink; empty derives them from its key. */
  readonly pdi: Uint8Array
  /** PDIs: the switch at the end of each of a GPU's links, or the GPUs of a switch. */
  readonly peers: readonly Uint8Array[]
  /** Which of the machine's switches this is. */
  readonly position: number
  /** Indices, counting from 0, at which something else is measured than any manifest says. */
  readonly changedMeasurements: readonly number[]
  /** Opaque fields by type: other contents than usual, or null for none. */
  readonly opaque: readonly OpaqueChange[]
  /** The firmware's identity in the report: the leaf's, none, or another. */
  readonly fwid: 'same' | 'absent' | 'other'
  /** The whole chain under a root that no policy names. */
  readonly strangerRoot: boolean
  readonly faults: readonly DeviceFault[]
}

export interface OpaqueChange {
  readonly type: number
  readonly data: Uint8Array | null
}

/** What a virtual host is given of a device: it can report, and holds no key of the root's. */
export interface VirtualDevice extends Omit<VirtualDeviceOptions, 'strangerRoot'> {
  readonly key: PrivateKey
  /** PEM: leaf, boot ROM, provisioner, identity CA, root. */
  readonly chain: string
  /** 48 bytes: the hash of the firmware that the leaf's key is bound to. */
  readonly firmwareId: Uint8Array
}

/** P-384: what the boot ROM certifies with, and what the device reports with. */
export interface VirtualDeviceKeys {
  readonly brom: PrivateKey
  readonly device: PrivateKey
}

/** One device as it comes: up to date, alone, nothing wrong with it. */
export const VIRTUAL_DEVICE: Omit<VirtualDeviceOptions, 'arch'> = {
  driverVersion: '',
  vbiosVersion: '',
  feature: 'single',
  pdi: new Uint8Array(0),
  peers: [],
  position: 0,
  changedMeasurements: [],
  opaque: [],
  fwid: 'same',
  strangerRoot: false,
  faults: []
}

const DAY_MS = 24 * 3600 * 1000
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17'
/** DMTF's name for a device: manufacturer, product and serial number. */
const DEVICE_INFORMATION = '1.3.6.1.4.1.412.274.1'
/** TCG DICE: CompositeDeviceID of Hopper and its switches, TcbInfo of Blackwell. */
export const DICE_EXTENSION = { composite: '2.23.133.5.4.1', tcbInfo: '2.23.133.5.4.1.1' } as const
const SHA384 = derOid('2.16.840.1.101.3.4.2.2')

export function generateVirtualDeviceKeys(): VirtualDeviceKeys {
  return { brom: generateEc('P-384'), device: generateEc('P-384') }
}

/** A device certified by `root`, by default with keys of its own. */
export function createVirtualDevice(
  root: VirtualDeviceRoot,
  options: Partial<VirtualDeviceOptions> & Pick<VirtualDeviceOptions, 'arch'>,
  now: Date,
  keys: VirtualDeviceKeys = generateVirtualDeviceKeys()
): VirtualDevice {
  const { strangerRoot, ...given } = { ...VIRTUAL_DEVICE, ...options }
  const chip = CHIPS[given.arch]
  const hierarchy = strangerRoot ? createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), now) : root
  const pdi = given.pdi.byteLength === 0 ? pdiOf(keys) : given.pdi
  const firmwareId = sha384(encodeUtf8(`Bombyx Virtual ${chip.engine} FMC`))
  return {
    ...given,
    pdi,
    driverVersion: given.driverVersion || chip.driverVersion,
    vbiosVersion: given.vbiosVersion || chip.vbiosVersion,
    key: keys.device,
    firmwareId,
    chain: createChain({ hierarchy, chip, keys, pdi, firmwareId, faults: given.faults, now })
  }
}

/** The PDI of a device with these keys, where none is given. */
export function pdiOf(keys: VirtualDeviceKeys): Uint8Array {
  return sha256(keyIdentifier(keys.brom)).slice(0, 8)
}

/** The number of the boot ROM's certificate, which a device's PDI is part of. */
export function bromSerialNumber(chip: Chip, pdi: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(chip.bromPrefix), pdi)
}

interface ChainParts {
  readonly hierarchy: VirtualDeviceRoot
  readonly chip: Chip
  readonly keys: VirtualDeviceKeys
  readonly pdi: Uint8Array
  readonly firmwareId: Uint8Array
  readonly faults: readonly DeviceFault[]
  readonly now: Date
}

function createChain({ hierarchy, chip, keys, pdi, firmwareId, faults, now }: ChainParts): string {
  const notBefore = new Date(now.getTime() - DAY_MS)
  const dates = { notBefore, notAfter: NO_END }
  const bromSerial = bromSerialNumber(chip, pdi)
  const provisioner = hierarchy[chip.provisioner]
  const bromName = {
    commonName: `${chip.engine} BROM, Bombyx Virtual`,
    serialNumber: encodeHex(bromSerial).toUpperCase()
  }
  const bromFields = { ...dates, subject: bromName, role: 'brom', key: keys.brom, serialNumber: bromSerial } as const
  const certificate = createDeviceCertificate(bromFields, provisioner)
  const bromKey = faults.includes('leaf-by-stranger') ? generateEc('P-384') : keys.brom
  const leaf = createLeaf({ name: bromName, key: bromKey, certificate }, { chip, keys, pdi, firmwareId, ...dates })
  const authorities = [provisioner, ...issuersOf(hierarchy, chip.provisioner)].map((issuer) => issuer.certificate)
  const chain = [leaf, certificate, ...authorities]
  if (faults.includes('chain-out-of-order')) chain.reverse()
  return encodePem(faults.includes('chain-without-root') ? chain.slice(0, -1) : chain)
}

type LeafParts = Pick<ChainParts, 'chip' | 'keys' | 'pdi' | 'firmwareId'> & {
  readonly notBefore: Date
  readonly notAfter: Date
}

function createLeaf(issuer: DeviceIssuer, { chip, keys, pdi, firmwareId, ...dates }: LeafParts): Uint8Array {
  const serialNumber = serialNumberOfDevice(keys.device)
  const subject = {
    commonName: `${chip.engine} FMC LF, Bombyx Virtual`,
    serialNumber: encodeHex(serialNumber).toUpperCase()
  }
  const information = derUtf8(`Bombyx Virtual:${chip.label}:${encodeHex(pdi).toUpperCase()}`)
  const otherName = derContext(0, concatBytes(derOid(DEVICE_INFORMATION), derContext(0, information)))
  const extensions = [
    extension(SUBJECT_ALTERNATIVE_NAME, derSequence(otherName)),
    firmwareExtension(chip, keys, firmwareId)
  ]
  return createDeviceCertificate(
    { ...dates, subject, role: 'signer', key: keys.device, serialNumber, extensions },
    issuer
  )
}

/** What binds the leaf's key to the firmware that holds it. */
function firmwareExtension(chip: Chip, keys: VirtualDeviceKeys, firmwareId: Uint8Array): Uint8Array {
  const fwid = (value: Uint8Array) => derSequence(SHA384, derOctetString(value))
  if (chip.product !== 'GB100') {
    const composite = derSequence(derInteger(1), subjectPublicKeyInfo(keys.device), fwid(firmwareId))
    return extension(DICE_EXTENSION.composite, composite)
  }
  const tcbInfo = derSequence(
    derContextPrimitive(0, encodeUtf8('Bombyx Virtual')),
    derContextPrimitive(1, encodeUtf8(chip.engine)),
    derContextPrimitive(2, encodeUtf8('01')),
    derContextPrimitive(3, Uint8Array.of(1)),
    derContextPrimitive(4, Uint8Array.of(0)),
    derContextPrimitive(5, Uint8Array.of(0)),
    derTagged(0xa6, concatBytes(fwid(firmwareId), fwid(new Uint8Array(48)))),
    derContextPrimitive(7, new Uint8Array(5)),
    derContextPrimitive(8, Uint8Array.of(0xc0)),
    derContextPrimitive(9, Uint8Array.of(0))
  )
  return extension(DICE_EXTENSION.tcbInfo, tcbInfo)
}
