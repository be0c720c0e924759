import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  flag,
  hex,
  integer,
  list,
  nullable,
  object,
  type Read,
  type Shape,
  text
} from '../../../attestation/appraisal/shape.ts'
import { concatBytes, decodeUtf8, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import type { JsonValue } from '../../../attestation/jcs.ts'
import type { VoucherCover } from '../../../attestation/receipt/cover.ts'
import { coverStatement, EMPTY_COVER } from '../../../attestation/receipt/cover.ts'
import { requestName } from '../../../attestation/receipt/reconcile.ts'
import type { UsageStatement } from '../../../attestation/receipt/usage.ts'
import {
  SIGNED_VOUCHER_BYTES,
  type VerifiedVoucher,
  type Voucher,
  type VoucherExpectations,
  verifyVoucher
} from '../../../attestation/receipt/voucher.ts'
import { compactRange } from '../../../attestation/tlog/compact-range.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { listIfThere, readIfThere, writeWhole } from '../../runtime/stored-files.ts'
import { type AwaitedStatement, isGivenUp } from './awaited.ts'

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
  /** Keyset digest of the host that was last to be paid, 32 bytes; null before the first. */
  readonly host: Uint8Array | null
  /** Statements that no voucher covered which the market has; the newest of them. */
  readonly pending: readonly CoveredStatement[]
  /** Of answers that came with a receipt; each is here or in the cover, never in both. */
  readonly awaited: readonly AwaitedStatement[]
  /** False: the market was not asked yet whether this consumer had signed for the payee before. Nothing is signed until it was. */
  readonly isBegun: boolean
}

export const NO_COVER: PayeeCover = {
  cover: EMPTY_COVER,
  vouchered: 0n,
  voucher: null,
  host: null,
  pending: [],
  awaited: [],
  isBegun: true
}

/** Of a payee: more than a host lends for at any price worth the name. */
const MOST_AWAITED = 1024
/** A market that is away for longer is never told what older vouchers were for; their sums hold. */
const MOST_PENDING = 16_384

export function withAwaited(state: PayeeCover, awaited: AwaitedStatement): PayeeCover {
  return { ...state, awaited: [...state.awaited, awaited].slice(-MOST_AWAITED) }
}

export function withoutGivenUp(state: PayeeCover, now: number): PayeeCover {
  const awaited = state.awaited.filter((one) => !isGivenUp(one, now))
  return awaited.length === state.awaited.length ? state : { ...state, awaited }
}

/** With a statement that is verified and believed, which is then awaited no more. */
export function withStatement(state: PayeeCover, usage: UsageStatement): PayeeCover {
  const { epoch, seq } = usage
  return {
    ...state,
    cover: coverStatement(state.cover, usage),
    pending: [...state.pending, { epoch, seq }].slice(-MOST_PENDING),
    awaited: state.awaited.filter(({ request }) => request !== requestName(usage))
  }
}

/** Without what the market was told; two hosts of one payee may have brought it the same. */
export function withoutPending(state: PayeeCover, told: readonly CoveredStatement[]): PayeeCover {
  const names = new Set(told.map(placeOf))
  return { ...state, pending: state.pending.filter((one) => !names.has(placeOf(one))) }
}

function placeOf({ epoch, seq }: CoveredStatement): string {
  return `${encodeHex(epoch)}/${seq}`
}

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

/** The cover of a consumer that signed this voucher and forgot it. */
export function withVoucher(cover: PayeeCover, { bytes, signature, cumulative }: Voucher): PayeeCover {
  return cumulative <= cover.vouchered ? cover : raised(cover, cumulative, concatBytes(bytes, signature))
}

/** The cover of a consumer whose escrow has paid this much for vouchers that it signed and forgot. */
export function withPaid(cover: PayeeCover, paid: bigint): PayeeCover {
  return paid <= cover.vouchered ? cover : raised(cover, paid, null)
}

/**
 * It owes what it has signed for, at least. Nobody knows which statements that were awaited are in that: none is owed twice. What was
 * awaited since all of it was forgotten is not.
 */
function raised(before: PayeeCover, vouchered: bigint, voucher: Uint8Array | null): PayeeCover {
  const owed = before.cover.owed > vouchered ? before.cover.owed : vouchered
  return {
    ...before,
    cover: { ...before.cover, owed },
    vouchered,
    voucher,
    awaited: before.isBegun ? [] : before.awaited
  }
}

/** Keeps covers from one run to the next. What is written is there when the promise resolves, whoever kills the process. */
export interface CoverStore {
  /** `payee`: the account in hex. Undefined: nothing was ever written of it here. */
  read(payee: string): Promise<PayeeCover | undefined>
  write(payee: string, cover: PayeeCover): Promise<void>
  /** Of whom something is written. */
  payees(): Promise<readonly string[]>
}

const nano: Shape<bigint> = {
  schema: text('^[0-9]{1,39}$', 39).schema,
  read: (value, at) => BigInt(text('^[0-9]{1,39}$', 39).read(value, at)),
  write: (value) => String(value)
}

const count = integer(0, Number.MAX_SAFE_INTEGER)

const awaited = object({
  request: text('^[0-9a-f]{32}-[0-9]{1,16}$', 49),
  keysetDigest: hex(32),
  receiptHash: hex(32),
  counts: object({ prompt: count, cached: count, completion: count, reasoning: count }),
  price: nano,
  at: count
})

const shape = object({
  owed: nano,
  vouchered: nano,
  size: nano,
  hashes: list(hex(32), 64),
  voucher: nullable(hex(SIGNED_VOUCHER_BYTES)),
  host: nullable(hex(32)),
  pending: list(object({ epoch: hex(16), seq: integer(1, Number.MAX_SAFE_INTEGER) }), 100_000),
  awaited: list(awaited, 100_000),
  isBegun: flag
})

function readFile(path: string, stored: Uint8Array): Read<typeof shape> {
  try {
    const file = JSON.parse(decodeUtf8(stored)) as { readonly [member: string]: JsonValue }
    // Version 0.1 awaited nothing, named no host, and wrote what was begun alone.
    return shape.read({ awaited: [], host: null, is_begun: true, ...file }, '')
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', `${path} is not what was written there`, { cause })
  }
}

/** A disk that is full, or a folder that is closed, keeps a client from paying, and from nothing else: CONFIG_INVALID. */
export async function onDisk<Result>(path: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step()
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    throw new ServiceError('CONFIG_INVALID', `${path}: ${cause.message}`, { cause })
  }
}

/** One file a payee. CONFIG_INVALID for one that says something else, or cannot be read or written. */
export function coversInFolder(folder: string): CoverStore {
  const pathOf = (payee: string): string => join(folder, `${payee}.json`)
  return {
    async read(payee) {
      const stored = await onDisk(folder, () => readIfThere(pathOf(payee)))
      if (stored === undefined) return undefined
      const { owed, size, hashes, ...rest } = readFile(pathOf(payee), stored)
      return { ...rest, cover: { owed, statements: compactRange(size, hashes) } }
    },
    async write(payee, { cover, ...rest }) {
      const { size, hashes } = cover.statements
      const bytes = encodeUtf8(JSON.stringify(shape.write({ ...rest, owed: cover.owed, size, hashes })))
      await onDisk(folder, async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await writeWhole(pathOf(payee), bytes, 0o600)
      })
    },
    async payees() {
      return (await onDisk(folder, () => listIfThere(folder))).flatMap(
        (name) => /^([0-9a-f]{64})\.json$/.exec(name)?.slice(1) ?? []
      )
    }
  }
}

export function payeeName(payee: Uint8Array): string {
  return encodeHex(payee)
}
