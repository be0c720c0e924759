import { AttestationError } from '../errors.ts'
import { type AeadUse, chachaOpen, chachaSeal } from '../sodium.ts'
import { allocate } from './slab.ts'

export const AEAD_KEY_LENGTH = 32
export const AEAD_NONCE_LENGTH = 12
export const AEAD_TAG_LENGTH = 16

/** ChaCha20-Poly1305 (RFC 8439): ciphertext ‖ tag. */
export function sealAead(use: AeadUse, plaintext: Uint8Array): Uint8Array {
  const sealed = allocate(plaintext.byteLength + AEAD_TAG_LENGTH)
  chachaSeal(sealed, plaintext, use)
  return sealed
}

/** Refuses whatever was not sealed by this key, nonce and associated data with UNSEAL_FAILED. */
export function openAead(use: AeadUse, sealed: Uint8Array): Uint8Array {
  const length = sealed.byteLength - AEAD_TAG_LENGTH
  if (length < 0) throw new AttestationError('UNSEAL_FAILED', 'shorter than a tag')
  const plaintext = allocate(length)
  try {
    chachaOpen(plaintext, sealed, use)
  } catch (cause) {
    throw new AttestationError('UNSEAL_FAILED', 'not sealed for this place by this key', { cause })
  }
  return plaintext
}
