import type { DeviceArchitecture } from '../bundle.ts'
import { decodeBase64, decodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { JsonMembers } from '../tdx/json-members.ts'
import type { DevicesEvidence } from './assess.ts'

type Devices = DevicesEvidence['devices']

const MAX_DOCUMENT = 16 * 1024 * 1024
const MAX_DEVICES = 64
const NONCE_LENGTH = 32
const ARCHITECTURES: readonly DeviceArchitecture[] = ['HOPPER', 'BLACKWELL', 'LS10']

/**
 * Reads evidence as NVIDIA's tools write it: a list of `{arch, nonce, evidence, certificate}`, or an object with `arch`,
 * `nonce` and an `evidence_list` of `{evidence, certificate}`; nonce in hex, the rest in base64. Other members are ignored.
 * Throws `REPORT_MALFORMED`.
 */
export function parseDeviceEvidence(document: Uint8Array): Devices {
  if (document.byteLength > MAX_DOCUMENT) throw malformed(`${document.byteLength} bytes, at most ${MAX_DOCUMENT}`)
  let value: unknown
  try {
    value = JSON.parse(decodeUtf8(document))
  } catch (cause) {
    throw malformed('not JSON in UTF-8', cause)
  }
  const devices = Array.isArray(value) ? readList(value) : readObject(new JsonMembers(value, 'REPORT_MALFORMED'))
  if (devices.length === 0 || devices.length > MAX_DEVICES) throw malformed(`${devices.length} devices`)
  return devices
}

function readList(list: readonly unknown[]): Devices {
  return list.map((item) => {
    const device = new JsonMembers(item, 'REPORT_MALFORMED', 'device')
    return readDevice(device, device)
  })
}

function readObject(document: JsonMembers): Devices {
  return document.objects('evidence_list', MAX_DEVICES).map((device) => readDevice(device, document))
}

function readDevice(device: JsonMembers, shared: JsonMembers): Devices[number] {
  const arch = ARCHITECTURES.find((known) => known === shared.text('arch'))
  if (arch === undefined) throw malformed(`architecture ${shared.text('arch')} is not known`)
  return {
    evidence: { arch, evidence: readBase64(device, 'evidence'), certificate: readBase64(device, 'certificate') },
    nonce: shared.hex('nonce', NONCE_LENGTH)
  }
}

function readBase64(device: JsonMembers, member: string): Uint8Array {
  try {
    return decodeBase64(device.text(member))
  } catch (cause) {
    throw malformed(`${member} is not base64`, cause)
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('REPORT_MALFORMED', message, { cause })
}
