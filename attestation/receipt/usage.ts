import { constant, hex, integer, nullable, oneOf, type Shape, text } from '../appraisal/shape.ts'
import { equalBytes, type PrivateKey } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import type { Keyset } from '../session/keyset.ts'
import type { Prices } from '../session/leg.ts'
import { digestText, isSignedBy, parseDocument, signDocument, signedObject } from './signed-document.ts'

/** Disjoint: prompt without cached, completion without reasoning. */
export interface TokenCounts {
  readonly prompt: number
  readonly cached: number
  readonly completion: number
  readonly reasoning: number
}

export const USAGE_FINISHES = ['complete', 'cancelled', 'failed'] as const
export type UsageFinish = (typeof USAGE_FINISHES)[number]

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

const PRICE_UNIT = 1_000_000n
const PURPOSE = 'bombyx.usage.v1'

const count = integer(0, Number.MAX_SAFE_INTEGER)
const name = text('^.+$', 255)
const price: Shape<bigint> = {
  schema: count.schema,
  read: (value, at) => BigInt(count.read(value, at)),
  write: (nanoton) => {
    if (nanoton < 0n || nanoton > BigInt(Number.MAX_SAFE_INTEGER)) throw new TypeError(`price ${nanoton}`)
    return Number(nanoton)
  }
}

const statement = signedObject({
  cachedTokens: count,
  completionTokens: count,
  durationMs: count,
  epoch: hex(16),
  finish: oneOf(USAGE_FINISHES),
  keyId: name,
  model: name,
  n: count,
  price,
  promptTokens: count,
  purpose: constant(PURPOSE),
  reasoningTokens: count,
  receiptHash: nullable(digestText),
  seq: integer(1, Number.MAX_SAFE_INTEGER),
  sessionId: hex(16),
  tenant: hex(16),
  workloadKeysetDigest: digestText
})

/** ⌈Σ count × price / 10^6⌉ nanoTON. */
export function priceOf(counts: TokenCounts, prices: Prices): bigint {
  const total =
    BigInt(counts.prompt) * prices.prompt +
    BigInt(counts.cached) * prices.cached +
    BigInt(counts.completion) * prices.completion +
    BigInt(counts.reasoning) * prices.reasoning
  return (total + PRICE_UNIT - 1n) / PRICE_UNIT
}

/** The JCS form, signed by the keyset's receipt key. */
export function signUsage(fields: UsageFields, receiptKey: PrivateKey): Uint8Array {
  const { counts, keysetDigest, ...same } = fields
  const document = {
    ...same,
    cachedTokens: counts.cached,
    completionTokens: counts.completion,
    promptTokens: counts.prompt,
    reasoningTokens: counts.reasoning,
    purpose: PURPOSE,
    workloadKeysetDigest: keysetDigest
  } as const
  return signDocument(statement, document, receiptKey)
}

/** Reads a statement, its signature unchecked. Refuses with USAGE_MALFORMED. */
export function parseUsage(bytes: Uint8Array): UsageStatement {
  return usageOf(parseDocument(statement, bytes, 'USAGE_MALFORMED'))
}

/**
 * Reads a statement and checks that it is of this keyset, its epoch and its model, and signed by its receipt key.
 * Refuses with USAGE_MALFORMED or USAGE_REFUSED.
 */
export function verifyUsage(bytes: Uint8Array, keyset: Keyset): UsageStatement {
  const signed = parseDocument(statement, bytes, 'USAGE_MALFORMED')
  const usage = usageOf(signed)
  if (!equalBytes(usage.keysetDigest, keyset.digest)) throw refused('of another keyset')
  if (!isSignedBy(keyset.receiptKeys, usage.keyId, signed)) throw refused('not signed by the receipt key')
  if (!equalBytes(usage.epoch, keyset.epoch)) throw refused('of another epoch')
  if (usage.model !== keyset.model.id) throw refused('of another model')
  return usage
}

function usageOf(signed: ReturnType<typeof parseDocument<ReturnType<typeof statement.read>>>): UsageStatement {
  const { fields, bytes, signature } = signed
  return {
    bytes,
    signature,
    counts: {
      prompt: fields.promptTokens,
      cached: fields.cachedTokens,
      completion: fields.completionTokens,
      reasoning: fields.reasoningTokens
    },
    durationMs: fields.durationMs,
    epoch: fields.epoch,
    finish: fields.finish,
    keyId: fields.keyId,
    model: fields.model,
    n: fields.n,
    price: fields.price,
    receiptHash: fields.receiptHash,
    seq: fields.seq,
    sessionId: fields.sessionId,
    tenant: fields.tenant,
    keysetDigest: fields.workloadKeysetDigest
  }
}

function refused(message: string): AttestationError {
  return new AttestationError('USAGE_REFUSED', message)
}
