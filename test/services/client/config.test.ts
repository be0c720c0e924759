import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encodePolicy, PRODUCTION_POLICY, TDX_ONLY_POLICY, virtualPolicy } from '../../../attestation/policy.ts'
import { createClient } from '../../../services/client/client.ts'
import { type ProxyConfig, readProxyConfig } from '../../../services/client/config.ts'
import { startEndpoint } from '../../../services/client/endpoint/endpoint.ts'
import { createEnvReader } from '../../../services/runtime/env.ts'
import { createLabRoot } from '../../fakes/virtual-evidence.ts'

function read(env: Record<string, string>): Promise<ProxyConfig> {
  return readProxyConfig(createEnvReader({ BOMBYX_RELAYS: 'relay.example:443', ...env }))
}

describe('the proxy’s settings', () => {
  test('have safe defaults: loopback, and the production policy', async () => {
    const config = await read({})
    expect(config).toMatchObject({ relays: ['relay.example:443'], listen: '127.0.0.1:4242', legs: 8 })
    expect(config.policy).toBe(PRODUCTION_POLICY)
    expect([config.hostNames, config.origins, config.apiKey, config.maxPrices]).toEqual([[], [], undefined, undefined])
  })

  test('name a policy that ships, as every other command does', async () => {
    expect((await read({ BOMBYX_POLICY: 'tdx-only' })).policy).toBe(TDX_ONLY_POLICY)
  })

  test('name a policy by the path of its document', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-policy-'))
    try {
      const policy = virtualPolicy((await createLabRoot()).root.certificate)
      const path = join(folder, 'policy.json')
      await writeFile(path, encodePolicy(policy))
      expect((await read({ BOMBYX_POLICY: path })).policy.digest).toEqual(policy.digest)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('give prices and limits', async () => {
    const config = await read({ BOMBYX_MAX_PRICES: '1,2,3,4', BOMBYX_SESSION_TTL: '90s', BOMBYX_TOKEN: 'key' })
    const maxPrices = { prompt: 1n, cached: 2n, completion: 3n, reasoning: 4n }
    expect(config).toMatchObject({ maxPrices, sessionSeconds: 90, apiKey: 'key' })
  })

  test.each([
    ['no relay', { BOMBYX_RELAYS: '' }, 'BOMBYX_RELAYS'],
    ['a policy that is no file', { BOMBYX_POLICY: 'virtual' }, 'BOMBYX_POLICY'],
    ['three prices', { BOMBYX_MAX_PRICES: '1,2,3' }, 'BOMBYX_MAX_PRICES'],
    ['a price that is no amount', { BOMBYX_MAX_PRICES: '1,2,3,1.5' }, 'BOMBYX_MAX_PRICES'],
    ['a session over an hour', { BOMBYX_SESSION_TTL: '2h' }, 'BOMBYX_SESSION_TTL'],
    ['a request over the protocol’s deadline', { BOMBYX_REQUEST_TIMEOUT: '15m' }, 'BOMBYX_REQUEST_TIMEOUT'],
    ['nine legs', { BOMBYX_LEGS: '9' }, 'BOMBYX_LEGS']
  ])('are refused with %s', async (_what, env, name) => {
    await expect(read(env)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) })
  })
})

describe('a client is refused', () => {
  test.each([
    ['without relays', { relays: [] }],
    ['with no leg', { legs: 0 }],
    ['with a deadline that hosts refuse', { requestSeconds: 900 }],
    ['with a session that ends at once', { sessionSeconds: 0 }],
    ['with a cadence that meta cannot carry', { cadenceMs: 65_536 }]
  ])('%s', (_what, change) => {
    const options = { relays: ['localhost:1'], policy: PRODUCTION_POLICY, ...change }
    expect(() => createClient(options)).toThrow(TypeError)
  })
})

describe('the endpoint is not started', () => {
  test('where others can reach it without TLS', async () => {
    const client = { ask: () => Promise.reject(new TypeError('nobody asks')) }
    await expect(startEndpoint({ listen: '0.0.0.0:0', client })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
