import { describe, expect, test } from 'vitest'
import { encodeVerifierKey, noteKey } from '../../../attestation/tlog/note-key.ts'
import { readLogConfig } from '../../../services/log/config.ts'
import { createEnvReader } from '../../../services/runtime/env.ts'

/** `<verifier key> <url>` of a witness by its name and its key. */
const witness = (name: string, key: number): string =>
  `${encodeVerifierKey(noteKey(name, 'cosignature', new Uint8Array(32).fill(key)))} https://${name}`

function read(witnesses: readonly string[], minimum = '0') {
  const settings = {
    ...{ BOMBYX_LISTEN: '127.0.0.1:0', BOMBYX_DATA: '/tmp/log', BOMBYX_LOG_ORIGIN: 'log.test/l', BOMBYX_LOG_KEY: '/k' },
    ...{ BOMBYX_LOG_WITNESSES: witnesses.join(', '), BOMBYX_LOG_MINIMUM_WITNESSES: minimum }
  }
  return readLogConfig(createEnvReader(settings))
}

describe('the witnesses of a log', () => {
  test('are as many as a note has place for', () => {
    const many = Array.from({ length: 63 }, (_, at) => witness(`w${at}.test`, at))
    expect(read(many.slice(1), '62')).toMatchObject({ witnesses: { length: 62 }, minimumWitnesses: 62 })
    expect(() => read(many)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  test.each([
    ['name', [witness('a.test', 1), witness('a.test', 2)]],
    ['key', [witness('a.test', 1), witness('b.test', 1)]]
  ])('are refused when a %s occurs twice', (_, witnesses) => {
    expect(() => read(witnesses, '2')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})
