import type { MarketHandlers } from '../../../proto/gen/bombyx/v1/Market.ts'
import { serverStream, unary } from '../../runtime/grpc.ts'
import { unixSeconds } from '../../runtime/time.ts'
import { type CallerContext, called, identifyCaller, organisationScope, providerScope } from '../callers.ts'
import { readPages } from './billing.ts'
import type { PeriodStore } from './period-store.ts'
import { createUsageProofs } from './periods.ts'
import type { ServedStore } from './served-store.ts'
import type { BillStore } from './store.ts'
import {
  billedStatementToWire,
  billLineToWire,
  deliveredLineToWire,
  periodFromWire,
  servedStatementToWire,
  statementHashFromWire,
  usageProofToWire
} from './wire.ts'

export interface BillingContext {
  readonly bills: BillStore
  readonly served: ServedStore
  readonly periods: PeriodStore
}

type Own = 'GetBill' | 'ListStatements' | 'ListServedStatements' | 'GetDelivered' | 'GetUsageProof'

export function billingHandlers(context: BillingContext & CallerContext): Pick<MarketHandlers, Own> {
  const { bills, served, periods, now } = context
  const prove = createUsageProofs(periods)
  return {
    GetBill: called(context, async (request, caller) => {
      const period = periodFromWire(request, now())
      const lines = await bills.readBill(period, organisationScope(caller, request.organisation))
      const [from, to] = [period.from, period.to].map(unixSeconds)
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
