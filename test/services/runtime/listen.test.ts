import { describe, expect, it } from 'vitest'
import {
  formatHostPort,
  isLoopback,
  parseHostPort,
  readListenTls,
  requireTokens
} from '../../../services/runtime/listen.ts'

const refused = expect.objectContaining({ code: 'CONFIG_INVALID' })

describe('an address to listen on', () => {
  it.each([
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['relay.example:443', { host: 'relay.example', port: 443 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }]
  ])('%s reads and writes back', (text, parts) => {
    expect(parseHostPort(text)).toEqual(parts)
    expect(formatHostPort(parts)).toBe(text)
  })

  it.each(['', 'host', 'host:', ':1', 'host:65536', '::1:1', '[::1]', 'a b:1', 'http://host:1', 'host:1/path'])(
    '%j is refused',
    (text) => {
      expect(() => parseHostPort(text)).toThrow(refused)
    }
  )

  it.each([
    ['127.0.0.1', true],
    ['127.8.9.1', true],
    ['localhost', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['127.0.0.1.example', false],
    ['localhost.example', false],
    ['::ffff:127.0.0.1', false]
  ])('%s is loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })

  it.each(['0.0.0.0:0', '[::]:0', '192.168.0.1:1', 'example.com:1'])(
    '%s is refused without TLS files',
    async (listen) => {
      await expect(readListenTls({ listen })).rejects.toThrow(refused)
    }
  )

  it('is refused with TLS files that are not there', async () => {
    const tls = { cert: '/nowhere/cert.pem', key: '/nowhere/key.pem' }
    await expect(readListenTls({ listen: '0.0.0.0:0', tls })).rejects.toThrow(refused)
  })

  it('needs tokens where others can reach it, TLS or not', () => {
    const tls = { cert: 'cert.pem', key: 'key.pem' }
    expect(() => requireTokens({ listen: '0.0.0.0:0', tls }, undefined)).toThrow(refused)
    expect(requireTokens({ listen: '0.0.0.0:0', tls }, 'tokens')).toBe('tokens')
    expect(requireTokens({ listen: '127.0.0.1:0' }, undefined)).toBeUndefined()
  })
})
