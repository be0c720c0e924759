import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  hash as nodeHash,
  sign as nodeSign,
  verify as nodeVerify,
  timingSafeEqual
} from 'node:crypto'
import { concatBytes, encodeBase64Url } from './encoding.ts'
import { edSecretKey, edSign, edVerify, hashShort, randomFill } from './sodium.ts'

/** A key that the platform's library holds; dropping the last reference is how it is erased. */
export type PrivateKey = KeyObject
export type PublicKey = KeyObject
export type EcCurve = 'P-256' | 'P-384'

const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

const SHA256_BLOCK = 64
const SHA256_LENGTH = 32
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha256', parts)
}

/** The same in hex, to name things by: strings are cheaper to make and to compare than bytes. */
export function sha256Hex(bytes: Uint8Array): string {
  return nodeHash('sha256', bytes, 'hex')
}

export function sha384(...parts: readonly Uint8Array[]): Uint8Array {
  return digest('sha384', parts)
}

/** Only to recognise names that others made with it (RFC 6960 CertID): no signature and no secret may rest on it. */
export function sha1Name(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(nodeHash('sha1', bytes, 'buffer'))
}

/** SHA-256 of what comes in pieces. */
export interface Sha256 {
  update(part: Uint8Array): void
  /** Ends it; nothing can be added after. */
  digest(): Uint8Array
}

export function createSha256(): Sha256 {
  const hash = createHash('sha256')
  return {
    update: (part) => {
      hash.update(part)
    },
    digest: () => new Uint8Array(hash.digest())
  }
}

/**
 * RFC 2104 with SHA-256, as two hashes, because the platform's own HMAC costs eight times as much for short input and
 * every request derives a dozen keys.
 */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.byteLength
  const work = new Uint8Array(SHA256_BLOCK + Math.max(length, SHA256_LENGTH))
  work.set(key.byteLength > SHA256_BLOCK ? sha256(key) : key)
  xorBlock(work, INNER_PAD)
  let at = SHA256_BLOCK
  for (const part of parts) {
    work.set(part, at)
    at += part.byteLength
  }
  const mac = new Uint8Array(SHA256_LENGTH)
  hashInto(mac, work.subarray(0, at))
  xorBlock(work, INNER_PAD ^ OUTER_PAD)
  work.set(mac, SHA256_BLOCK)
  hashInto(mac, work.subarray(0, SHA256_BLOCK + SHA256_LENGTH))
  erase(work)
  return mac
}

/** Up to this length the cheaper call outweighs the platform's faster rounds. */
const SHORT_MESSAGE = 256

function hashInto(hash: Uint8Array, message: Uint8Array): void {
  if (message.byteLength <= SHORT_MESSAGE) hashShort(hash, message)
  else hash.set(nodeHash('sha256', message, 'buffer'))
}

/** RFC 5869 with SHA-256. */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmacSha256(salt, ikm)
}

/** RFC 5869 with SHA-256; at most 255 × 32 bytes. */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const blocks: Uint8Array[] = []
  let previous = new Uint8Array(0)
  for (let counter = 1; blocks.length * 32 < length; counter++) {
    previous = new Uint8Array(hmacSha256(prk, previous, info, Uint8Array.of(counter)))
    blocks.push(previous)
  }
  return concatBytes(...blocks).subarray(0, length)
}

export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  randomFill(bytes)
  return bytes
}

/** In constant time for equal lengths; unequal lengths are unequal. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

/** Overwrites secrets that are ours. */
export function erase(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0)
}

export function generateEd25519(): PrivateKey {
  return generateKeyPairSync('ed25519').privateKey
}

