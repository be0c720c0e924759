import type { ApiKeysHandlers } from '../../../proto/gen/bombyx/v1/ApiKeys.ts'
import type { MarketHandlers } from '../../../proto/gen/bombyx/v1/Market.ts'
import { authorise, serverStream } from '../../runtime/grpc.ts'
import type { TokenList } from '../../runtime/tokens.ts'
import { type CallerContext, called, organisationScope, requireOperator } from '../callers.ts'
import { putDemand, removeDemand } from './demands.ts'
import { type KeyWatchContext, watchKeys } from './key-watch.ts'
import { type AccountContext, createKey, putOrganisation, revokeKey, setKey } from './organisations.ts'
import {
  demandFromWire,
  demandToWire,
  idFromWire,
  keyChangeToWire,
  keyToWire,
  organisationFromWire,
  organisationToWire,
  scopeFromWire
} from './wire.ts'

type Own = 'PutOrganisation' | 'ListOrganisations' | 'CreateKey' | 'ListKeys' | 'SetKey' | 'RevokeKey'

export function accountHandlers(context: AccountContext & CallerContext): Pick<MarketHandlers, Own> {
  return {
    PutOrganisation: called(context, async (request, caller) => {
      requireOperator(caller)
      return organisationToWire(await putOrganisation(organisationFromWire(request), context))
    }),
    ListOrganisations: called(context, async (_request, caller) => {
      requireOperator(caller)
      return { organisations: (await context.accounts.listOrganisations()).map(organisationToWire) }
    }),
    CreateKey: called(context, async ({ organisation, name, scope }, caller) => {
      requireOperator(caller)
      const made = await createKey({ organisation, name, scope: scopeFromWire(scope) }, context)
      return { key: keyToWire(made.key), secret: made.secret }
    }),
    ListKeys: called(context, async ({ organisation }, caller) => {
      return { keys: (await context.accounts.listKeys(organisationScope(caller, organisation))).map(keyToWire) }
    }),
    SetKey: called(context, async ({ keyId, scope }, caller) => {
      requireOperator(caller)
      return keyToWire(await setKey(idFromWire(keyId, 'key_id'), scopeFromWire(scope), context))
    }),
    RevokeKey: called(context, async ({ keyId }, caller) => {
      requireOperator(caller)
      return keyToWire(await revokeKey(idFromWire(keyId, 'key_id'), context))
    })
  }
}

export function demandHandlers(
  context: AccountContext & CallerContext
): Pick<MarketHandlers, 'PutDemand' | 'ListDemands' | 'RemoveDemand'> {
  return {
    PutDemand: called(context, async (request, caller) => {
      const organisation = organisationScope(caller, request.organisation)
      return demandToWire(await putDemand(demandFromWire(request, organisation), context))
    }),
    ListDemands: called(context, async (_request, caller) => {
      return { demands: (await context.accounts.listDemands(organisationScope(caller, ''))).map(demandToWire) }
    }),
    RemoveDemand: called(context, async ({ demandId }, caller) => {
      const scope = organisationScope(caller, '')
      await removeDemand(idFromWire(demandId, 'demand_id'), scope === '' ? undefined : scope, context)
      return {}
    })
  }
}

/** `tokens` of the relays; undefined on loopback. */
export function apiKeysHandlers(context: KeyWatchContext, tokens: TokenList | undefined): ApiKeysHandlers {
  return {
    Watch: serverStream(async function* (_request, call) {
      authorise(tokens, call)
      for await (const change of watchKeys(context, call.signal)) yield keyChangeToWire(change)
    })
  }
}
