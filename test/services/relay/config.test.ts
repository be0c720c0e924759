import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS, readRelayConfig } from '../../../services/relay/config.ts'
import { createEnvReader } from '../../../services/runtime/env.ts'

const NEEDED = { BOMBYX_REGISTRY: '127.0.0.1:1', BOMBYX_MARKET: '127.0.0.1:2' }
const read = (env: Record<string, string>) => readRelayConfig(createEnvReader(env))

describe('the configuration of a relay', () => {
  test('needs a registry and a market alone', () => {
    expect(read(NEEDED)).toMatchObject({ listen: '127.0.0.1:0', authorities: [], limits: DEFAULT_LIMITS })
  })

  test('says what it may be', () => {
    const config = read({
      ...NEEDED,
      BOMBYX_AUTHORITIES: 'relay-1.example:443, relay-2.example:443',
      BOMBYX_QUEUE: '9',
      BOMBYX_QUEUE_PER_TENANT: '3',
      BOMBYX_QUEUE_WAIT: '2s',
      BOMBYX_HELLOS_PER_MINUTE: '30',
      BOMBYX_STREAMS_PER_CLIENT: '7',
      BOMBYX_BLOB_CACHE_MIB: '1',
      BOMBYX_DIRECTORY_GRACE: '5s',
      BOMBYX_API_KEYS: '/keys'
    })
    expect(config).toMatchObject({
      apiKeys: '/keys',
      authorities: ['relay-1.example:443', 'relay-2.example:443'],
      limits: {
        queue: 9,
        queuePerTenant: 3,
        queueWaitMs: 2000,
        hellosPerMinute: 30,
        streamsPerClient: 7,
        blobCacheBytes: 1_048_576,
        directoryGraceMs: 5000
      }
    })
  })

  test.each([
    ['without a registry', { BOMBYX_MARKET: 'm:1' }, 'BOMBYX_REGISTRY'],
    ['without a market', { BOMBYX_REGISTRY: 'r:1' }, 'BOMBYX_MARKET'],
    ['with no streams', { ...NEEDED, BOMBYX_STREAMS_PER_CLIENT: '0' }, 'BOMBYX_STREAMS_PER_CLIENT'],
    ['with a wait that is none', { ...NEEDED, BOMBYX_QUEUE_WAIT: 'long' }, 'BOMBYX_QUEUE_WAIT']
  ])('is refused %s, by name', (_what, env, name) => {
    expect(() => read(env)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) })
    )
  })
})
