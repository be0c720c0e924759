import { ed25519PublicBytes, generateEd25519 } from '../../attestation/crypto.ts'
import { EXPOSURE_LIMITS } from '../../attestation/receipt/exposure.ts'
import { signVoucher } from '../../attestation/receipt/voucher.ts'
import { type EscrowSight, PayerAccount } from '../../services/host/payer-account.ts'
import type { PayerRecord } from '../../services/host/payer-memory.ts'

export const key = generateEd25519()
export const [escrow, payee] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
export const parties = { escrow, payee }
export const voucherKey = ed25519PublicBytes(key)
export const NOW = 1_800_000_000
export const DAY = 86_400

export function sight(
  change: { reserved?: bigint; paid?: bigint; checkedAt?: number; isClosing?: boolean } = {}
): EscrowSight {
  const { reserved = 10n ** 9n, paid = 0n, checkedAt = NOW, isClosing = false } = change
  const view = (by: Uint8Array) => {
    const claimableUntil = by === voucherKey ? checkedAt + DAY : 0
    return { checkedAt, isClosing, reserved, claimableUntil }
  }
  return { checkedAt, paid, voucherKeys: [voucherKey], view }
}

export const ask = (maxPrice: bigint) => ({ voucherKey, maxPrice, now: NOW })
export const voucher = (cumulative: bigint, by = key, to = payee) =>
  signVoucher({ escrow, payee: to, cumulative, usageRoot: new Uint8Array(32) }, by)

/** What a kill leaves of an account. */
export interface Disk {
  record: PayerRecord | undefined
  fails?: boolean
  /** nanoTON of the statements that are left. */
  left?: bigint
}

export function account(seen: EscrowSight = sight(), known: readonly Uint8Array[] = [], disk?: Disk): PayerAccount {
  const keep = (record: PayerRecord): boolean => {
    if (disk !== undefined && disk.fails !== true) disk.record = record
    return disk?.fails !== true
  }
  return new PayerAccount(parties, EXPOSURE_LIMITS, {
    sight: seen,
    known,
    kept: disk?.record,
    left: disk?.left ?? 0n,
    keep
  })
}

/** Admits a request; what it may come to. */
export function upTo(payer: PayerAccount, maxPrice: bigint): bigint {
  const plan = payer.admit(ask(maxPrice))
  if (plan.kind !== 'serve') throw new Error(`not served: ${plan.kind}`)
  return plan.upTo
}

/** Answers requests of one size until the host wants to be paid; what it delivered then. */
export function serveUntilUnpaid(payer: PayerAccount, price: bigint): bigint {
  let delivered = 0n
  for (;;) {
    const plan = payer.admit(ask(price))
    if (plan.kind !== 'serve') return delivered
    payer.settle(plan.upTo, price)()
    delivered += price
  }
}
