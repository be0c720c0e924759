import { describe, expect, it } from 'vitest'
import { readChainSettings } from '../../../services/runtime/chain-config.ts'
import { createEnvReader } from '../../../services/runtime/env.ts'

const read = (env: Readonly<Record<string, string>>) => readChainSettings(createEnvReader(env))
const TESTNET = { TON_NETWORK: 'testnet', TON_ENDPOINT: 'https://toncenter.example/api/v2/jsonRPC' }

describe('where TON is asked', () => {
  it('is nowhere without a network', () => {
    expect(read({ TON_ENDPOINT: TESTNET.TON_ENDPOINT })).toBeUndefined()
  })

  it('is an endpoint of a network, with a key where there is one', () => {
    const { TON_ENDPOINT: endpoint } = TESTNET
    expect(read(TESTNET)).toEqual({ network: 'testnet', endpoint })
    expect(read({ ...TESTNET, TON_API_KEY: 'key' })).toEqual({ network: 'testnet', endpoint, apiKey: 'key' })
  })

  it('may be in the clear on loopback', () => {
    const endpoint = 'http://127.0.0.1:8081/api/v2/jsonRPC'
    expect(read({ TON_NETWORK: 'local', TON_ENDPOINT: endpoint })).toEqual({ network: 'local', endpoint })
  })

  it.each([
    ['a network that is none', { ...TESTNET, TON_NETWORK: 'moonnet' }, 'TON_NETWORK'],
    ['a network without an endpoint', { TON_NETWORK: 'testnet' }, 'TON_ENDPOINT'],
    ['an endpoint in the clear', { ...TESTNET, TON_ENDPOINT: 'http://toncenter.example/' }, 'TON_ENDPOINT'],
    ['an endpoint that is a file', { ...TESTNET, TON_ENDPOINT: 'file:///chain' }, 'TON_ENDPOINT'],
    ['an endpoint that is no URL', { ...TESTNET, TON_ENDPOINT: 'toncenter' }, 'TON_ENDPOINT']
  ])('is refused as %s', (_, env, name) => {
    expect(() => read(env)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) })
    )
  })
})
