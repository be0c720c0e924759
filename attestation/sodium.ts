import {
  crypto_hash_sha256,
  crypto_sign_detached,
  crypto_sign_seed_keypair,
  crypto_sign_verify_detached,
  crypto_aead_chacha20poly1305_ietf_decrypt as decrypt,
  crypto_aead_chacha20poly1305_ietf_encrypt as encrypt,
  randombytes_buf,
  sodium_malloc
} from 'sodium-native'

type Bytes = Uint8Array

// The package's published types leave ChaCha20-Poly1305 out, and want a Buffer where any bytes will do.
declare module 'sodium-native' {
  function crypto_aead_chacha20poly1305_ietf_encrypt(
    ...of: [ciphertext: Bytes, message: Bytes, aad: Bytes | null, nsec: null, nonce: Bytes, key: Bytes]
  ): number
  function crypto_aead_chacha20poly1305_ietf_decrypt(
    ...of: [message: Bytes, nsec: null, ciphertext: Bytes, aad: Bytes | null, nonce: Bytes, key: Bytes]
  ): number
  function crypto_sign_seed_keypair(publicKey: Bytes, secretKey: Bytes, seed: Bytes): void
  function crypto_sign_detached(signature: Bytes, message: Bytes, secretKey: Bytes): void
  function crypto_sign_verify_detached(signature: Bytes, message: Bytes, publicKey: Bytes): boolean
  function crypto_hash_sha256(hash: Bytes, message: Bytes): void
  function randombytes_buf(bytes: Bytes): void
}

/** A key with the nonce and associated data of one use. */
export interface AeadUse {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  /** null: empty. */
  readonly aad: Uint8Array | null
}

// libsodium's part of the trust core: what it does in half of OpenSSL's time or less. Wrong lengths throw.

/** ChaCha20-Poly1305 (RFC 8439) into `sealed`, which is 16 bytes longer. */
export function chachaSeal(sealed: Uint8Array, plaintext: Uint8Array, { key, nonce, aad }: AeadUse): void {
  encrypt(sealed, plaintext, aad, null, nonce, key)
}

/** Throws where the tag is not right. */
export function chachaOpen(plaintext: Uint8Array, sealed: Uint8Array, { key, nonce, aad }: AeadUse): void {
  decrypt(plaintext, null, sealed, aad, nonce, key)
}

/** What `edSign` signs with, from the 32 bytes of a seed: in locked memory, which is wiped when nobody holds it any more. */
export function edSecretKey(seed: Uint8Array): Uint8Array {
  const key = sodium_malloc(64)
  crypto_sign_seed_keypair(new Uint8Array(32), key, seed)
  return key
}

export function edSign(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const signature = new Uint8Array(64)
  crypto_sign_detached(signature, message, secretKey)
  return signature
}

/** RFC 8032; keys and points of small order are refused. */
export function edVerify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  return crypto_sign_verify_detached(signature, message, publicKey)
}

/** SHA-256 into 32 bytes. It has no use for the processor's own instructions: good for short messages. */
export function hashShort(hash: Uint8Array, message: Uint8Array): void {
  crypto_hash_sha256(hash, message)
}

export function randomFill(bytes: Uint8Array): void {
  randombytes_buf(bytes)
}
