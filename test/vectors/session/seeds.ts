import { sha256 } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'

export const MODEL = 'bombyx/demonstration'
export const SENT = 1_800_000_000
export const NOW: number = SENT + 2

/** 32 bytes that a label names. */
export function seed(label: string): Uint8Array {
  return sha256(encodeUtf8(`bombyx published vectors: ${label}`))
}
