/** A wallet's message that claims one voucher, or collects the market's fee, as it was signed; unix seconds and nanoTON. */
export interface SignedClaim {
  readonly kind: 'voucher' | 'fee'
  readonly escrow: Uint8Array
  /** Account that is paid: of a fee, the market's. */
  readonly payee: Uint8Array
  /** What it will have been paid by this escrow, ever. */
  readonly cumulative: bigint
  /** The wallet's. */
  readonly seqno: number
  readonly validUntil: number
  readonly message: Uint8Array
  /** Normalised (TEP-467). */
  readonly messageHash: Uint8Array
  /** Logical time of the wallet's last transaction before it. */
  readonly sinceLt: bigint
}

export interface Outcome {
  readonly state: 'paid' | 'refused' | 'lapsed'
  readonly transaction?: { readonly lt: bigint; readonly hash: Uint8Array } | undefined
}

export type ClaimStep =
  /** The same bytes again: nobody knows whether the network has them. */
  | { readonly kind: 'resend' }
  /** The wallet has taken the message, and the escrow has not been seen to pay yet. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'settle'; readonly state: Outcome['state'] }

/** How long a message is good for: blocks come every few seconds. */
export const VALID_FOR = 300
/** Validators' clocks differ: a block this much later than `validUntil` is after every block that could take the message. */
export const LAPSE_MARGIN = 60
/**
 * What the wallet sent reaches the escrow within a few blocks; after so long the escrow has refused it. All others wait for that, so it is
 * short: where a block is slow, what is claimed again costs gas and nothing else.
 */
export const PAID_WITHIN = 60

export interface ClaimView {
  readonly open: Pick<SignedClaim, 'seqno' | 'validUntil' | 'cumulative'>
  /** The wallet's seqno, in a state that is not older than `block`. */
  readonly seqno: number
  readonly block: { readonly genUtime: number }
  /** When the wallet took the message, by its transaction; undefined where none is listed. */
  readonly takenAt: number | undefined
  /** What the escrow has paid the payee; undefined: it is closed, and pays nothing more. */
  readonly paid: bigint | undefined
}

/**
 * What becomes of a claim that was signed. One message a seqno: until a block later than its `validUntil` shows the seqno
 * unchanged, it is sent again as it is and no other is signed. The escrow pays a sum once, whoever claims it, so whatever happens
 * twice costs gas and nothing else.
 */
export function planClaim({ open, seqno, block, takenAt = open.validUntil, paid }: ClaimView): ClaimStep {
  if (seqno <= open.seqno) {
    if (block.genUtime > open.validUntil + LAPSE_MARGIN) return { kind: 'settle', state: 'lapsed' }
    return { kind: 'resend' }
  }
  if (paid === undefined) return { kind: 'settle', state: 'refused' }
  if (paid >= open.cumulative) return { kind: 'settle', state: 'paid' }
  return block.genUtime > takenAt + PAID_WITHIN ? { kind: 'settle', state: 'refused' } : { kind: 'wait' }
}