export function ed25519PrivateKey(seed: Uint8Array): PrivateKey {
  if (seed.byteLength !== 32) throw new TypeError('an Ed25519 seed is 32 bytes')
  return createPrivateKey({ key: Buffer.concat([ED25519_PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })
}

const publicHalves = new WeakMap<PrivateKey, Uint8Array>()

/** The raw 32 bytes of the public half; the caller's own. */
export function ed25519PublicBytes(key: PrivateKey): Uint8Array {
  const known = publicHalves.get(key)
  if (known !== undefined) return known.slice()
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const bytes = new Uint8Array(spki.subarray(spki.byteLength - 32))
  publicHalves.set(key, bytes)
  return bytes.slice()
}

/** libsodium's form of keys, which go when their keys go. */
const secretKeys = new WeakMap<PrivateKey, Uint8Array>()

export function signEd25519(key: PrivateKey, message: Uint8Array): Uint8Array {
  return edSign(message, secretKeys.get(key) ?? keepSecretKey(key))
}

function keepSecretKey(key: PrivateKey): Uint8Array {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError(`an Ed25519 key is wanted, not ${key.asymmetricKeyType}`)
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  const secretKey = edSecretKey(pkcs8.subarray(ED25519_PKCS8_PREFIX.byteLength))
  erase(pkcs8)
  secretKeys.set(key, secretKey)
  return secretKey
}

/** RFC 8032, and no key or point of small order; false for a signature or key of another length. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.byteLength !== 32 || signature.byteLength !== 64) return false
  return edVerify(signature, message, publicKey)
}

/** A public point from its raw x ‖ y. Throws when the point is not on the curve. */
export function ecPublicKey(curve: EcCurve, point: Uint8Array): PublicKey {
  const half = point.byteLength / 2
  const [x, y] = [encodeBase64Url(point.subarray(0, half)), encodeBase64Url(point.subarray(half))]
  return readPublicKey({ kty: 'EC', crv: curve, x, y })
}

/** Reading a key costs a third of a verification, and hosts and platforms sign with one key for long: the last are kept. */
const MOST_PUBLIC_KEYS = 256
const publicKeys = new Map<string, PublicKey>()

function readPublicKey(jwk: { readonly kty: 'EC'; readonly crv: EcCurve; readonly x: string; readonly y: string }) {
  const name = `${jwk.crv} ${jwk.x} ${jwk.y}`
  const known = publicKeys.get(name)
  if (known !== undefined) return known
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  if (publicKeys.size >= MOST_PUBLIC_KEYS) publicKeys.clear()
  publicKeys.set(name, key)
  return key
}

export function generateEc(curve: EcCurve): PrivateKey {
  return generateKeyPairSync('ec', { namedCurve: curve }).privateKey
}

/** The raw x ‖ y of the public half. */
export function ecPublicPoint(key: PrivateKey): Uint8Array {
  const { x = '', y = '' } = createPublicKey(key).export({ format: 'jwk' })
  return concatBytes(Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url'))
}

/** Reads a private key of any kind from PKCS #8. */
export function decodePrivateKey(pkcs8: Uint8Array): PrivateKey {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
}

/** PKCS #8, unencrypted. */
export function encodePrivateKey(key: PrivateKey): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }))
}

/** ECDSA over SHA-256 (P-256) or SHA-384 (P-384); the signature is raw r ‖ s. */
export function verifyEcdsa(curve: EcCurve, key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.byteLength !== 2 * ECDSA_HALF[curve]) return false
  return nodeVerify(ECDSA_HASH[curve], message, key, ecdsaDer(signature))
}

/** The same of a signature in DER, as X.509 has it; false for what is no such DER. */
export function verifyEcdsaDer(curve: EcCurve, key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  return nodeVerify(ECDSA_HASH[curve], message, { key, dsaEncoding: 'der' }, signature)
}

export function signEcdsa(curve: EcCurve, key: PrivateKey, message: Uint8Array): Uint8Array {
  return new Uint8Array(nodeSign(ECDSA_HASH[curve], message, { key, dsaEncoding: 'ieee-p1363' }))
}

const ECDSA_HALF = { 'P-256': 32, 'P-384': 48 } as const satisfies Record<EcCurve, number>
const ECDSA_HASH = { 'P-256': 'sha256', 'P-384': 'sha384' } as const satisfies Record<EcCurve, string>

/** Raw r ‖ s as X.509 writes it, in which the platform checks a signature a quarter faster. Lengths are of one octet. */
function ecdsaDer(signature: Uint8Array): Uint8Array {
  const half = signature.byteLength / 2
  // A SEQUENCE of two INTEGERs, each of at most a padding octet more than it was.
  const der = new Uint8Array(2 + 2 * (3 + half))
  const middle = writeDerInteger(der, 2, signature.subarray(0, half))
  const end = writeDerInteger(der, middle, signature.subarray(half))
  der.set([0x30, end - 2])
  return der.subarray(0, end)
}

/** Returns where it ends. */
function writeDerInteger(der: Uint8Array, at: number, bytes: Uint8Array): number {
  let from = 0
  while (from < bytes.byteLength - 1 && bytes[from] === 0) from++
  const padding = (bytes[from] as number) >= 0x80 ? 1 : 0
  const length = bytes.byteLength - from + padding
  der.set([0x02, length], at)
  der.set(bytes.subarray(from), at + 2 + padding)
  return at + 2 + length
}

function xorBlock(work: Uint8Array, pad: number): void {
  for (let i = 0; i < SHA256_BLOCK; i++) work[i] = (work[i] as number) ^ pad
}

/** Parts of up to this length are joined, because the platform's object for pieces costs more than copying them. */
const JOINED = 4096

function digest(algorithm: 'sha256' | 'sha384', parts: readonly Uint8Array[]): Uint8Array {
  const [only, ...more] = parts
  if (only !== undefined && more.length === 0) return new Uint8Array(nodeHash(algorithm, only, 'buffer'))
  let length = 0
  for (const part of parts) length += part.byteLength
  if (length <= JOINED) return new Uint8Array(nodeHash(algorithm, concatBytes(...parts), 'buffer'))
  const hash = createHash(algorithm)
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
