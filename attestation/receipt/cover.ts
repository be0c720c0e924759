import { type PrivateKey, sha256, signEd25519, verifyEd25519 } from '../crypto.ts'
import { concatBytes, encodeUtf8, uint64 } from '../encoding.ts'
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

/** A usage statement by its place. */
export interface CoveredPlace {
  /** 16 bytes. */
  readonly epoch: Uint8Array
  readonly seq: number | bigint
}

const TAG = encodeUtf8('bombyx/covered1')

/** Ed25519 over tag ‖ SHA-256(signed voucher) ‖ (epoch ‖ seq u64)*: which statements a voucher adds, as its consumer says. 64 bytes. */
export function signCovered(voucher: Uint8Array, covered: readonly CoveredPlace[], voucherKey: PrivateKey): Uint8Array {
  return signEd25519(voucherKey, encodeCovered(voucher, covered))
}

/** Whether the key that signed the voucher says so. */
export function isCoveredSigned(
  voucher: Uint8Array,
  covered: readonly CoveredPlace[],
  { signature, signer }: { readonly signature: Uint8Array; readonly signer: Uint8Array }
): boolean {
  return signature.byteLength === 64 && verifyEd25519(signer, encodeCovered(voucher, covered), signature)
}

function encodeCovered(voucher: Uint8Array, covered: readonly CoveredPlace[]): Uint8Array {
  return concatBytes(TAG, sha256(voucher), ...covered.flatMap(({ epoch, seq }) => [epoch, uint64(BigInt(seq))]))
}
