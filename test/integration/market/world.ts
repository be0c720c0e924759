import { randomBytes } from '../../../attestation/crypto.ts'
import { priceOf, signUsage, type UsageFields } from '../../../attestation/receipt/usage.ts'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import type { MeteringClient } from '../../../proto/gen/bombyx/v1/Metering.ts'
import type { RegistryClient } from '../../../proto/gen/bombyx/v1/Registry.ts'
import type { UsageStatement } from '../../../proto/gen/bombyx/v1/UsageStatement.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import type { MarketConfig } from '../../../services/market/config.ts'
import { startMarket } from '../../../services/market/start.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { createGuestMaker, type Guest } from '../../fakes/guest.ts'
import { attest, startNetwork } from '../registry/network.ts'

/** What test hosts offer, as `DECLARATION` has it. */
export const PRICES = { prompt: 100n, cached: 10n, completion: 400n, reasoning: 400n }

export interface EnrolledHost {
  readonly id: Buffer
  readonly guest: Guest
  readonly registry: RegistryClient
}

/** A registry with a verifier that accepts, and a market that follows it. */
export async function startWorld(changes: Partial<MarketConfig> & { readonly now?: () => Date } = {}) {
  await using stack = new AsyncDisposableStack()
  const { now, ...config } = changes
  const network = stack.use(await startNetwork(config.log === undefined ? {} : { log: config.log }))
  const market = stack.use(
    await startMarket(
      {
        ...{ listen: '127.0.0.1:0', database: { url: network.databaseUrl }, registry: network.authority },
        ...{ dial: {}, domain: 'market.test', periodMs: 3_600_000 },
        ...config
      },
      now === undefined ? {} : { now }
    )
  )
  const createGuest = await createGuestMaker()
  const clients: { close(): void }[] = []
  stack.defer(() => {
    for (const client of clients) client.close()
  })
  const keep = <Client extends { close(): void }>(client: Client): Client => {
    clients.push(client)
    return client
  }
  const as = async (token?: string): Promise<MarketClient> =>
    keep(await connect(bombyxV1.Market, market.authority, token === undefined ? {} : { token }))
  const metering: MeteringClient = keep(await connect(bombyxV1.Metering, market.authority))
  const operator = await as()
  const provider = async (name: string) => {
    const { enrolmentToken } = await callUnary(network.admin, 'CreateProvider', { name })
    const registry = keep(await connect(bombyxV1.Registry, network.authority, { token: enrolmentToken }))
    return { token: enrolmentToken, registry, market: await as(enrolmentToken) }
  }
  /** Enrols a guest and waits until the market has heard of it. */
  const enrol = async (registry: RegistryClient, gpus = 1): Promise<EnrolledHost> => {
    const devices = Array.from({ length: gpus }, () => ({ arch: 'HOPPER', certificateSha256: randomBytes(32) }))
    const guest = createGuest({ gpus: devices })
    const { hostId } = await attest(registry, guest)
    while (!(await listIds(operator)).includes(hostId.toString('hex'))) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return { id: hostId, guest, registry }
  }
  const started = stack.move()
  return {
    ...{ network, authority: market.authority, metering, operator, as, provider, enrol, createGuest },
    [Symbol.asyncDispose]: () => started.disposeAsync()
  }
}

export type World = Awaited<ReturnType<typeof startWorld>>

export function declaration(hostId: Uint8Array, changes: Record<string, unknown> = {}) {
  return {
    ...{ hostId, gpu: 'H100', gpus: 1, vramGib: 80, uptimePermille: 990, region: 'eu', models: [] as string[] },
    prices: { prompt: 100, cached: 10, completion: 400, reasoning: 400 },
    ...changes
  }
}

/** A statement of a guest, at what test hosts offer. */
export function statementOf(guest: Guest, seq: number, changes: Partial<UsageFields> = {}, keyId?: Uint8Array) {
  const counts = changes.counts ?? { prompt: 1200, cached: 0, completion: 300, reasoning: 0 }
  const statement = signUsage(
    {
      ...{ counts, durationMs: 1000, epoch: guest.keyset.epoch, finish: 'complete', keyId: 'r1' },
      ...{ model: guest.keyset.model.id, n: seq, price: priceOf(counts, PRICES), receiptHash: null, seq },
      ...{ sessionId: new Uint8Array(16), tenant: new Uint8Array(16), keysetDigest: guest.keyset.digest },
      ...changes
    },
    guest.receiptKey
  )
  const message: UsageStatement = { statement, keyset: guest.keyset.bytes, keyId: keyId ?? Buffer.alloc(0) }
  return message
}

async function listIds(operator: MarketClient): Promise<readonly string[]> {
  return (await callUnary(operator, 'ListSupplies', {})).supplies.map(({ hostId }) => hostId.toString('hex'))
}
