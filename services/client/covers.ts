import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hex, integer, list, nullable, object, type Shape, text } from '../../attestation/appraisal/shape.ts'
import { concatBytes, decodeUtf8, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import type { JsonValue } from '../../attestation/jcs.ts'
import type { VoucherCover } from '../../attestation/receipt/cover.ts'
import { EMPTY_COVER } from '../../attestation/receipt/cover.ts'
import {
  SIGNED_VOUCHER_BYTES,
  type VerifiedVoucher,
  type Voucher,
  type VoucherExpectations,
  verifyVoucher
} from '../../attestation/receipt/voucher.ts'
import { compactRange } from '../../attestation/tlog/compact-range.ts'
import { readIfThere, writeWhole } from '../runtime/stored-files.ts'

/** A usage statement by its place. */
export interface CoveredStatement {
  /** 16 bytes. */
  readonly epoch: Uint8Array
  readonly seq: number
}

/** What this consumer has with one payee. */
export interface PayeeCover {
  readonly cover: VoucherCover
  /** nanoTON, by the last voucher signed. */
  readonly vouchered: bigint
  /** That voucher, 191 bytes; null before the first. */
  readonly voucher: Uint8Array | null
  /** Statements that no voucher covered which a host has taken. */
  readonly pending: readonly CoveredStatement[]
}

export const NO_COVER: PayeeCover = { cover: EMPTY_COVER, vouchered: 0n, voucher: null, pending: [] }

/** Those that one of the consumer's keys signed: what nobody of his signed says nothing. */
export function ownVouchers(signed: readonly Uint8Array[], expected: VoucherExpectations): readonly VerifiedVoucher[] {
  return signed.flatMap((one) => {
    try {
      return [verifyVoucher(one, expected)]
    } catch (error) {
      if (error instanceof AttestationError) return []
      throw error
    }
  })
}

/**
 * The cover of a consumer that signed this voucher and forgot it. It owes what it signed for, at least; what it was waiting for is
 * in that or will be asked for by the host.
 */
export function withVoucher(cover: PayeeCover, { bytes, signature, cumulative }: Voucher): PayeeCover {
  if (cumulative <= cover.vouchered) return cover
  const owed = cover.cover.owed > cumulative ? cover.cover.owed : cumulative
  return { ...cover, cover: { ...cover.cover, owed }, vouchered: cumulative, voucher: concatBytes(bytes, signature) }
}

/** The cover of a consumer whose escrow has paid this much for vouchers that it signed and forgot. */
export function withPaid(cover: PayeeCover, paid: bigint): PayeeCover {
  if (paid <= cover.vouchered) return cover
  const owed = cover.cover.owed > paid ? cover.cover.owed : paid
  return { ...cover, cover: { ...cover.cover, owed }, vouchered: paid, voucher: null }
}

/** Keeps covers from one run to the next. What is written is there when the promise resolves, whoever kills the process. */
export interface CoverStore {
  /** `payee`: the account in hex. Undefined: nothing was ever written of it here. */
  read(payee: string): Promise<PayeeCover | undefined>
  write(payee: string, cover: PayeeCover): Promise<void>
}

const nano: Shape<bigint> = {
  schema: text('^[0-9]{1,39}$', 39).schema,
  read: (value, at) => BigInt(text('^[0-9]{1,39}$', 39).read(value, at)),
  write: (value) => String(value)
}

const shape = object({
  owed: nano,
  vouchered: nano,
  size: nano,
  hashes: list(hex(32), 64),
  voucher: nullable(hex(SIGNED_VOUCHER_BYTES)),
  pending: list(object({ epoch: hex(16), seq: integer(1, Number.MAX_SAFE_INTEGER) }), 100_000)
})

/** One file a payee. */
export function coversInFolder(folder: string): CoverStore {
  const file = (payee: string): string => join(folder, `${payee}.json`)
  return {
    async read(payee) {
      const stored = await readIfThere(file(payee))
      if (stored === undefined) return undefined
      const { owed, size, hashes, ...rest } = shape.read(JSON.parse(decodeUtf8(stored)) as JsonValue, '')
      return { ...rest, cover: { owed, statements: compactRange(size, hashes) } }
    },
    async write(payee, { cover, ...rest }) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const { size, hashes } = cover.statements
      const bytes = encodeUtf8(JSON.stringify(shape.write({ ...rest, owed: cover.owed, size, hashes })))
      await writeWhole(file(payee), bytes, 0o600)
    }
  }
}

export function payeeName(payee: Uint8Array): string {
  return encodeHex(payee)
}
