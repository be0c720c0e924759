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
export class LegSecret {
  readonly #bytes: Uint8Array

  /** Takes the 32 bytes over. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  [Symbol.dispose](): void {
    this.#bytes.fill(0)
  }
}

/** The host's half of a session: lives in the agent's memory and nowhere else. */
export interface HostLeg {
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
  [Symbol.dispose](): void
}
