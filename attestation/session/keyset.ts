export type { Challenge } from './challenge.ts'
export { challengeNonce, encodeChallenge, gpuNonce, reportData, reportDataStatement } from './challenge.ts'

/** The one `algo` of session keys that this protocol knows. */
export const SESSION_KEY_ALGO = 'bombyx-session-1'
export const RECEIPT_KEY_ALGO = 'ed25519'

export interface KeysetKey {
  readonly keyId: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
}

/** A GPU or NVSwitch that the keyset names. */
export interface KeysetDevice {
  readonly arch: string
  /** SHA-256 of the device's leaf certificate, DER. */
  readonly certificateSha256: Uint8Array
}

export interface KeysetModel {
  readonly id: string
  readonly engine: string
  /** dm-verity root, or SHA-256 of the weights' manifest. */
  readonly weights: Uint8Array
}

export interface KeysetFields {
  /** 16 bytes, new at every start of the guest. */
  readonly epoch: Uint8Array
  /** `bombyx:host:<hex16>`. */
  readonly subject: string
  readonly model: KeysetModel
  /** Unix seconds, at most 24 h ahead when it is made. */
  readonly notAfter: number
  readonly sessionKeys: readonly KeysetKey[]
  readonly receiptKeys: readonly KeysetKey[]
  readonly gpus: readonly KeysetDevice[]
  readonly switches: readonly KeysetDevice[]
  /** SHA-256 of each TLS key's SPKI. */
  readonly tlsKeys: readonly Uint8Array[]
}

/** A host's identity: the keys of one start of one guest, as the exact bytes that its quote commits to. */
export interface Keyset extends KeysetFields {
  readonly bytes: Uint8Array
  /** SHA-256 of `bytes`. */
  readonly digest: Uint8Array
}

export function encodeKeyset(fields: KeysetFields): Uint8Array {
  throw new TypeError(`not yet ${fields.subject}`)
}

/**
 * Reads a keyset from its JCS bytes; keeps unknown members in the digest and leaves out keys of unknown `algo`.
 * Refuses with KEYSET_MALFORMED.
 */
export function parseKeyset(bytes: Uint8Array): Keyset {
  throw new TypeError(`not yet ${bytes}`)
}
