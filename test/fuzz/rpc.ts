import type { CampaignWish } from './campaign.ts'
import type { FuzzReport } from './target.ts'

/** Of a run's inputs, those that go through calls, which cost more. */
export const RPC_INPUTS_SHARE = 0.1

export async function runRpcCampaign(_wish: CampaignWish): Promise<readonly FuzzReport[]> {
  return []
}
