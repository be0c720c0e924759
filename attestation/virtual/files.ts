import {
  base64,
  constant,
  hex,
  integer,
  list,
  object,
  oneOf,
  type Shape,
  ShapeError,
  text
} from '../appraisal/shape.ts'
import { decodePrivateKey, encodePrivateKey, type PrivateKey } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import { decodeJcs, encodeJcs } from '../jcs.ts'
import { QUOTE_FAULTS, type VirtualPlatform } from './platform.ts'
import type { VirtualRoot } from './root.ts'
import type { VirtualTdFields } from './td.ts'

const MAX_FILE_BYTES = 256 * 1024

/** PKCS #8 in base64. */
export const privateKey: Shape<PrivateKey> = {
  schema: base64(256).schema,
  read(value, at) {
    try {
      return decodePrivateKey(base64(256).read(value, at))
    } catch (cause) {
      throw new ShapeError(at, 'a private key in PKCS #8 wanted', { cause })
    }
  },
  write: (value) => base64(256).write(encodePrivateKey(value))
}

const rtmrs: Shape<VirtualTdFields['rtmrs']> = {
  schema: list(hex(48), 4).schema,
  read(value, at) {
    const [rtmr0, rtmr1, rtmr2, rtmr3] = list(hex(48), 4).read(value, at)
    if (!rtmr0 || !rtmr1 || !rtmr2 || !rtmr3) throw new ShapeError(at, 'four registers wanted')
    return [rtmr0, rtmr1, rtmr2, rtmr3]
  },
  write: (value) => list(hex(48), 4).write(value)
}

const issuer = object({ certificate: base64(4096), key: privateKey })

const rootShape = object({
  kind: constant('bombyx-virtual-root'),
  platform: issuer,
  processor: issuer,
  root: issuer,
  tcbSigning: issuer,
  v: constant(1)
})

const platformShape = object({
  attestationKey: privateKey,
  ca: oneOf(['platform', 'processor']),
  faults: list(oneOf(QUOTE_FAULTS), QUOTE_FAULTS.length),
  fmspc: hex(6),
  kind: constant('bombyx-virtual-platform'),
  pckChain: text('^-----BEGIN CERTIFICATE-----', 16 * 1024),
  pceId: hex(2),
  pckKey: privateKey,
  qe: object({
    attributes: hex(16),
    isvProdId: integer(0, 0xffff),
    isvSvn: integer(0, 0xffff),
    miscSelect: integer(0, 0xffff_ffff),
    mrSigner: hex(32)
  }),
  tcb: object({ pceSvn: integer(0, 0xffff), sgxComponents: hex(16), teeTcbSvn: hex(16), teeTcbSvn2: hex(16) }),
  td: object({
    mrConfigId: hex(48),
    mrOwner: hex(48),
    mrOwnerConfig: hex(48),
    mrSeam: hex(48),
    mrServiceTd: hex(48),
    mrSignerSeam: hex(48),
    mrTd: hex(48),
    rtmrs,
    seamAttributes: hex(8),
    tdAttributes: hex(8),
    tdVersion: oneOf(['1.0', '1.5']),
    version: oneOf([4, 5]),
    xfam: hex(8)
  }),
  v: constant(1)
})

/** JSON (RFC 8785) with every private key in it: a secret of whoever runs the virtual hierarchy. */
export function encodeVirtualRoot(root: VirtualRoot): Uint8Array {
  return encodeJcs(rootShape.write({ ...root, kind: 'bombyx-virtual-root', v: 1 }))
}

/** Reads what `encodeVirtualRoot` wrote. Throws `JCS_MALFORMED`. */
export function parseVirtualRoot(bytes: Uint8Array): VirtualRoot {
  const { root, platform, processor, tcbSigning } = readVirtualFile(rootShape, bytes)
  return { root, platform, processor, tcbSigning }
}

/** JSON (RFC 8785) with the platform's two private keys in it: the file that a virtual host is given. */
export function encodeVirtualPlatform(platform: VirtualPlatform): Uint8Array {
  return encodeJcs(platformShape.write({ ...platform, kind: 'bombyx-virtual-platform', v: 1 }))
}

/** Reads what `encodeVirtualPlatform` wrote. Throws `JCS_MALFORMED`. */
export function parseVirtualPlatform(bytes: Uint8Array): VirtualPlatform {
  const { kind: _kind, v: _v, ...platform } = readVirtualFile(platformShape, bytes)
  return platform
}

/** Reads a document of this shape, at most 256 KiB. Throws `JCS_MALFORMED`. */
export function readVirtualFile<T>(shape: Shape<T>, bytes: Uint8Array): T {
  try {
    return shape.read(decodeJcs(bytes, MAX_FILE_BYTES), '')
  } catch (cause) {
    if (!(cause instanceof ShapeError)) throw cause
    throw new AttestationError('JCS_MALFORMED', cause.message, { cause })
  }
}
