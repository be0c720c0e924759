import type { DeviceArchitecture, DeviceEvidence } from '../../attestation/bundle.ts'
import { decodeUtf8, encodeBase64, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import type { RemoteIssuer } from '../../attestation/remote-opinion.ts'
import { ServiceError } from '../runtime/errors.ts'
import { type HttpLimits, httpGet, httpRequest } from './http.ts'

/** NVIDIA's remote attestation service (NRAS), or one in its place. */
export interface NrasConfig {
  /** `https://host[:port]`, which is what its tokens name as their issuer too. */
  readonly nrasUrl: string
  readonly serviceKey?: string
  readonly limits: HttpLimits
}

export const NVIDIA_NRAS_URL = 'https://nras.attestation.nvidia.com'

/** Devices, with the nonce that they all answer. */
export interface OpinionWants {
  readonly nonce: Uint8Array
  readonly devices: readonly DeviceEvidence[]
}

/** What the service says, unverified, with the keys that it publishes. */
export interface GivenOpinion {
  /** Detached EATs, as text. */
  readonly eats: readonly string[]
  readonly from: RemoteIssuer
}

const CLAIMS_VERSION = '3.0'

/**
 * Asks for an opinion on devices, one question an architecture, and then for the issuer's keys, which may have changed
 * with the answer. Throws `COLLATERAL_UNAVAILABLE`.
 */
export async function askNras(
  { nonce, devices }: OpinionWants,
  config: NrasConfig,
  signal: AbortSignal
): Promise<GivenOpinion> {
  const architectures = [...new Set(devices.map(({ arch }) => arch))]
  const eats = await Promise.all(
    architectures.map((arch) => {
      const question = encodeQuestion(arch, nonce, devices)
      return post(arch === 'LS10' ? '/v4/attest/switch' : '/v4/attest/gpu', question, config, signal)
    })
  )
  const { nrasUrl, limits } = config
  const keys = await httpGet(new URL('/.well-known/jwks.json', nrasUrl), limits, signal)
  return { eats, from: { issuer: new URL(nrasUrl).origin, keySet: readText(keys.body) } }
}

function encodeQuestion(arch: DeviceArchitecture, nonce: Uint8Array, devices: readonly DeviceEvidence[]): Uint8Array {
  const evidence = devices
    .filter((device) => device.arch === arch)
    .map((device) => ({
      evidence: encodeBase64(device.evidence),
      certificate: encodeBase64(device.certificate)
    }))
  return encodeUtf8(
    JSON.stringify({ nonce: encodeHex(nonce), arch, claims_version: CLAIMS_VERSION, evidence_list: evidence })
  )
}

async function post(
  path: string,
  body: Uint8Array,
  { nrasUrl, serviceKey, limits }: NrasConfig,
  signal: AbortSignal
): Promise<string> {
  const key = serviceKey === undefined ? {} : { authorization: `Bearer ${serviceKey}` }
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...key }
  return readText((await httpRequest({ url: new URL(path, nrasUrl), headers, body }, limits, signal)).body)
}

function readText(body: Uint8Array): string {
  try {
    return decodeUtf8(body)
  } catch (cause) {
    throw new ServiceError(
      'COLLATERAL_UNAVAILABLE',
      'the remote attestation service answers in something else than UTF-8',
      {
        cause
      }
    )
  }
}
