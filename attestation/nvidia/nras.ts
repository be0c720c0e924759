import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { equalBytes, sha256 } from '../crypto.ts'
import { decodeHex, encodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import type { VerifiedDevice } from './device.ts'

const verified = Symbol('verified')

/** A detached EAT bundle of NVIDIA's remote attestation service, as it was served: nothing in it is to be believed. */
export interface DetachedEat {
  /** Compact JWT with the overall result and the digest of each submodule. */
  readonly overall: string
  /** By name (`GPU-0`, `SWITCH-0`, …), a compact JWT for each device. */
  readonly submodules: ReadonlyMap<string, string>
}

/** What the service says of one device. */
export interface RemoteDeviceOpinion {
  /** The serial number of the device's leaf certificate, in decimal. */
  readonly ueid: string
  readonly claims: Readonly<Record<string, unknown>>
}

/** The service's opinion of devices that answered one nonce: a second one, which never overrules a refusal here. */
export interface RemoteOpinion {
  readonly [verified]: true
  readonly nonce: Uint8Array
  readonly devices: readonly RemoteDeviceOpinion[]
  readonly notAfter: Date
}

/** Whose word is taken, for which nonce, at which time. */
export interface RemoteExpectations {
  /** For example `https://nras.attestation.nvidia.com`. */
  readonly issuer: string
  /** The issuer's JWK set (RFC 7517) as text, had from the issuer itself. */
  readonly keySet: string
  readonly nonce: Uint8Array
  readonly now: Date
}

const MAX_TOKEN = 1 << 20
const MAX_SUBMODULES = 16

/** Reads `[["JWT", overall], {name: JWT, …}]`. Throws `NRAS_TOKEN_INVALID`. */
export function parseDetachedEat(text: string): DetachedEat {
  if (text.length > MAX_TOKEN) throw invalid(`${text.length} characters, at most ${MAX_TOKEN}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid('not JSON', cause)
  }
  if (!Array.isArray(value) || value.length !== 2) throw invalid('not a pair of token and submodules')
  const [head, tail]: unknown[] = value
  if (!Array.isArray(head) || head.length !== 2 || head[0] !== 'JWT' || typeof head[1] !== 'string') {
    throw invalid('no overall token')
  }
  if (typeof tail !== 'object' || tail === null || Array.isArray(tail)) throw invalid('no submodules')
  const submodules = Object.entries(tail)
  const isTokens = submodules.every((entry): entry is [string, string] => typeof entry[1] === 'string')
  if (!isTokens || submodules.length === 0 || submodules.length > MAX_SUBMODULES) {
    throw invalid(`${submodules.length} submodules`)
  }
  return { overall: head[1], submodules: new Map(submodules) }
}

/**
 * Verifies a detached EAT: (1) the overall token is signed with ES384 by a key of the issuer, in date, its result true, its
 * nonce the expected one; (2) it has the digest of each submodule that is here, and of no other; (3) each submodule is
 * signed, in date and of this nonce too, and its measurements match. Throws `NRAS_TOKEN_INVALID`.
 */
export async function verifyDetachedEat(eat: DetachedEat, expected: RemoteExpectations): Promise<RemoteOpinion> {
  const overall = await verifyToken(eat.overall, expected)
  if (overall['x-nvidia-overall-att-result'] !== true) throw invalid('the overall result is not true')
  checkDigests(overall, eat)
  const devices: RemoteDeviceOpinion[] = []
  let notAfter = expiryOf(overall)
  for (const [name, token] of eat.submodules) {
    const claims = await verifyToken(token, expected)
    devices.push(readOpinion(name, claims))
    notAfter = Math.min(notAfter, expiryOf(claims))
  }
  return { [verified]: true, nonce: expected.nonce, devices, notAfter: new Date(notAfter * 1000) }
}

/** The opinion of several detached EATs on one nonce: the service gives one on GPUs of an architecture, and one on switches. */
export async function verifyDetachedEats(
  texts: readonly string[],
  expected: RemoteExpectations
): Promise<RemoteOpinion> {
  const opinions = await Promise.all(texts.map((text) => verifyDetachedEat(parseDetachedEat(text), expected)))
  if (opinions.length === 0) throw invalid('none')
  return {
    [verified]: true,
    nonce: expected.nonce,
    devices: opinions.flatMap(({ devices }) => devices),
    notAfter: new Date(Math.min(...opinions.map(({ notAfter }) => notAfter.getTime())))
  }
}

/** Why the service's opinion does not stand behind these devices; empty when it does. */
export function opinionFaults(
  opinion: RemoteOpinion | AttestationError | null,
  devices: readonly VerifiedDevice[],
  nonce: Uint8Array
): readonly string[] {
  if (opinion === null) return ['no opinion of the remote service']
  if (opinion instanceof AttestationError) return [opinion.message]
  if (!equalBytes(opinion.nonce, nonce)) return ['an opinion on another nonce']
  const known = new Set(opinion.devices.map(({ ueid }) => ueid))
  return devices
    .filter(({ device }) => !known.has(BigInt(`0x${device.chain[0].serialNumber}`).toString()))
    .map(({ device }) => `no opinion on ${device.chain[0].subject.commonName}`)
}

async function verifyToken(token: string, { issuer, keySet, nonce, now }: RemoteExpectations): Promise<JWTPayload> {
  let claims: JWTPayload
  try {
    const keys = createLocalJWKSet(JSON.parse(keySet) as JSONWebKeySet)
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['ES384'],
      issuer,
      currentDate: now,
      requiredClaims: ['iat', 'exp', 'nbf', 'eat_nonce']
    })
    claims = payload
  } catch (cause) {
    throw invalid('signature, issuer or dates are not as expected', cause)
  }
  const carried = claims['eat_nonce']
  if (typeof carried !== 'string' || !equalBytes(readNonce(carried), nonce)) throw invalid('made for another nonce')
  return claims
}

function checkDigests(overall: JWTPayload, { submodules }: DetachedEat): void {
  const digests = overall['submods']
  if (typeof digests !== 'object' || digests === null) throw invalid('no digests of submodules')
  const entries = Object.entries(digests)
  if (entries.length !== submodules.size) throw invalid(`${entries.length} digests, ${submodules.size} submodules`)
  for (const [name, digest] of entries) {
    const token = submodules.get(name)
    if (token === undefined) throw invalid(`submodule ${name} is not there`)
    if (!equalBytes(readDigest(digest), sha256(encodeUtf8(token)))) throw invalid(`submodule ${name} is another`)
  }
}

/** `["DIGEST", ["SHA-256", hex]]`. */
function readDigest(value: unknown): Uint8Array {
  const [kind, digest]: unknown[] = Array.isArray(value) ? value : []
  const [algorithm, hex]: unknown[] = Array.isArray(digest) ? digest : []
  if (kind !== 'DIGEST' || algorithm !== 'SHA-256' || typeof hex !== 'string') throw invalid('a digest of another form')
  return readNonce(hex)
}

function readOpinion(name: string, claims: JWTPayload): RemoteDeviceOpinion {
  const { ueid, measres } = claims
  if (typeof ueid !== 'string') throw invalid(`${name} names no device`)
  if (measres !== 'success') throw invalid(`${name}: measurements ${String(measres)}`)
  return { ueid, claims }
}

function readNonce(hex: string): Uint8Array {
  try {
    return decodeHex(hex)
  } catch (cause) {
    throw invalid('not hex', cause)
  }
}

function expiryOf({ exp }: JWTPayload): number {
  if (exp === undefined) throw invalid('no end')
  return exp
}

function invalid(message: string, cause?: unknown): AttestationError {
  return new AttestationError('NRAS_TOKEN_INVALID', `remote attestation: ${message}`, { cause })
}
