/** nanoTON. */
export interface ExposureLimits {
  /** What a host delivers beyond its best voucher, and a consumer signs beyond what it owes, stays below this. */
  readonly credit: bigint
  /** Seconds for which what the chain said is good enough for credit. */
  readonly maxAge: number
  /** Seconds that a claim is given to reach the chain. */
  readonly claimMargin: number
  /** What a host asks for in advance where a request names no price. */
  readonly advance: bigint
}

export const EXPOSURE_LIMITS: ExposureLimits = {
  credit: 50_000_000n,
  maxAge: 600,
  claimMargin: 3600,
  advance: 10_000_000n
}

/** What the chain said of an escrow, as far as one payee is concerned. */
export interface EscrowView {
  /** Unix seconds. */
  readonly checkedAt: number
  readonly isClosing: boolean
  /** nanoTON, in all and ever: the payee's reservation, or what a release that waits will leave of it. */
  readonly reserved: bigint
  /** Unix seconds: until then the escrow cannot be closed, whatever its consumer does. */
  readonly claimableUntil: number
}

/** A payee's account with one escrow: nanoTON, each a sum since the escrow began. */
export interface PayeeAccount {
  /** By the usage statements. */
  readonly delivered: bigint
  /** The most that the requests being answered may still come to. */
  readonly inFlight: bigint
  /** By the best voucher. */
  readonly vouchered: bigint
}

/** Why a host wants a voucher first, or more than a voucher. */
export type UnpaidReason =
  /** The reservation is used up: a voucher cannot help. */
  | 'reservation'
  /** A claim might come too late: the chain must be asked again, or the escrow is about to close. */
  | 'unclaimable'
  /** The chain was not asked lately. */
  | 'stale'
  | 'closing'
  /** The credit limit. */
  | 'credit'

export type ExposurePlan =
  /** The request may come to `upTo` nanoTON, which the host holds it to. */
  | { readonly kind: 'serve'; readonly upTo: bigint }
  /** `UNPAID`: a voucher of this `cumulative` would do, and no smaller one; absent where none would. */
  | { readonly kind: 'unpaid'; readonly reason: UnpaidReason; readonly cumulative?: bigint }

/**
 * Whether a host answers a request of at most `maxPrice` nanoTON (0: unlimited). It never delivers beyond the reservation; it
 * delivers on credit below the limit where the escrow was seen open lately, and otherwise no more than a voucher covers.
 */
export function planExposure(
  account: PayeeAccount,
  escrow: EscrowView,
  { maxPrice, now }: { readonly maxPrice: bigint; readonly now: number },
  limits: ExposureLimits = EXPOSURE_LIMITS
): ExposurePlan {
  const committed = account.delivered + account.inFlight
  const wanted = maxPrice > 0n ? maxPrice : 1n
  if (committed + wanted > escrow.reserved) return { kind: 'unpaid', reason: 'reservation' }
  if (now + limits.claimMargin >= escrow.claimableUntil) return { kind: 'unpaid', reason: 'unclaimable' }
  const distrust = distrustOf(escrow, now, limits)
  const credit = distrust === undefined ? limits.credit - 1n : 0n
  const covered = smaller(escrow.reserved, account.vouchered + credit)
  if (committed + wanted <= covered) return { kind: 'serve', upTo: maxPrice > 0n ? maxPrice : covered - committed }
  const advance = maxPrice > 0n ? maxPrice : limits.advance
  return {
    kind: 'unpaid',
    reason: distrust ?? 'credit',
    cumulative: smaller(escrow.reserved, committed + advance - credit)
  }
}

function distrustOf(escrow: EscrowView, now: number, limits: ExposureLimits): 'closing' | 'stale' | undefined {
  if (escrow.isClosing) return 'closing'
  return now - escrow.checkedAt > limits.maxAge ? 'stale' : undefined
}

/** A consumer's account with one payee: nanoTON, each a sum since the escrow began. */
export interface ConsumerAccount {
  /** By the statements that it believes (`VoucherCover.owed`). */
  readonly owed: bigint
  /** The most that its requests under way may come to. */
  readonly inFlight: bigint
  /** By the last voucher signed. */
  readonly vouchered: bigint
  readonly reserved: bigint
}

export type VoucherPlan =
  | { readonly kind: 'sign'; readonly cumulative: bigint }
  /** The last voucher covers it. */
  | { readonly kind: 'enough' }
  | { readonly kind: 'refuse'; readonly reason: 'not-owed' | 'reservation' }

/**
 * Whether a consumer signs a voucher of this `cumulative`: for what it owes after each answer, or for what a host asks in
 * advance, which is at most what its requests under way may come to and below the limit. It never signs beyond the reservation:
 * a later one would be spent before it is made.
 */
export function planVoucher(
  account: ConsumerAccount,
  cumulative: bigint,
  limits: ExposureLimits = EXPOSURE_LIMITS
): VoucherPlan {
  if (cumulative <= account.vouchered) return { kind: 'enough' }
  if (cumulative > account.owed + smaller(account.inFlight, limits.credit - 1n)) {
    return { kind: 'refuse', reason: 'not-owed' }
  }
  if (cumulative > account.reserved) return { kind: 'refuse', reason: 'reservation' }
  return { kind: 'sign', cumulative }
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
