import { appendLeaves, type CompactRange, EMPTY_RANGE, rangeRoot } from '../tlog/compact-range.ts'
import { leafHash } from '../tlog/hash.ts'
import type { UsageStatement } from './usage.ts'

/** The usage statements that a consumer pays one payee for, in the order in which it took them on. */
export interface VoucherCover {
  /** RFC 6962 over the statements' bytes, signature included: the market's usage leaf in the log hashes them alike. */
  readonly statements: CompactRange
  /** nanoTON: what the statements come to. A voucher asked for in advance is above it. */
  readonly owed: bigint
}

export const EMPTY_COVER: VoucherCover = { statements: EMPTY_RANGE, owed: 0n }

/** The cover with one statement more; that it is verified, believed and new is the caller's to know. */
export function coverStatement(cover: VoucherCover, { bytes, price }: UsageStatement): VoucherCover {
  return { statements: appendLeaves(cover.statements, [leafHash(bytes)]), owed: cover.owed + price }
}

/** The `usageRoot` of a voucher for this cover, 32 bytes; SHA-256 of nothing before the first statement. */
export function coverRoot(cover: VoucherCover): Uint8Array {
  return rangeRoot(cover.statements)
}
