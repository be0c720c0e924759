import {
  crypto_aead_chacha20poly1305_ietf_decrypt as decrypt,
  crypto_aead_chacha20poly1305_ietf_encrypt as encrypt
} from 'sodium-native'
import { AttestationError } from '../errors.ts'
import { allocate } from './slab.ts'

// The package's published types leave this algorithm out.
declare module 'sodium-native' {
  type In = Uint8Array
  function crypto_aead_chacha20poly1305_ietf_encrypt(
    ...of: [ciphertext: In, message: In, aad: In | null, nsec: null, nonce: In, key: In]
  ): number
  function crypto_aead_chacha20poly1305_ietf_decrypt(
    ...of: [message: In, nsec: null, ciphertext: In, aad: In | null, nonce: In, key: In]
  ): number
}

export const AEAD_KEY_LENGTH = 32
export const AEAD_NONCE_LENGTH = 12
export const AEAD_TAG_LENGTH = 16

/** A key with the nonce and associated data of one use. */
export interface AeadUse {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
  /** null: empty. */
  readonly aad: Uint8Array | null
}

/** ChaCha20-Poly1305 (RFC 8439): ciphertext ‖ tag. */
export function sealAead(use: AeadUse, plaintext: Uint8Array): Uint8Array {
  const sealed = allocate(plaintext.byteLength + AEAD_TAG_LENGTH)
  encrypt(sealed, plaintext, use.aad, null, use.nonce, use.key)
  return sealed
}

/** Refuses whatever was not sealed by this key, nonce and associated data with UNSEAL_FAILED. */
export function openAead(use: AeadUse, sealed: Uint8Array): Uint8Array {
  const length = sealed.byteLength - AEAD_TAG_LENGTH
  if (length < 0) throw new AttestationError('UNSEAL_FAILED', 'shorter than a tag')
  const plaintext = allocate(length)
  try {
    decrypt(plaintext, null, sealed, use.aad, use.nonce, use.key)
  } catch (cause) {
    throw new AttestationError('UNSEAL_FAILED', 'not sealed for this place by this key', { cause })
  }
  return plaintext
}
