import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bombyxV1 } from '../../../proto/load.ts'
import { DEFAULT_LIMITS } from '../../../services/relay/config.ts'
import { type RelayService, startRelay } from '../../../services/relay/start.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import { startWorld, type World } from './world.ts'

let world: World
let relay: RelayService
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  world = stack.use(await startWorld())
  relay = await startRelayWith('true')
  await world.enrol((await world.provider('one')).registry)
  await callUnary(world.operator, 'PutOrganisation', { name: 'acme' })
})
afterAll(() => stack.disposeAsync())

async function startRelayWith(marketKeys: 'true' | 'optional', listen = '127.0.0.1:0'): Promise<RelayService> {
  return stack.use(
    await startRelay({
      ...{ listen, registry: world.network.authority, market: world.authority, dial: {} },
      ...{ authorities: [], marketKeys, limits: DEFAULT_LIMITS }
    })
  )
}

async function newKey(scope = {}) {
  const { key, secret } = await callUnary(world.operator, 'CreateKey', { organisation: 'acme', name: 'k', scope })
  const client = await connect(bombyxV1.Relay, relay.authority, { token: secret })
  stack.defer(() => client.close())
  const models = async () => (await callUnary(client, 'ListModels', {})).models
  return { keyId: key?.keyId ?? Buffer.alloc(0), client, models }
}

describe('a relay that takes the market’s keys', () => {
  it('knows a key soon after it was made, and forgets it soon after it was revoked', async () => {
    const { keyId, models } = await newKey()
    await expect.poll(() => models().catch(() => undefined)).toEqual([])
    await callUnary(world.operator, 'RevokeKey', { keyId })
    await expect.poll(() => models().catch(({ code }: { code: string }) => code)).toBe('UNAUTHENTICATED')
  })

  it('refuses whoever has none', async () => {
    const stranger = await connect(bombyxV1.Relay, relay.authority, { token: 'bmx_made-up' })
    stack.defer(() => stranger.close())
    await expect(callUnary(stranger, 'ListModels', {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('refuses whoever shows none, unless keys are optional', async () => {
    const models = async ({ authority }: RelayService, dial = {}) => {
      const client = await connect(bombyxV1.Relay, authority, dial)
      stack.defer(() => client.close())
      return (await callUnary(client, 'ListModels', {})).models
    }
    await expect(models(relay)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const open = await startRelayWith('optional')
    await expect.poll(() => models(open).catch(() => undefined)).toEqual([])
    // What is shown must be right all the same.
    const refused = (error: { code: string }) => error.code
    await expect.poll(() => models(open, { token: 'bmx_made-up' }).catch(refused)).toBe('UNAUTHENTICATED')
  })

  it('makes keys optional on loopback alone', async () => {
    await expect(startRelayWith('optional', '0.0.0.0:0')).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('finds hosts for what a key is for alone', async () => {
    const other = await newKey({ models: ['other/model'] })
    await expect.poll(() => other.models().catch(() => undefined)).toBeDefined()
    await expect(callUnary(other.client, 'FindHosts', { model: 'test/model' })).rejects.toMatchObject({
      code: 'FORBIDDEN'
    })
    const strict = await newKey({ minimumPolicy: 'hardware' })
    await expect.poll(() => strict.models().catch(() => undefined)).toBeDefined()
    // No host is linked: what a link brings is checked with each request.
    await expect(callUnary(strict.client, 'FindHosts', { model: 'test/model' })).rejects.toMatchObject({
      code: 'NOT_FOUND'
    })
  })
})
