import type { EscrowFee } from '../../../proto/gen/bombyx/v1/EscrowFee.ts'
import type { ListVouchersRequest__Output } from '../../../proto/gen/bombyx/v1/ListVouchersRequest.ts'
import type { StoredVoucher as WireStoredVoucher } from '../../../proto/gen/bombyx/v1/StoredVoucher.ts'
import type { VoucherMessage__Output } from '../../../proto/gen/bombyx/v1/VoucherMessage.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { unixSeconds } from '../../runtime/time.ts'
import type { FeeDue, StoredVoucher, VoucherQuestion } from './store.ts'
import type { DeliveredVoucher } from './take.ts'

/** protobuf ↔ domain: the only place where the two meet. */
const MOST_COVERED = 1024

export function voucherFromWire({ voucher, covered, coveredSignature }: VoucherMessage__Output): DeliveredVoucher {
  if (covered.length > MOST_COVERED) throw new ServiceError('ARGUMENT_INVALID', `at most ${MOST_COVERED} covered`)
  return {
    voucher,
    coveredSignature,
    covered: covered.map(({ epoch, seq }) => ({ epoch: accountOf(epoch, 16, 'epoch'), seq: placeOf(seq) }))
  }
}

export function voucherQuestionFromWire({ escrow, payee }: ListVouchersRequest__Output): VoucherQuestion {
  const of = escrow.byteLength > 0 ? { escrow: accountOf(escrow, 32, 'escrow') } : {}
  const to = payee.byteLength > 0 ? { payee: accountOf(payee, 32, 'payee') } : {}
  if (!('escrow' in of || 'payee' in to)) throw new ServiceError('ARGUMENT_INVALID', 'an escrow or a payee')
  return { ...of, ...to }
}

export function storedVoucherToWire({ voucher, reserved, paid }: StoredVoucher): WireStoredVoucher {
  return { voucher, reserved: String(reserved), paid: String(paid) }
}

export function escrowFeeToWire({ escrow, market, accrued, collected, checkedAt }: FeeDue): EscrowFee {
  const sums = { accrued: String(accrued), collected: String(collected) }
  return { escrow, market, ...sums, checkedAt: unixSeconds(checkedAt) }
}

/** As a row holds it; no host counts so far. */
function placeOf(seq: string): bigint {
  const place = BigInt(seq)
  if (place >= 2n ** 63n) throw new ServiceError('ARGUMENT_INVALID', 'a seq is below 2^63')
  return place
}

function accountOf(bytes: Uint8Array, length: number, name: string): Uint8Array {
  if (bytes.byteLength !== length) throw new ServiceError('ARGUMENT_INVALID', `${name} is ${length} bytes`)
  return bytes
}
