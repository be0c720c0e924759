import type { ApiKeysHandlers } from '../../proto/gen/bombyx/v1/ApiKeys.ts'
import type { MarketHandlers } from '../../proto/gen/bombyx/v1/Market.ts'
import type { MeteringHandlers } from '../../proto/gen/bombyx/v1/Metering.ts'
import type { VouchersHandlers } from '../../proto/gen/bombyx/v1/Vouchers.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { bindService, type ServiceBinding } from '../runtime/grpc.ts'
import type { TokenList } from '../runtime/tokens.ts'
import { accountHandlers, apiKeysHandlers, demandHandlers } from './accounts/handlers.ts'
import type { KeyWatchContext } from './accounts/key-watch.ts'
import type { AccountContext } from './accounts/organisations.ts'
import { type BillingContext, billingHandlers } from './billing/handlers.ts'
import type { CallerContext } from './callers.ts'
import { meteringHandlers } from './metering/handlers.ts'
import type { MeteringContext } from './metering/metering.ts'
import { type PlanningContext, planningHandlers } from './planning/handlers.ts'
import { supplyHandlers } from './supply/handlers.ts'
import type { WalletContext } from './supply/wallets.ts'
import { feeHandlers, vouchersHandlers } from './vouchers/handlers.ts'
import type { Vouchers } from './vouchers/start.ts'

export interface MarketContext extends AccountContext, PlanningContext, WalletContext, CallerContext, BillingContext {
  readonly accounts: AccountContext['accounts']
  readonly wallets: WalletContext['wallets']
}

export interface MarketHandlerContext {
  /** Of the relays; undefined: anybody who can reach the address, which is then loopback. */
  readonly tokens: TokenList | undefined
  readonly metering: MeteringContext
  readonly keys: KeyWatchContext
  readonly market: MarketContext
  /** Undefined where no chain is known. */
  readonly vouchers: Vouchers | undefined
}

export function marketServices(context: MarketHandlerContext): readonly ServiceBinding[] {
  const { tokens, metering, keys, market, vouchers } = context
  return [
    bindService<MeteringHandlers>(bombyxV1.Metering.service, meteringHandlers(metering, tokens)),
    bindService<ApiKeysHandlers>(bombyxV1.ApiKeys.service, apiKeysHandlers(keys, tokens)),
    bindService<MarketHandlers>(bombyxV1.Market.service, {
      ...accountHandlers(market),
      ...demandHandlers(market),
      ...supplyHandlers(market),
      ...planningHandlers(market),
      ...billingHandlers(market),
      ...feeHandlers(vouchers, market)
    }),
    bindService<VouchersHandlers>(bombyxV1.Vouchers.service, vouchersHandlers(vouchers, tokens))
  ]
}
