import type { MarketHandlers } from '../../../proto/gen/bombyx/v1/Market.ts'
import type { VouchersHandlers } from '../../../proto/gen/bombyx/v1/Vouchers.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { authorise, unary } from '../../runtime/grpc.ts'
import type { TokenList } from '../../runtime/tokens.ts'
import { type CallerContext, called, requireOperator } from '../callers.ts'
import type { Vouchers } from './start.ts'
import { escrowFeeToWire, storedVoucherToWire, voucherFromWire, voucherQuestionFromWire } from './wire.ts'

/** `tokens` of the relays; undefined on loopback. `vouchers` undefined: no chain is known. */
export function vouchersHandlers(vouchers: Vouchers | undefined, tokens: TokenList | undefined): VouchersHandlers {
  return {
    StoreVoucher: unary(async (request, call) => {
      authorise(tokens, call)
      await onChain(vouchers).take(voucherFromWire(request))
      return {}
    }),
    // For a payee open to all: on chain each of them would be as public. Of a whole escrow the chain may have to be asked.
    ListVouchers: unary(async (request, call) => {
      const question = voucherQuestionFromWire(request)
      if (question.payee === undefined) authorise(tokens, call)
      return { vouchers: (await onChain(vouchers).list(question)).map(storedVoucherToWire) }
    })
  }
}

/** What escrows owe the market that they name. */
export function feeHandlers(vouchers: Vouchers | undefined, context: CallerContext): Pick<MarketHandlers, 'ListFees'> {
  return {
    ListFees: called(context, async (_request, caller) => {
      requireOperator(caller)
      return { fees: (await onChain(vouchers).listFees()).map(escrowFeeToWire) }
    })
  }
}

function onChain(vouchers: Vouchers | undefined): Vouchers {
  if (vouchers === undefined) throw new ServiceError('UNIMPLEMENTED', 'this market knows no chain')
  return vouchers
}
