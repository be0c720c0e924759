import { expect, it } from 'vitest'
import { runRpcCampaign } from '../fuzz/rpc.ts'

it('every RPC answers malformed requests with a code, and the network goes on', async () => {
  const reports = await runRpcCampaign({ inputs: 1_500, seed: Math.floor(Math.random() * 2 ** 31) })
  expect(reports.length).toBeGreaterThan(20)
  expect(reports.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failure}`]))).toEqual([])
})
