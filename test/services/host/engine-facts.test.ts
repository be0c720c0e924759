import { describe, expect, test } from 'vitest'
import { readEngineFacts, UNKNOWN_ENGINE } from '../../../services/host/engine-facts.ts'

const info = (on: string, engine = 0): string =>
  `vllm:cache_config_info{block_size="16",enable_prefix_caching="${on}",engine="${engine}"} 1.0\n`

describe('prefixes count as cached', () => {
  test.each([
    ['where nothing is said', undefined, true],
    ['where the page says something else', 'vllm:num_requests_running 0\n', true],
    ['where vLLM says so', info('True'), true],
    ['where one engine of several does', info('False') + info('True', 1), true],
    ['where the setting is unknown', info('None'), true],
    ['where only a comment says no', `# ${info('False')}`, true],
    ['but not where vLLM says no', `# HELP x\n${info('False')}`, false],
    ['but not where all engines say no', info('False') + info('False', 1), false]
  ])('%s', (_, metrics, expected) => {
    expect(readEngineFacts(metrics, undefined).prefixCaching).toBe(expected)
  })
})

describe('a route declares cache_salt', () => {
  const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const schemas = {
    Salted: { properties: { cache_salt: { type: 'string' } } },
    Plain: { properties: { model: { type: 'string' } } },
    Circle: reference('Circle')
  }
  const saltedWith = (schema: unknown): boolean => {
    const content = { 'application/json': { schema } }
    const paths = { '/x': { post: { requestBody: { content } } }, '/y': { get: {} } }
    return readEngineFacts(undefined, JSON.stringify({ paths, components: { schemas } })).salted.has('/x')
  }

  test.each([
    [true, reference('Salted')],
    [true, schemas.Salted],
    [true, { anyOf: [reference('Salted'), reference('Salted')] }],
    [false, { anyOf: [reference('Salted'), reference('Plain')] }],
    [false, { oneOf: [] }],
    [false, reference('Plain')],
    [false, reference('Absent')],
    [false, reference('Circle')],
    [false, { $ref: 'https://elsewhere/Salted' }],
    [false, null]
  ])('%s: %j', (expected, schema) => {
    expect(saltedWith(schema)).toBe(expected)
  })

  test.each(['', '[]', 'null', '{"paths":7}', '{"paths":{"/x":null}}'])('never in %j', (openapi) => {
    expect(readEngineFacts(undefined, openapi)).toEqual(UNKNOWN_ENGINE)
  })
})
