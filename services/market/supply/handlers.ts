import type { MarketHandlers } from '../../../proto/gen/bombyx/v1/Market.ts'
import { unary } from '../../runtime/grpc.ts'
import { idFromWire } from '../accounts/wire.ts'
import { type CallerContext, called, providerScope } from '../callers.ts'
import { listSupplies, putSupply, removeSupply, type SupplyContext } from './supplies.ts'
import { createLogin, login, type WalletContext } from './wallets.ts'
import { declaredFromWire, loginToWire, proofFromWire, supplyToWire } from './wire.ts'

export function supplyHandlers(
  context: SupplyContext & WalletContext & CallerContext
): Pick<MarketHandlers, 'CreateLogin' | 'Login' | 'PutSupply' | 'ListSupplies' | 'RemoveSupply'> {
  return {
    CreateLogin: unary(async () => ({ payload: await createLogin(context), domain: context.domain })),
    // The proof is what says who calls; an enrolment token beside it says whose wallet this becomes.
    Login: unary(async (request, call) => {
      const provider = call.bearer === undefined ? undefined : await context.identify(call.bearer)
      return loginToWire(await login(proofFromWire(request), provider, context))
    }),
    PutSupply: called(context, async (request, caller) => {
      return supplyToWire(await putSupply(declaredFromWire(request), providerScope(caller), context))
    }),
    ListSupplies: called(context, async (_request, caller) => {
      return { supplies: (await listSupplies(providerScope(caller), context)).map(supplyToWire) }
    }),
    RemoveSupply: called(context, async ({ hostId }, caller) => {
      await removeSupply(idFromWire(hostId, 'host_id'), providerScope(caller), context)
      return {}
    })
  }
}
