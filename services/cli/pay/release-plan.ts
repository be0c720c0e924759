import type { PayeeState } from '../../../contracts/escrow/state.ts'

export interface ReleaseWish {
  /** Undefined: nothing was ever reserved for the payee. */
  readonly entry: PayeeState | undefined
  /** nanoTON that stay reserved, in all and ever. */
  readonly to: bigint
  /** nanoTON that the payee was vouched for or has delivered, in all and ever. */
  readonly owed: bigint
  /** Unix seconds, by the chain. */
  readonly now: number
}

export type ReleaseStep =
  /** Begins the delay, anew where another sum was asked for. */
  | { readonly kind: 'ask' }
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'release' }
  | { readonly kind: 'nothing'; readonly reserved: bigint }
  /** Less than what is the payee's cannot stay: nanoTON. */
  | { readonly kind: 'refuse'; readonly least: bigint }

/** What brings a reservation down: asked, and done once the delay is over. What was earned stays. */
export function planRelease({ entry, to, owed, now }: ReleaseWish): ReleaseStep {
  const { reserved = 0n, paid = 0n, pending } = entry ?? {}
  if (to >= reserved) return { kind: 'nothing', reserved }
  const least = owed > paid ? owed : paid
  if (to < least) return { kind: 'refuse', least }
  if (pending?.to !== to) return { kind: 'ask' }
  return now < pending.at ? { kind: 'wait', until: pending.at } : { kind: 'release' }
}
