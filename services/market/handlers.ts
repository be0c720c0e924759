import type { ApiKeysHandlers } from '../../proto/gen/bombyx/v1/ApiKeys.ts'
import type { MarketHandlers } from '../../proto/gen/bombyx/v1/Market.ts'
import type { MeteringHandlers } from '../../proto/gen/bombyx/v1/Metering.ts'
import type { VouchersHandlers } from '../../proto/gen/bombyx/v1/Vouchers.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { authorise, bindService, type ServiceBinding, serverStream, unary } from '../runtime/grpc.ts'
import type { TokenList } from '../runtime/tokens.ts'
import { type KeyWatchContext, watchKeys } from './accounts/key-watch.ts'
import { keyChangeToWire } from './accounts/wire.ts'
import { type MarketContext, marketHandlers } from './market-handlers.ts'
import { findStatements, type MeteringContext, storeUsage } from './metering/metering.ts'
import { deliveryFromWire, foundToWire, meteredToWire, receiptNamesFromWire } from './metering/wire.ts'
import { vouchersHandlers } from './vouchers/handlers.ts'
import type { Vouchers } from './vouchers/start.ts'

export interface MarketHandlerContext {
  /** Of the relays; undefined: anybody who can reach the address, which is then loopback. */
  readonly tokens: TokenList | undefined
  readonly metering: MeteringContext
  readonly keys: KeyWatchContext
  readonly market: MarketContext
  /** Undefined where no chain is known. */
  readonly vouchers: Vouchers | undefined
}

export function marketServices({
  tokens,
  metering,
  keys,
  market,
  vouchers
}: MarketHandlerContext): readonly ServiceBinding[] {
  const meteringHandlers: MeteringHandlers = {
    StoreUsage: unary(async (request, call) => {
      authorise(tokens, call)
      return meteredToWire(await storeUsage(deliveryFromWire(request), metering))
    }),
    FindStatements: unary(async (request, call) => {
      authorise(tokens, call)
      return foundToWire(await findStatements(receiptNamesFromWire(request), metering))
    })
  }
  const keyHandlers: ApiKeysHandlers = {
    Watch: serverStream(async function* (_request, call) {
      authorise(tokens, call)
      for await (const change of watchKeys(keys, call.signal)) yield keyChangeToWire(change)
    })
  }
  return [
    bindService<MeteringHandlers>(bombyxV1.Metering.service, meteringHandlers),
    bindService<ApiKeysHandlers>(bombyxV1.ApiKeys.service, keyHandlers),
    bindService<MarketHandlers>(bombyxV1.Market.service, marketHandlers(market)),
    bindService<VouchersHandlers>(bombyxV1.Vouchers.service, vouchersHandlers(vouchers, tokens))
  ]
}
