import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { decodeBase64, decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { authenticateRim } from '../../attestation/nvidia/rim-verify.ts'
import { JsonMembers } from '../../attestation/tdx/json-members.ts'
import { type HttpLimits, httpRequest } from './http.ts'

/** NVIDIA's RIM service, or one in its place. */
export interface RimServiceConfig {
  /** `https://host[:port]`. */
  readonly url: string
  /** NVIDIA asks for none, and serves those who have one first. */
  readonly serviceKey?: string
  readonly limits: HttpLimits
}

export const NVIDIA_RIM_URL = 'https://rim.attestation.nvidia.com'

/**
 * Fetches a manifest (XML) by its id, and takes it only if it is signed under one of the roots: what a service serves
 * otherwise must not take the place of what is held. Throws `NOT_FOUND`, `COLLATERAL_UNAVAILABLE`, `COLLATERAL_MALFORMED` and
 * the codes of `authenticateRim`.
 */
export async function fetchRim(
  id: string,
  { url, serviceKey, limits }: RimServiceConfig,
  rimRoots: readonly Uint8Array[],
  signal: AbortSignal
): Promise<Uint8Array> {
  const headers = serviceKey === undefined ? {} : { authorization: `Bearer ${serviceKey}` }
  const { body } = await httpRequest({ url: new URL(`/v1/rim/${id}`, url), headers }, limits, signal)
  const rim = parseRimReply(body, id)
  authenticateRim(rim, rimRoots)
  return rim
}

/** Reads `{"id","rim","sha256",…}`: the manifest in base64, with its digest. Throws `COLLATERAL_MALFORMED`. */
function parseRimReply(body: Uint8Array, id: string): Uint8Array {
  const reply = JsonMembers.parse(readText(body), 'COLLATERAL_MALFORMED')
  if (reply.text('id') !== id) throw malformed(`${id} was asked for, and another came`)
  const base64 = reply.text('rim')
  const rim = readRim(base64)
  const digest = reply.hex('sha256', 32)
  // NVIDIA does not say which of the two the digest is of; what vouches for a manifest is its own signature.
  const isWhole = [rim, encodeUtf8(base64)].some((bytes) => equalBytes(sha256(bytes), digest))
  if (!isWhole) throw malformed('its digest is of something else')
  return rim
}

function readText(body: Uint8Array): string {
  try {
    return decodeUtf8(body)
  } catch (cause) {
    throw malformed('not UTF-8', cause)
  }
}

function readRim(base64: string): Uint8Array {
  try {
    return decodeBase64(base64)
  } catch (cause) {
    throw malformed('not base64', cause)
  }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('COLLATERAL_MALFORMED', `manifest: ${message}`, { cause })
}
