import { constants, setPriority } from 'node:os'
import { type PlacementPlan, planPlacement } from '../placement/placement.ts'
import { startSolver } from '../placement/solve.ts'
import { type PlanningTask, throughputTable } from './planning.ts'

// On Linux this is the thread's own priority: usage goes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

export async function plan({ seconds, gap, throughputs, ...input }: PlanningTask): Promise<PlacementPlan> {
  const solver = await startSolver({ seconds, gap })
  return planPlacement(input, throughputTable(throughputs), solver)
}
