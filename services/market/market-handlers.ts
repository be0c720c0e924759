import type { MarketHandlers } from '../../proto/gen/bombyx/v1/Market.ts'
import { ServiceError } from '../runtime/errors.ts'
import { type Call, serverStream, unary } from '../runtime/grpc.ts'
import { putDemand, removeDemand } from './accounts/demands.ts'
import { type AccountContext, createKey, putOrganisation, revokeKey, setKey } from './accounts/organisations.ts'
import {
  demandFromWire,
  demandToWire,
  idFromWire,
  keyToWire,
  organisationFromWire,
  organisationToWire,
  scopeFromWire
} from './accounts/wire.ts'
import { readPages } from './billing/billing.ts'
import type { PeriodStore } from './billing/period-store.ts'
import { createUsageProofs } from './billing/periods.ts'
import type { ServedStore } from './billing/served-store.ts'
import type { BillStore } from './billing/store.ts'
import {
  billedStatementToWire,
  billLineToWire,
  deliveredLineToWire,
  periodFromWire,
  planToWire,
  servedStatementToWire,
  statementHashFromWire,
  usageProofToWire
} from './billing/wire.ts'
import {
  type Caller,
  type CallerContext,
  identifyCaller,
  organisationScope,
  providerScope,
  requireOperator
} from './callers.ts'
import { type MakePlan, planningTask } from './planning/planning.ts'
import { PlanTurns } from './planning/turns.ts'
import { planView } from './planning/view.ts'
import { listSupplies, putSupply, removeSupply, type SupplyContext } from './supply/supplies.ts'
import { createLogin, login, type WalletContext } from './supply/wallets.ts'
import { declaredFromWire, loginToWire, proofFromWire, supplyToWire } from './supply/wire.ts'
import type { Vouchers } from './vouchers/start.ts'
import { escrowFeeToWire } from './vouchers/wire.ts'

export interface MarketContext extends AccountContext, SupplyContext, WalletContext, CallerContext {
  readonly accounts: AccountContext['accounts']
  readonly wallets: WalletContext['wallets']
  readonly bills: BillStore
  readonly served: ServedStore
  readonly periods: PeriodStore
  readonly plan: MakePlan
  /** Undefined where no chain is known. */
  readonly vouchers: Pick<Vouchers, 'listFees'> | undefined
}

const DEFAULT_SECONDS = 10
const MOST_SECONDS = 120

export function marketHandlers(context: MarketContext): MarketHandlers {
  return {
    ...accountHandlers(context),
    ...demandHandlers(context),
    ...supplyHandlers(context),
    ...billHandlers(context),
    ListFees: called(context, async (_request, caller) => {
      requireOperator(caller)
      if (context.vouchers === undefined) throw new ServiceError('UNIMPLEMENTED', 'this market knows no chain')
      return { fees: (await context.vouchers.listFees()).map(escrowFeeToWire) }
    })
  }
}

/** A handler that is told who calls. */
function called<Request, Response>(
  context: CallerContext,
  handler: (request: Request, caller: Caller, call: Call) => Promise<Response>
) {
  return unary<Request, Response>(async (request, call) => handler(request, await identifyCaller(call, context), call))
}

type Own<Names extends keyof MarketHandlers> = Pick<MarketHandlers, Names>

function accountHandlers(
  context: MarketContext
): Own<'PutOrganisation' | 'ListOrganisations' | 'CreateKey' | 'ListKeys' | 'SetKey' | 'RevokeKey'> {
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

function demandHandlers(context: MarketContext): Own<'PutDemand' | 'ListDemands' | 'RemoveDemand' | 'GetPlan'> {
  const turns = new PlanTurns()
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
    }),
    GetPlan: called(context, async ({ seconds }, caller) => {
      if (seconds > MOST_SECONDS) throw new ServiceError('ARGUMENT_INVALID', `at most ${MOST_SECONDS} seconds`)
      using _ = turns.take(caller)
      const demands = await context.accounts.listDemands('')
      const now = Math.floor(context.now().getTime() / 1000)
      const limit = { now, seconds: seconds === 0 ? DEFAULT_SECONDS : seconds }
      const task = planningTask(await listSupplies(undefined, context), demands, limit)
      return planToWire(await context.plan(task), task, planView(caller, demands))
    })
  }
}

function supplyHandlers(
  context: MarketContext
): Own<'CreateLogin' | 'Login' | 'PutSupply' | 'ListSupplies' | 'RemoveSupply'> {
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

function billHandlers(
  context: MarketContext
): Own<'GetBill' | 'ListStatements' | 'ListServedStatements' | 'GetDelivered' | 'GetUsageProof'> {
  const { bills, served, periods, now } = context
  const prove = createUsageProofs(periods)
  return {
    GetBill: called(context, async (request, caller) => {
      const period = periodFromWire(request, now())
      const lines = await bills.readBill(period, organisationScope(caller, request.organisation))
      const [from, to] = [period.from, period.to].map((date) => Math.floor(date.getTime() / 1000))
      return { lines: lines.map(billLineToWire), from: from ?? 0, to: to ?? 0 }
    }),
    ListStatements: serverStream(async function* (request, call) {
      const caller = await identifyCaller(call, context)
      const organisation = organisationScope(caller, request.organisation)
      const period = periodFromWire(request, now())
      const pages = readPages((after, most) => bills.readStatements(period, organisation, after, most))
      for await (const page of pages) yield* page.map(billedStatementToWire)
    }),
    ListServedStatements: serverStream(async function* (request, call) {
      const provider = providerScope(await identifyCaller(call, context), request.provider)
      const period = periodFromWire(request, now())
      const pages = readPages((after, most) => served.readServed(period, provider, after, most))
      for await (const page of pages) yield* page.map(servedStatementToWire)
    }),
    GetDelivered: called(context, async (request, caller) => ({
      lines: (await served.readDelivered(providerScope(caller, request.provider))).map(deliveredLineToWire)
    })),
    // Whoever has the statement may know that the log counts it.
    GetUsageProof: unary(async ({ statementHash }) =>
      usageProofToWire(await prove(statementHashFromWire(statementHash)))
    )
  }
}
