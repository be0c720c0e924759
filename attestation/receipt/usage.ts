import type { PrivateKey } from '../crypto.ts'
import type { Keyset } from '../session/keyset.ts'
import type { Prices } from '../session/leg.ts'

/** Disjoint: prompt without cached, completion without reasoning. */
export interface TokenCounts {
  readonly prompt: number
  readonly cached: number
  readonly completion: number
  readonly reasoning: number
}

export type UsageFinish = 'complete' | 'cancelled' | 'failed'

export interface UsageFields {
  readonly counts: TokenCounts
  readonly durationMs: number
  /** 16 bytes. */
  readonly epoch: Uint8Array
  readonly finish: UsageFinish
  readonly keyId: string
  readonly model: string
  readonly n: number
  /** nanoTON, below 2^53. */
  readonly price: bigint
  /** SHA-256 of the receipt with its signature; null where there is none. */
  readonly receiptHash: Uint8Array | null
  /** From 1, without gaps in an epoch. */
  readonly seq: number
  readonly sessionId: Uint8Array
  /** 16 bytes. */
  readonly tenant: Uint8Array
  readonly keysetDigest: Uint8Array
}

/** A statement as it was signed. */
export interface UsageStatement extends UsageFields {
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

/** ⌈Σ count × price / 10^6⌉ nanoTON. */
export function priceOf(counts: TokenCounts, prices: Prices): bigint {
  const total =
    BigInt(counts.prompt) * prices.prompt +
    BigInt(counts.cached) * prices.cached +
    BigInt(counts.completion) * prices.completion +
    BigInt(counts.reasoning) * prices.reasoning
  return (total + 999_999n) / 1_000_000n
}

export function signUsage(fields: UsageFields, receiptKey: PrivateKey): Uint8Array {
  throw new TypeError(`not yet ${fields.n} ${receiptKey}`)
}

/** Reads a statement, its signature unchecked. Refuses with USAGE_MALFORMED. */
export function parseUsage(bytes: Uint8Array): UsageStatement {
  throw new TypeError(`not yet ${bytes}`)
}

/** Reads a statement and checks that this keyset's receipt key signed it. Refuses with USAGE_MALFORMED or USAGE_REFUSED. */
export function verifyUsage(bytes: Uint8Array, keyset: Keyset): UsageStatement {
  throw new TypeError(`not yet ${bytes} ${keyset.subject}`)
}
