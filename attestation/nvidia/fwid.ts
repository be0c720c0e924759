import { DER_TAG, DerReader } from '../der.ts'
import { AttestationError } from '../errors.ts'
import type { Certificate } from '../x509.ts'

/** TCG DICE: the extension that Hopper and LS10 leaves have (CompositeDeviceID), and the one of Blackwell's (TcbInfo). */
const COMPOSITE_DEVICE_ID = '2.23.133.5.4.1'
const TCB_INFO = '2.23.133.5.4.1.1'
const SHA384 = '2.16.840.1.101.3.4.2.2'
const SHA384_LENGTH = 48
/** DiceTcbInfo.fwids, [6] IMPLICIT. */
const FWIDS = 0xa6

/**
 * The SHA-384 of the firmware that a leaf's key belongs to; undefined where the certificate names none. Throws
 * `DEVICE_CHAIN_INVALID` for an extension that cannot be read.
 */
export function readFwid(leaf: Certificate): Uint8Array | undefined {
  const composite = leaf.extensions.get(COMPOSITE_DEVICE_ID)
  if (composite !== undefined) return readCompositeDeviceId(composite.value)
  const tcbInfo = leaf.extensions.get(TCB_INFO)
  return tcbInfo === undefined ? undefined : readTcbInfo(tcbInfo.value)
}

/** SEQUENCE { version 1, device key, FWID }. */
function readCompositeDeviceId(value: Uint8Array): Uint8Array {
  const outer = new DerReader(value, 'DEVICE_CHAIN_INVALID')
  const id = outer.sequence('CompositeDeviceID')
  outer.end('CompositeDeviceID')
  if (id.smallInteger(1, 'version') !== 1) throw id.refuse('CompositeDeviceID of another version')
  id.sequence('device key')
  const fwid = readFirmwareId(id)
  id.end('FWID')
  return fwid
}

/** The first of the FWIDs is the firmware's that made the key; a field before it that is absent is not in the DER. */
function readTcbInfo(value: Uint8Array): Uint8Array | undefined {
  const outer = new DerReader(value, 'DEVICE_CHAIN_INVALID')
  const info = outer.sequence('DiceTcbInfo')
  outer.end('DiceTcbInfo')
  while (!info.done) {
    const field = info.any('DiceTcbInfo')
    if (field.tag === FWIDS) return readFirmwareId(info.within(field))
  }
  return undefined
}

function readFirmwareId(reader: DerReader): Uint8Array {
  const fwid = reader.sequence('FWID')
  const algorithm = fwid.oid('FWID algorithm')
  const { content } = fwid.expect(DER_TAG.octetString, 'FWID digest')
  fwid.end('FWID digest')
  if (algorithm !== SHA384 || content.byteLength !== SHA384_LENGTH) {
    throw new AttestationError('DEVICE_CHAIN_INVALID', `FWID of ${algorithm}, ${content.byteLength} bytes`)
  }
  return content
}
