import { erase } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import { replyKey, wrapKey } from './key-schedule.ts'
import type { ReplayWindow } from './replay-window.ts'

/** nanoTON a million tokens of each class; each below 2^53. */
export interface Prices {
  readonly prompt: bigint
  readonly cached: bigint
  readonly completion: bigint
  readonly reasoning: bigint
}

/** Who pays for a session, as its hello names it. */
export interface PayerIdentity {
  /** i8 workchain ‖ hash, 33 bytes. */
  readonly escrow: Uint8Array
  /** Ed25519, 32 bytes. */
  readonly voucherKey: Uint8Array
}

/** The secret that a session has with one host. It derives keys and shows itself to nobody; dispose erases it. */
export class LegSecret implements Disposable {
  readonly #bytes: Uint8Array
  #erased = false

  /** Takes the 32 bytes over. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The key that wraps a request's dek. Refuses with SESSION_EXPIRED once erased. */
  wrapKey(thm: Uint8Array): Uint8Array {
    return wrapKey(this.#standing(), thm)
  }

  /** The key of the answer. Refuses with SESSION_EXPIRED once erased. */
  replyKey(thm: Uint8Array): Uint8Array {
    return replyKey(this.#standing(), thm)
  }

  [Symbol.dispose](): void {
    this.#erased = true
    erase(this.#bytes)
  }

  /** An erased secret is zeros, which anybody can derive keys from. */
  #standing(): Uint8Array {
    if (this.#erased) throw new AttestationError('SESSION_EXPIRED', 'the leg is erased')
    return this.#bytes
  }
}

/** The host's half of a session: lives in the agent's memory and nowhere else. */
export interface HostLeg extends Disposable {
  /** 16 bytes. */
  readonly sessionId: Uint8Array
  /** The keyset's digest. */
  readonly digest: Uint8Array
  readonly model: string
  /** Unix seconds. */
  readonly notAfter: number
  readonly prices: Prices
  /** 16 bytes: the pseudonym that usage statements and cache salts carry. */
  readonly tenant: Uint8Array
  readonly payer: PayerIdentity | undefined
  readonly replay: ReplayWindow
  readonly secret: LegSecret
}
