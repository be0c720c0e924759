import { erase } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import { AEAD_NONCE_LENGTH, openAead, sealAead } from './aead.ts'
import type { LegSecret } from './leg.ts'

/** A request's dek for one leg. */
export interface Wrap {
  /** The leg's keyset digest. */
  readonly digest: Uint8Array
  /** 48 bytes. */
  readonly wrap: Uint8Array
}

export const DEK_LENGTH = 32
export const WRAP_LENGTH = 48

/** Each wrap key serves one wrap, so its nonce is fixed. */
const NONCE = new Uint8Array(AEAD_NONCE_LENGTH)

/** One leg, as wraps are made for it. */
export interface WrapLeg {
  readonly digest: Uint8Array
  readonly secret: LegSecret
}

export function sealWrap(leg: WrapLeg, thm: Uint8Array, dek: Uint8Array): Wrap {
  const key = leg.secret.wrapKey(thm)
  const wrap = sealAead({ key, nonce: NONCE, aad: leg.digest }, dek)
  erase(key)
  return { digest: leg.digest, wrap }
}

/** Refuses a wrap of another leg, meta or length with UNSEAL_FAILED. */
export function openWrap(leg: WrapLeg, thm: Uint8Array, wrap: Uint8Array): Uint8Array {
  if (wrap.byteLength !== WRAP_LENGTH) throw new AttestationError('UNSEAL_FAILED', 'a wrap is 48 bytes')
  const key = leg.secret.wrapKey(thm)
  try {
    return openAead({ key, nonce: NONCE, aad: leg.digest }, wrap)
  } finally {
    erase(key)
  }
}
