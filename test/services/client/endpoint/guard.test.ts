import { describe, expect, test } from 'vitest'
import { type GuardRules, refuseCaller } from '../../../../services/client/endpoint/guard.ts'
import { hashToken, parseTokens } from '../../../../services/runtime/tokens.ts'

const RULES: GuardRules = { hostNames: ['proxy.lan'], origins: ['https://app.example'], tokens: undefined }

describe('a caller is let in', () => {
  test.each([
    ['from this machine by name', { host: 'localhost:4242' }],
    ['from this machine by address', { host: '127.0.0.1:4242' }],
    ['from this machine by IPv6', { host: '[::1]:4242' }],
    ['by a name that is allowed', { host: 'Proxy.lan' }],
    ['from an origin that is allowed', { host: 'localhost', origin: 'https://app.example' }],
    ['from the address bar', { host: 'localhost', 'sec-fetch-site': 'none' }]
  ])('%s', (_who, headers) => {
    expect(refuseCaller(headers, RULES)).toBeUndefined()
  })
})

describe('a caller is refused', () => {
  test.each([
    ['without a Host', {}, 'host_not_allowed'],
    ['by a name that was rebound', { host: 'evil.example:4242' }, 'host_not_allowed'],
    ['by a name that only begins well', { host: 'localhost.evil.example' }, 'host_not_allowed'],
    ['by a name with more in it', { host: 'localhost@evil.example' }, 'host_not_allowed'],
    ['from a page elsewhere', { host: 'localhost', origin: 'https://evil.example' }, 'origin_not_allowed'],
    ['from a page without an origin', { host: 'localhost', origin: 'null' }, 'origin_not_allowed'],
    ['by a page’s image', { host: 'localhost', 'sec-fetch-site': 'cross-site' }, 'origin_not_allowed'],
    ['by a page on another port', { host: 'localhost', 'sec-fetch-site': 'same-site' }, 'origin_not_allowed']
  ])('%s', (_who, headers, code) => {
    expect(refuseCaller(headers, RULES)).toMatchObject({ status: 403, code })
  })
})

describe('where tokens are wanted', () => {
  const rules = { ...RULES, tokens: parseTokens(`${hashToken('good')} alice`) }

  test('a good one is let in', () => {
    expect(refuseCaller({ host: 'localhost', authorization: 'Bearer good' }, rules)).toBeUndefined()
  })

  test.each([[undefined], ['Bearer bad'], ['Basic good']])('%s is refused', (authorization) => {
    const headers = authorization === undefined ? {} : { authorization }
    expect(refuseCaller({ host: 'localhost', ...headers }, rules)).toMatchObject({ status: 401 })
  })
})
