import { ed25519PublicBytes, generateEd25519, type PrivateKey, randomBytes } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import {
  encodeKeyset,
  type Keyset,
  type KeysetDevice,
  type KeysetModel,
  parseKeyset
} from '../../attestation/session/keyset.ts'

/** The most that a keyset may be ahead of its making. */
export const KEYSET_LIFETIME_SECONDS: number = 24 * 3600
/** How long a keyset that was replaced stays for requests in flight. */
export const RETIRED_SECONDS: number = 15 * 60

const SESSION_KEY_ID = 's1'
export const RECEIPT_KEY_ID = 'r1'

export interface IdentityFields {
  /** 16 bytes, of this start of the guest. */
  readonly epoch: Uint8Array
  /** `bombyx:host:<hex16>` */
  readonly subject: string
  readonly model: KeysetModel
  readonly gpus: readonly KeysetDevice[]
  readonly switches: readonly KeysetDevice[]
}

/**
 * A keyset and the private keys behind it. They are made in this process and leave it in no form: not to disk, not to a
 * key service. Dispose drops them.
 */
export class HostIdentity implements Disposable {
  readonly keyset: Keyset
  /** Where the log has this keyset's attestation, for receipts; null before that is known, and where there is no log. */
  logIndex: number | null = null
  #sessionKey: PrivateKey | undefined
  #receiptKey: PrivateKey | undefined

  constructor(keyset: Keyset, sessionKey: PrivateKey, receiptKey: PrivateKey) {
    this.keyset = keyset
    this.#sessionKey = sessionKey
    this.#receiptKey = receiptKey
  }

  get erased(): boolean {
    return this.#sessionKey === undefined
  }

  /** Signs Accept, the HELLO of a link, and the withdrawal: each under a label, never bytes that others chose. */
  get sessionKey(): PrivateKey {
    return standing(this.#sessionKey)
  }

  /** Signs receipts and usage statements. */
  get receiptKey(): PrivateKey {
    return standing(this.#receiptKey)
  }

  [Symbol.dispose](): void {
    this.#sessionKey = undefined
    this.#receiptKey = undefined
  }
}

/** New keys, and a keyset that lapses 24 h after `now` (unix seconds). */
export function createIdentity(fields: IdentityFields, now: number): HostIdentity {
  const [sessionKey, receiptKey] = [generateEd25519(), generateEd25519()]
  const bytes = encodeKeyset({
    ...fields,
    notAfter: now + KEYSET_LIFETIME_SECONDS,
    sessionKeys: [{ keyId: SESSION_KEY_ID, publicKey: ed25519PublicBytes(sessionKey) }],
    receiptKeys: [{ keyId: RECEIPT_KEY_ID, publicKey: ed25519PublicBytes(receiptKey) }],
    tlsKeys: []
  })
  return new HostIdentity(parseKeyset(bytes), sessionKey, receiptKey)
}

export function createSubject(): string {
  return `bombyx:host:${encodeHex(randomBytes(16))}`
}

function standing(key: PrivateKey | undefined): PrivateKey {
  if (key === undefined) throw new TypeError('these keys are erased')
  return key
}
