import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import type { Supply__Output } from '../../../proto/gen/bombyx/v1/Supply.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { callUnary, connect } from '../../runtime/grpc-client.ts'

/** What a virtual GPU passes for, by the architecture that it attests. */
const BOARDS: Readonly<Record<string, { readonly gpu: string; readonly vramGib: number }>> = {
  HOPPER: { gpu: 'H100', vramGib: 80 },
  BLACKWELL: { gpu: 'B200', vramGib: 180 }
}
const POLL_MS = 50

/**
 * Declares this network's own hosts to its market, as their provider would, once the market has heard of so many. One that is declared
 * already is left as it is.
 */
export async function declareSupply(market: string, token: string, hosts: number, limit: AbortSignal): Promise<void> {
  const client = await connect(bombyxV1.Market, market, { token })
  try {
    for (const { hostId, attested } of await listedHosts(client, hosts, limit)) {
      const board = BOARDS[attested?.gpuArchitecture ?? '']
      if (attested == null || board === undefined) continue
      const { gpus, region, prices } = attested
      const size = { gpu: board.gpu, gpus, vramGib: board.vramGib * gpus }
      await callUnary(client, 'PutSupply', { hostId, ...size, uptimePermille: 990, region, prices })
    }
  } finally {
    client.close()
  }
}

async function listedHosts(
  client: MarketClient,
  hosts: number,
  limit: AbortSignal
): Promise<readonly Supply__Output[]> {
  for (;;) {
    const { supplies } = await callUnary(client, 'ListSupplies', {}, { signal: limit })
    const listed = supplies.filter(({ attested }) => attested?.listed)
    if (listed.length >= hosts) return listed.filter(({ declared }) => declared == null)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
