import { describe, expect, it } from 'vitest'
import { createEnvReader, type EnvReader } from '../../../services/runtime/env.ts'
import { readListenConfig } from '../../../services/runtime/listen.ts'

const env = createEnvReader({
  EMPTY: '',
  NAME: 'value',
  COUNT: '42',
  NEGATIVE: '-1',
  BIG: '18446744073709551616000',
  AMOUNT: '9007199254740993',
  WAIT: '15m',
  LIST: 'a, b,,c ',
  FLAG: '1',
  SECRET: 'hunter2'
})

describe('settings', () => {
  it.each<[string, (env: EnvReader) => unknown, unknown]>([
    ['a text', (e) => e.text('NAME'), 'value'],
    ['a fallback for what is absent', (e) => e.text('ABSENT', 'other'), 'other'],
    ['a fallback for what is empty', (e) => e.text('EMPTY', 'other'), 'other'],
    ['nothing for an optional text', (e) => e.optionalText('EMPTY'), undefined],
    ['an integer', (e) => e.integer('COUNT', { min: 1, max: 42 }), 42],
    ['the fallback of an integer', (e) => e.integer('ABSENT', { fallback: 7 }), 7],
    ['an amount beyond 2^53', (e) => e.amount('AMOUNT'), 9_007_199_254_740_993n],
    ['a duration in milliseconds', (e) => e.duration('WAIT'), 900_000],
    ['the fallback of a duration', (e) => e.duration('ABSENT', '250ms'), 250],
    ['a list', (e) => e.list('LIST'), ['a', 'b', 'c']],
    ['an absent list', (e) => e.list('ABSENT'), []],
    ['a flag', (e) => e.flag('FLAG', false), true],
    ['a choice', (e) => e.choice('NAME', ['other', 'value']), 'value'],
    ['a path made absolute', (e) => e.path('NAME'), `${process.cwd()}/value`]
  ])('give %s', (_what, read, expected) => {
    expect(read(env)).toEqual(expected)
  })

  it.each<[string, (env: EnvReader) => unknown, string]>([
    ['an absent text', (e) => e.text('ABSENT'), 'ABSENT'],
    ['an empty secret', (e) => e.secret('EMPTY'), 'EMPTY'],
    ['an integer that is a word', (e) => e.integer('NAME'), 'NAME'],
    ['an integer below its range', (e) => e.integer('NEGATIVE'), 'NEGATIVE'],
    ['an integer above its range', (e) => e.integer('COUNT', { max: 41 }), 'COUNT'],
    ['an integer beyond 2^53', (e) => e.integer('BIG'), 'BIG'],
    ['an amount beyond 64 bits', (e) => e.amount('BIG'), 'BIG'],
    ['a negative amount', (e) => e.amount('NEGATIVE'), 'NEGATIVE'],
    ['a duration without a unit', (e) => e.duration('COUNT'), 'COUNT'],
    ['a flag that is a number', (e) => e.flag('COUNT', true), 'COUNT'],
    ['a flag named like a member of every object', (e) => e.flag('NAME', true), 'NAME'],
    ['a choice that is not offered', (e) => e.choice('NAME', ['a', 'b']), 'NAME']
  ])('refuse %s and name the variable', (_what, read, name) => {
    expect(() => read(env)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(name) })
    )
  })

  it('refuse a certificate without its key', () => {
    const half = createEnvReader({ BOMBYX_TLS_CERT: 'cert.pem' })
    expect(() => readListenConfig(half)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('listen on loopback unless told otherwise', () => {
    expect(readListenConfig(createEnvReader({}))).toEqual({ listen: '127.0.0.1:0' })
  })
})
