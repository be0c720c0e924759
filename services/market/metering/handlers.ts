import type { MeteringHandlers } from '../../../proto/gen/bombyx/v1/Metering.ts'
import { authorise, unary } from '../../runtime/grpc.ts'
import type { TokenList } from '../../runtime/tokens.ts'
import { findStatements, type MeteringContext, storeUsage } from './metering.ts'
import { deliveryFromWire, foundToWire, meteredToWire, receiptNamesFromWire } from './wire.ts'

/** `tokens` of the relays; undefined on loopback. */
export function meteringHandlers(context: MeteringContext, tokens: TokenList | undefined): MeteringHandlers {
  return {
    StoreUsage: unary(async (request, call) => {
      authorise(tokens, call)
      return meteredToWire(await storeUsage(deliveryFromWire(request), context))
    }),
    FindStatements: unary(async (request, call) => {
      authorise(tokens, call)
      return foundToWire(await findStatements(receiptNamesFromWire(request), context))
    })
  }
}
