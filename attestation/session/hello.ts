import { ByteReader } from '../byte-reader.ts'
import { equalBytes } from '../crypto.ts'
import { concatBytes, uint8, uint16, uint32 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { XWING_PUBLIC_KEY_LENGTH } from './hpke.ts'
import type { PayerIdentity } from './leg.ts'
import { encodeModelName, readModelName } from './model-name.ts'

/** X-Wing: X25519 and ML-KEM-768. */
export const KEM_XWING = 0x647a
/** ChaCha20-Poly1305. */
export const AEAD_CHACHA20_POLY1305 = 0x0003
export const MAX_LEGS = 8
export const MAX_TTL_SECONDS = 3600

/** What a client says to every host of a session at once. Its suite is not a field: there is one. */
export interface HelloFields {
  /** 32 random bytes. */
  readonly clientNonce: Uint8Array
  /** 1..3600. */
  readonly ttlSeconds: number
  readonly model: string
  /** 1..8 keyset digests, distinct. */
  readonly digests: readonly Uint8Array[]
  /** X-Wing, 1216 bytes. */
  readonly clientPublicKey: Uint8Array
  readonly payer: PayerIdentity | undefined
}

export function encodeHello(fields: HelloFields): Uint8Array {
  if (fields.model === '') throw new TypeError('a hello names a model')
  return concatBytes(
    uint8(1),
    uint16(KEM_XWING),
    uint16(AEAD_CHACHA20_POLY1305),
    fields.clientNonce,
    uint32(fields.ttlSeconds),
    encodeModelName(fields.model),
    uint8(fields.digests.length),
    ...fields.digests,
    uint16(fields.clientPublicKey.byteLength),
    fields.clientPublicKey,
    encodePayer(fields.payer)
  )
}

/**
 * Reads a hello to its last byte. Refuses another layout with HELLO_MALFORMED and another suite with HELLO_REFUSED: the
 * values that are reserved for weaker ones are not spoken.
 */
export function parseHello(bytes: Uint8Array): HelloFields {
  const reader = new ByteReader(bytes, 'HELLO_MALFORMED')
  if (reader.uint8('version') !== 1) throw reader.refuse('version is not 1')
  refuseOtherSuite(reader)
  const clientNonce = reader.bytes(32, 'client nonce')
  const ttlSeconds = reader.uint32('ttl')
  if (ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) throw reader.refuse(`ttl ${ttlSeconds} s`)
  const model = readModelName(reader)
  if (model === '') throw reader.refuse('no model')
  const digests = readDigests(reader)
  if (reader.uint16('public key length') !== XWING_PUBLIC_KEY_LENGTH) throw reader.refuse('not an X-Wing key')
  const clientPublicKey = reader.bytes(XWING_PUBLIC_KEY_LENGTH, 'public key')
  const payer = readPayer(reader)
  reader.end()
  return { clientNonce, ttlSeconds, model, digests, clientPublicKey, payer }
}

function encodePayer(payer: PayerIdentity | undefined): Uint8Array {
  return payer === undefined ? uint8(0) : concatBytes(uint8(1), payer.escrow, payer.voucherKey)
}

function refuseOtherSuite(reader: ByteReader): void {
  const [kem, aead] = [reader.uint16('kem'), reader.uint16('aead')]
  if (kem !== KEM_XWING || aead !== AEAD_CHACHA20_POLY1305) {
    throw new AttestationError('HELLO_REFUSED', `suite ${kem.toString(16)}/${aead.toString(16)} is not spoken`)
  }
}

function readDigests(reader: ByteReader): readonly Uint8Array[] {
  const count = reader.uint8('digest count')
  if (count < 1 || count > MAX_LEGS) throw reader.refuse(`${count} digests`)
  const digests: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    const digest = reader.bytes(32, 'digest')
    if (digests.some((other) => equalBytes(other, digest))) throw reader.refuse('a digest twice')
    digests.push(digest)
  }
  return digests
}

function readPayer(reader: ByteReader): PayerIdentity | undefined {
  const flag = reader.uint8('payer')
  if (flag > 1) throw reader.refuse(`payer ${flag}`)
  if (flag === 0) return undefined
  return { escrow: reader.bytes(33, 'escrow'), voucherKey: reader.bytes(32, 'voucher key') }
}
