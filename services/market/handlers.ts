import type { MeteringHandlers } from '../../proto/gen/bombyx/v1/Metering.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { authorise, bindService, type ServiceBinding, unary } from '../runtime/grpc.ts'
import type { TokenList } from '../runtime/tokens.ts'
import { type MeteringContext, storeUsage } from './metering.ts'
import { deliveryFromWire, meteredToWire } from './wire.ts'

export interface MarketHandlerContext extends MeteringContext {
  /** Of the relays; undefined: anybody who can reach the address, which is then loopback. */
  readonly tokens: TokenList | undefined
}

export function marketServices(context: MarketHandlerContext): readonly ServiceBinding[] {
  const handlers: MeteringHandlers = {
    StoreUsage: unary(async (request, call) => {
      authorise(context.tokens, call)
      return meteredToWire(await storeUsage(deliveryFromWire(request), context))
    })
  }
  return [bindService<MeteringHandlers>(bombyxV1.Metering.service, handlers)]
}
