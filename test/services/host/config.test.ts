import { describe, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { readHostConfig } from '../../../services/host/config.ts'
import { parseEngineUrl } from '../../../services/host/vllm.ts'
import { createEnvReader } from '../../../services/runtime/env.ts'

const GOOD = {
  BOMBYX_REGISTRY: '127.0.0.1:1',
  BOMBYX_RELAYS: '127.0.0.1:2, 127.0.0.1:3',
  BOMBYX_ENROLMENT_TOKEN: 'secret-token',
  BOMBYX_COLLECTOR: 'virtual:/some/platform.json',
  BOMBYX_MODEL: 'm',
  BOMBYX_WEIGHTS: 'ab'.repeat(32),
  VLLM_URL: 'http://127.0.0.1:8000'
}
const read = (env: Record<string, string>) => readHostConfig(createEnvReader({ ...GOOD, ...env }))

test('the least that a host needs, and what it takes for the rest', () => {
  const config = read({})
  expect(config).toMatchObject({
    relays: ['127.0.0.1:2', '127.0.0.1:3'],
    slots: 16,
    region: 'local',
    devices: { kind: 'none' }
  })
  expect(config.registry.dial.token).toBe('secret-token')
  expect(config.relayDial).not.toHaveProperty('token')
  expect(config.subject).toBeUndefined()
  expect(read({ BOMBYX_SUBJECT: 'ab'.repeat(16) }).subject).toBe(`bombyx:host:${'ab'.repeat(16)}`)
  expect(config.prices.prompt).toBe(0n)
})

test.each([
  ['none', { kind: 'none' }],
  ['nvml', { kind: 'nvml' }],
  ['nvattest', { kind: 'nvattest', program: 'nvattest' }],
  ['nvattest:/opt/nvattest', { kind: 'nvattest', program: '/opt/nvattest' }],
  ['virtual:/some/devices.json', { kind: 'virtual', path: '/some/devices.json' }]
])('devices from %s', (text, expected) => {
  expect(read({ BOMBYX_DEVICES: text }).devices).toEqual(expected)
})

test('the measured configuration depends on model, weights and routes', () => {
  const hash = (env: Record<string, string>) => encodeHex(read(env).composeHash)
  const others = [{ BOMBYX_MODEL: 'n' }, { BOMBYX_WEIGHTS: 'cd'.repeat(32) }, { BOMBYX_ROUTES: '/tokenize' }]
  expect(new Set([hash({}), ...others.map(hash)]).size).toBe(4)
  expect(hash({})).toBe(hash({ BOMBYX_SLOTS: '2' }))
  expect(hash({ BOMBYX_COMPOSE_HASH: '12'.repeat(32) })).toBe('12'.repeat(32))
})

const PAID = {
  BOMBYX_PAYMENT: 'accepted',
  BOMBYX_HOST_STATE: '/state',
  BOMBYX_PAYEE: '0:aa',
  BOMBYX_PAYMENT_MARKET: '0:bb',
  TON_NETWORK: 'local',
  TON_ENDPOINT: 'http://127.0.0.1:1'
}

test('payment wants a chain, a payee, a market, and a folder that remembers', () => {
  expect(read(PAID).payment).toMatchObject({ required: false, stateFolder: '/state', credit: 50_000_000n })
  for (const name of ['TON_NETWORK', 'BOMBYX_PAYEE', 'BOMBYX_PAYMENT_MARKET', 'BOMBYX_HOST_STATE']) {
    for (const mode of ['accepted', 'required']) {
      const reading = (): unknown => read({ ...PAID, BOMBYX_PAYMENT: mode, [name]: '' })
      expect(reading).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) })
      )
    }
  }
  expect(read({ ...PAID, BOMBYX_PAYMENT: 'none', BOMBYX_HOST_STATE: '' })).not.toHaveProperty('payment')
})

describe('refused by name', () => {
  test.each([
    ['BOMBYX_RELAYS', ''],
    ['BOMBYX_WEIGHTS', ''],
    ['BOMBYX_WEIGHTS', 'AB'.repeat(32)],
    ['BOMBYX_COLLECTOR', 'tdx'],
    ['BOMBYX_COLLECTOR', 'virtual:'],
    ['BOMBYX_DEVICES', 'gpu'],
    ['BOMBYX_DEVICES', 'virtual:'],
    ['BOMBYX_DEVICES', 'nvml:libnvidia-ml.so'],
    ['BOMBYX_ROUTES', '/metrics'],
    ['BOMBYX_SLOTS', '0'],
    ['BOMBYX_PRICE_PROMPT', (2n ** 53n).toString()],
    ['BOMBYX_SUBJECT', 'me'],
    ['VLLM_URL', 'http://10.0.0.1:8000']
  ])('%s=%s', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => read({ [name]: value })).toThrow(name)
  })
})

describe('the engine is on loopback', () => {
  test.each(['http://127.0.0.1:8000', 'http://127.9.9.9:1/', 'http://[::1]:8000', 'http://localhost:8000'])(
    '%s',
    (url) => {
      expect(parseEngineUrl(url).protocol).toBe('http:')
    }
  )

  test.each([
    'https://127.0.0.1:8000',
    'http://0.0.0.0:8000',
    'http://127.0.0.1.example:8000',
    'http://example.com',
    'http://127.0.0.1@example.com',
    'http://user:pass@127.0.0.1:8000',
    'http://127.0.0.1:8000/v1',
    'unix:/run/vllm.sock',
    ''
  ])('not %s', (url) => {
    expect(() => parseEngineUrl(url)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})
