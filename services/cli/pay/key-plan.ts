import { equalBytes } from '../../../attestation/crypto.ts'
import type { OpenEscrow } from '../../../contracts/escrow/state.ts'

export interface KeyView extends Pick<OpenEscrow, 'voucherKey' | 'oldKey'> {
  /** Unix seconds, by the chain. */
  readonly now: number
  /** Of the escrow file; undefined where its file is gone. */
  readonly own: Uint8Array | undefined
  /** Of all key files that are here. */
  readonly kept: readonly Uint8Array[]
}

export type KeyStep =
  /** The escrow has changed to a key that is here, and the escrow file names another: a run was killed in between. */
  | { readonly kind: 'adopt' }
  /** Two keys sign, and no other change is taken. `isLost`: the newer is not here. */
  | { readonly kind: 'wait'; readonly until: number; readonly isLost: boolean }
  /** The old key signs nothing any more, and its file is still here. */
  | { readonly kind: 'finish' }
  | { readonly kind: 'change' }

/** What a change of the voucher key wants next. The chain alone says which key signs, so that a run may end anywhere. */
export function planKeyChange({ voucherKey, oldKey, now, own, kept }: KeyView): KeyStep {
  const isHere = (key: Uint8Array): boolean => kept.some((one) => equalBytes(one, key))
  const isOwn = own !== undefined && equalBytes(own, voucherKey)
  if (!isOwn && isHere(voucherKey)) return { kind: 'adopt' }
  if (oldKey !== undefined && now < oldKey.until) return { kind: 'wait', until: oldKey.until, isLost: !isOwn }
  const isOldHere = oldKey !== undefined && !equalBytes(oldKey.key, voucherKey) && isHere(oldKey.key)
  return { kind: isOwn && isOldHere ? 'finish' : 'change' }
}
