import type { MarketHandlers } from '../../../proto/gen/bombyx/v1/Market.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { unixSeconds } from '../../runtime/time.ts'
import type { AccountContext } from '../accounts/organisations.ts'
import { type CallerContext, called } from '../callers.ts'
import { listSupplies, type SupplyContext } from '../supply/supplies.ts'
import { type MakePlan, planningTask } from './planning.ts'
import { PlanTurns } from './turns.ts'
import { planView } from './view.ts'
import { planToWire } from './wire.ts'

export interface PlanningContext extends SupplyContext {
  readonly accounts: Pick<AccountContext['accounts'], 'listDemands'>
  readonly plan: MakePlan
}

const DEFAULT_SECONDS = 10
const MOST_SECONDS = 120

export function planningHandlers(context: PlanningContext & CallerContext): Pick<MarketHandlers, 'GetPlan'> {
  const turns = new PlanTurns()
  return {
    GetPlan: called(context, async ({ seconds }, caller) => {
      if (seconds > MOST_SECONDS) throw new ServiceError('ARGUMENT_INVALID', `at most ${MOST_SECONDS} seconds`)
      using _ = turns.take(caller)
      const demands = await context.accounts.listDemands('')
      const now = unixSeconds(context.now())
      const limit = { now, seconds: seconds === 0 ? DEFAULT_SECONDS : seconds }
      const task = planningTask(await listSupplies(undefined, context), demands, limit)
      return planToWire(await context.plan(task), task, planView(caller, demands))
    })
  }
}
