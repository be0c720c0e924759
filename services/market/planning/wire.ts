import { decodeHex } from '../../../attestation/encoding.ts'
import type { Plan } from '../../../proto/gen/bombyx/v1/Plan.ts'
import type { PlannedHost } from '../../../proto/gen/bombyx/v1/PlannedHost.ts'
import type { PlacementPlan } from '../placement/placement.ts'
import type { Throughput } from '../placement/supply.ts'
import { type PlanningTask, throughputTable, whyUnmet } from './planning.ts'
import type { PlanView } from './view.ts'

export function planToWire(plan: PlacementPlan, task: PlanningTask, view: PlanView): Plan {
  const hosts = plan.hosts.filter(({ host }) => view.seesProvider(host.provider))
  const demands = plan.demands.filter(({ demand }) => view.seesOrganisation(view.organisationOf(demand.id)))
  const speeds = throughputTable(task.throughputs)
  return {
    madeAt: task.now,
    unmetGapPpm: ppm(plan.gaps.unmet),
    costGapPpm: ppm(plan.gaps.cost),
    movesGapPpm: ppm(plan.gaps.moves),
    hosts: hosts.map(({ host, model, moves, queriesPerDay, earningsPerDay }) => ({
      hostId: decodeHex(host.id),
      provider: host.provider,
      model: model ?? '',
      holds: host.holds ?? '',
      moves,
      queriesPerDay,
      earningsPerDay: String(earningsPerDay),
      ...(model !== undefined && speedToWire(speeds(model, host.gpu, host.gpus)))
    })),
    demands: demands.map((planned) => ({
      demandId: decodeHex(planned.demand.id),
      organisation: view.organisationOf(planned.demand.id),
      model: planned.demand.model,
      servedQueriesPerDay: planned.servedQueriesPerDay,
      unmetQueriesPerDay: planned.unmetQueriesPerDay,
      costPerDay: String(planned.costPerDay),
      unmetBecause: whyUnmet(planned, task)
    }))
  }
}

function speedToWire(speed: Throughput | undefined): Pick<PlannedHost, 'speedMilli' | 'measuredBy'> {
  if (speed === undefined) return {}
  return { speedMilli: Math.round(speed.completionTokensPerSecond * 1000), measuredBy: speed.measuredBy }
}

function ppm(share: number): number {
  return Math.min(1_000_000, Math.round(share * 1_000_000))
}
