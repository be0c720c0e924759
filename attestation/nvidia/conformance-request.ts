import type { DeviceArchitecture } from '../bundle.ts'
import { decodeBase64 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { JsonMembers } from '../tdx/json-members.ts'
import type { DevicesEvidence } from './assess.ts'
import type { TopologyRule } from './topology.ts'

/** A case of `verify-attestation-nvidia`, read. What reports and endorsements hold is the verifier's to judge. */
export interface NvidiaRequest extends DevicesEvidence {
  readonly now: Date
  readonly policy: NvidiaCasePolicy
}

export interface NvidiaCasePolicy {
  readonly requireRim: boolean
  readonly requireOcsp: boolean
  readonly topology: TopologyRule
  readonly acceptExpiredRimCertificate: boolean
}

/** The case asks for what is not done here: exit 20. */
export class UnsupportedCase extends Error {}

export const NVIDIA_POLICY_MEMBERS = ['require_rim', 'require_ocsp', 'topology', 'accepted_rim_cert_expired'] as const

const MAX_REQUEST = 16 * 1024 * 1024
const MAX_DEVICES = 64
const MAX_RIMS = 64
const MAX_OCSP = 1024
const ARCHITECTURES: readonly DeviceArchitecture[] = ['HOPPER', 'BLACKWELL', 'LS10']
const TOPOLOGIES: readonly TopologyRule[] = ['any', 'single', 'ppcie']
const NONCE_LENGTH = 32
const MAX_UNIX_TIME = 8_640_000_000_000
const CODE = 'POLICY_MALFORMED'

/** Malformed input is `POLICY_MALFORMED`, whatever part of it; an architecture or policy member unknown is unsupported. */
export function parseNvidiaRequest(text: string): NvidiaRequest {
  if (text.length > MAX_REQUEST) throw malformed(`${text.length} characters, at most ${MAX_REQUEST}`)
  const request = JsonMembers.parse(text, CODE)
  if (request.text('schema_version') !== '1') throw malformed('schema_version is not "1"')
  return {
    devices: request.objects('devices', MAX_DEVICES).map(readDevice),
    rims: request.has('rims') ? readList(request, 'rims', MAX_RIMS) : [],
    ocsp: request.has('ocsp') ? readList(request, 'ocsp', MAX_OCSP) : [],
    crls: [],
    now: new Date(request.integer('now_unix', MAX_UNIX_TIME) * 1000),
    policy: readPolicy(request.has('policy') ? request.object('policy') : new JsonMembers({}, CODE))
  }
}

function readDevice(device: JsonMembers): DevicesEvidence['devices'][number] {
  const arch = ARCHITECTURES.find((known) => known === device.text('arch'))
  if (arch === undefined) throw new UnsupportedCase(`arch ${device.text('arch')}`)
  return {
    evidence: {
      arch,
      evidence: base64(device.text('evidence'), 'evidence'),
      certificate: base64(device.text('certificate'), 'certificate')
    },
    nonce: device.hex('nonce', NONCE_LENGTH)
  }
}

function readPolicy(policy: JsonMembers): NvidiaCasePolicy {
  const known: ReadonlySet<string> = new Set(NVIDIA_POLICY_MEMBERS)
  const unknown = policy.names().find((name) => !known.has(name))
  if (unknown !== undefined) throw new UnsupportedCase(`policy.${unknown}`)
  const flag = (member: string, otherwise: boolean) => (policy.has(member) ? policy.flag(member) : otherwise)
  return {
    requireRim: flag('require_rim', true),
    requireOcsp: flag('require_ocsp', true),
    topology: policy.has('topology') ? readTopology(policy.text('topology')) : 'any',
    acceptExpiredRimCertificate: flag('accepted_rim_cert_expired', false)
  }
}

function readTopology(text: string): TopologyRule {
  const topology = TOPOLOGIES.find((known) => known === text)
  if (topology === undefined) throw new UnsupportedCase(`topology ${text}`)
  return topology
}

function readList(request: JsonMembers, member: string, most: number): readonly Uint8Array[] {
  return request.texts(member, most).map((text) => base64(text, member))
}

function base64(text: string, member: string): Uint8Array {
  try {
    return decodeBase64(text)
  } catch (cause) {
    throw malformed(`${member} is not base64`, cause)
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError(CODE, message, { cause })
}
