import { ByteReader } from '../byte-reader.ts'
import { equalBytes, type PrivateKey, signEd25519, verifyEd25519 } from '../crypto.ts'
import { concatBytes, encodeUtf8, uint64 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'

/** Tag, escrow, payee, cumulative, usage root: what an escrow's contract checks a signature over, as one slice. */
export const VOUCHER_BYTES = 127
/** A voucher and its signature, as it travels. */
export const SIGNED_VOUCHER_BYTES = VOUCHER_BYTES + 64

const TAG = encodeUtf8('bombyx/voucher1')
const MOST = 2n ** 128n - 1n

/** A consumer's promise that an escrow pays a host what it earned, in all, up to this voucher. */
export interface VoucherFields {
  /** Account of the escrow, 32 bytes; in the basechain, as the payee. */
  readonly escrow: Uint8Array
  /** Account of the host's provider, 32 bytes. */
  readonly payee: Uint8Array
  /** nanoTON, ever; 128 bits. */
  readonly cumulative: bigint
  /** RFC 6962 root over the usage statements that it pays for (`VoucherCover`), 32 bytes. */
  readonly usageRoot: Uint8Array
}

/** A voucher as it was signed. */
export interface Voucher extends VoucherFields {
  /** The 127 bytes that were signed. */
  readonly bytes: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

/** A voucher whose signature was checked. */
export interface VerifiedVoucher extends Voucher {
  /** Which of the escrow's keys signed it, 32 bytes: in a change of the key, how long it can be claimed hangs on that. */
  readonly signer: Uint8Array
}

/** Whose voucher a host, or the market for it, is waiting for. */
export interface VoucherExpectations {
  readonly escrow: Uint8Array
  readonly payee: Uint8Array
  /** The escrow's key, or in a change of it both; 32 bytes each. */
  readonly voucherKeys: readonly Uint8Array[]
}

/** The voucher and its signature: 191 bytes. */
export function signVoucher(fields: VoucherFields, voucherKey: PrivateKey): Uint8Array {
  const bytes = encodeVoucher(fields)
  return concatBytes(bytes, signEd25519(voucherKey, bytes))
}

/** The 127 bytes that are signed. */
export function encodeVoucher({ escrow, payee, cumulative, usageRoot }: VoucherFields): Uint8Array {
  if (cumulative < 0n || cumulative > MOST) throw new TypeError(`${cumulative} does not fit 128 bits`)
  if ([escrow, payee, usageRoot].some(({ byteLength }) => byteLength !== 32)) {
    throw new TypeError('an account and a root are 32 bytes')
  }
  return concatBytes(
    TAG,
    escrow,
    payee,
    uint64(cumulative >> 64n),
    uint64(cumulative & 0xffff_ffff_ffff_ffffn),
    usageRoot
  )
}

/** Reads the 191 bytes, the signature unchecked. Refuses with VOUCHER_MALFORMED. */
export function parseVoucher(signed: Uint8Array): Voucher {
  const reader = new ByteReader(signed, 'VOUCHER_MALFORMED')
  if (!equalBytes(reader.bytes(TAG.byteLength, 'tag'), TAG)) throw reader.refuse('no voucher of version 1')
  const escrow = reader.bytes(32, 'escrow')
  const payee = reader.bytes(32, 'payee')
  const cumulative = (reader.uint64('cumulative') << 64n) | reader.uint64('cumulative')
  const usageRoot = reader.bytes(32, 'usage root')
  const signature = reader.bytes(64, 'signature')
  reader.end()
  return { bytes: signed.subarray(0, VOUCHER_BYTES), signature, escrow, payee, cumulative, usageRoot }
}

/**
 * Checks, in this order: layout, escrow, payee, signature by one of the escrow's voucher keys. Refuses with VOUCHER_MALFORMED
 * or VOUCHER_REFUSED. What the voucher is worth is the escrow's to say: `planExposure`.
 */
export function verifyVoucher(signed: Uint8Array, expected: VoucherExpectations): VerifiedVoucher {
  const voucher = parseVoucher(signed)
  if (!equalBytes(voucher.escrow, expected.escrow)) throw refused('of another escrow')
  if (!equalBytes(voucher.payee, expected.payee)) throw refused('for another payee')
  const signer = expected.voucherKeys.find((key) => verifyEd25519(key, voucher.bytes, voucher.signature))
  if (signer === undefined) throw refused('not signed by the voucher key')
  return { ...voucher, signer }
}

function refused(message: string): AttestationError {
  return new AttestationError('VOUCHER_REFUSED', message)
}
