import type { PrivateKey } from '../crypto.ts'
import type { Keyset } from '../session/keyset.ts'
import type { TokenCounts } from './usage.ts'

/** The trailer that carries a receipt, as standard base64 of its bytes. */
export const RECEIPT_TRAILER = 'bombyx-receipt'

export interface ReceiptFields {
  /** The id in the answer; null where it has none. */
  readonly chatId: string | null
  /** Path as the client sent it. */
  readonly endpoint: string
  readonly method: string
  readonly model: string
  readonly keyId: string
  /** 16 bytes. */
  readonly receiptId: Uint8Array
  /** Unix seconds. */
  readonly servedAt: number
  readonly keysetDigest: Uint8Array
  readonly sessionId: Uint8Array
  readonly n: number
  /** SHA-256 of the request's HTTP content as the client sent it. */
  readonly receivedHash: Uint8Array
  /** SHA-256 of the body that the engine got. */
  readonly forwardedHash: Uint8Array
  /** SHA-256 of the answer's HTTP content as the client gets it. */
  readonly returnedHash: Uint8Array
  /** 32 random bytes; `requestHash` is SHA-256(salt ‖ request content). */
  readonly salt: Uint8Array
  readonly requestHash: Uint8Array
  readonly usage: TokenCounts
  /** The host's attestation in the log; null where there is no log. */
  readonly logIndex: number | null
}

/** A receipt as it was signed. */
export interface Receipt extends ReceiptFields {
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

/** What a client knows of its request and the answer it got. */
export interface ReceiptExpectations {
  /** Of the leg that answered. */
  readonly keyset: Keyset
  readonly sessionId: Uint8Array
  readonly n: number
  readonly requestContentHash: Uint8Array
  readonly responseContentHash: Uint8Array
}

export function signReceipt(fields: ReceiptFields, receiptKey: PrivateKey): Uint8Array {
  throw new TypeError(`not yet ${fields.n} ${receiptKey}`)
}

/** Reads a receipt, its signature unchecked. Refuses with RECEIPT_MALFORMED. */
export function parseReceipt(bytes: Uint8Array): Receipt {
  throw new TypeError(`not yet ${bytes}`)
}

/** Checks signature, keyset digest, session, n and both content hashes, in this order. Refuses with RECEIPT_REFUSED. */
export function verifyReceipt(bytes: Uint8Array, expected: ReceiptExpectations): Receipt {
  throw new TypeError(`not yet ${bytes} ${expected.n}`)
}
