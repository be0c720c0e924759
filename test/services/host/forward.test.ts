import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import type { Meta } from '../../../attestation/session/meta.ts'
import { planForward } from '../../../services/host/forward.ts'
import { INFERENCE_ROUTES } from '../../../services/host/routes.ts'

const META: Meta = {
  sessionId: new Uint8Array(16),
  n: 0,
  stream: false,
  deadline: 0,
  inputSize: 0,
  outputLimit: 0,
  cadenceMs: 0,
  maxPrice: 0n,
  affinity: new Uint8Array(8),
  model: 'm'
}
const RULES = { routes: INFERENCE_ROUTES, cacheSalt: 'SALT' }

function plan(text: string, meta: Partial<Meta> = {}, path = '/v1/chat/completions') {
  const request = { method: 'POST', path, headers: [], content: encodeUtf8(text) }
  const planned = planForward(request, { ...META, ...meta }, RULES)
  if (planned.kind === 'own') return { ...planned, text: decodeUtf8(planned.answer.body) }
  return planned.kind === 'forward' ? { ...planned, text: decodeUtf8(planned.body) } : planned
}

describe('the body that the engine gets', () => {
  test.each([
    ['{}', {}, '{"cache_salt":"SALT"}'],
    ['{"a":1.0}', {}, '{"a":1.0,"cache_salt":"SALT"}'],
    [' {"seed":12345678901234567890 } \n', {}, ' {"seed":12345678901234567890 ,"cache_salt":"SALT"}'],
    ['{"a":"}"}', { outputLimit: 5 }, '{"a":"}","max_completion_tokens":5,"cache_salt":"SALT"}'],
    ['{"max_tokens":3}', { outputLimit: 5 }, '{"max_tokens":3,"cache_salt":"SALT"}'],
    ['{"max_tokens":null}', { outputLimit: 5 }, '{"max_tokens":null,"max_completion_tokens":5,"cache_salt":"SALT"}'],
    ['{"cache_salt":"mine","a":1}', {}, '{"cache_salt":"SALT","a":1}'],
    ['{"cache_salt":"x","cache_salt":"y"}', {}, '{"cache_salt":"SALT"}'],
    ['{"cache\\u005fsalt":"mine"}', {}, '{"cache_salt":"SALT"}'],
    [
      '{"stream":true}',
      { stream: true },
      '{"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true},"cache_salt":"SALT"}'
    ],
    [
      '{"stream":true,"stream_options":{"include_usage":false}}',
      { stream: true },
      '{"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true},"cache_salt":"SALT"}'
    ]
  ])('of %s under %j', (text, meta, expected) => {
    expect(plan(text, meta)).toMatchObject({ kind: 'forward', text: expected })
  })

  test('has the salt of the host once, and all else as it was, whatever the client wrote', () => {
    const members = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('cache_salt', '__proto__', 'stream_options')),
      fc.jsonValue()
    )
    fc.assert(
      fc.property(members, (body) => {
        const { model: _model, stream: _stream, ...rest } = body
        const planned = plan(JSON.stringify(rest))
        if (!('text' in planned)) throw new Error('planned otherwise')
        const forwarded = JSON.parse(planned.text)
        expect(forwarded).toEqual({ ...JSON.parse(JSON.stringify(rest)), cache_salt: 'SALT' })
        expect(planned.text.split('"cache_salt":"SALT"')).toHaveLength(2)
      })
    )
  })

  test('has no salt where no model runs', () => {
    expect(plan('{"prompt":"x"}', {}, '/tokenize')).toMatchObject({ text: '{"prompt":"x"}' })
  })
})

describe('what the client asked to see of usage', () => {
  test.each([
    ['{"stream":true}', { total: false, continuous: false }],
    ['{"stream":true,"stream_options":null}', { total: false, continuous: false }],
    ['{"stream":true,"stream_options":{}}', { total: true, continuous: false }],
    [
      '{"stream":true,"stream_options":{"include_usage":false,"continuous_usage_stats":true}}',
      { total: false, continuous: false }
    ],
    [
      '{"stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}}',
      { total: true, continuous: true }
    ]
  ])('by %s', (text, wish) => {
    expect(plan(text, { stream: true })).toMatchObject({ wish })
  })
})

describe('refused', () => {
  test.each([
    ['{', {}, 'not a JSON object'],
    ['[]', {}, 'not a JSON object'],
    ['null', {}, 'not a JSON object'],
    ['{"model":"x"}', {}, 'sealed for m'],
    ['{"model":["m"]}', {}, 'sealed for m'],
    ['{"stream":true}', {}, 'stream false'],
    ['{"stream":"true"}', { stream: true }, 'stream true'],
    ['{"stream":1}', { stream: true }, 'stream true'],
    ['{"max_tokens":6}', { outputLimit: 5 }, 'at most 5'],
    ['{"max_tokens":1,"max_completion_tokens":6}', { outputLimit: 5 }, 'at most 5'],
    ['{"max_tokens":"6"}', { outputLimit: 5 }, 'at most 5'],
    ['{"max_tokens":[6]}', { outputLimit: 5 }, 'at most 5']
  ])('%s under %j', (text, meta, problem) => {
    const planned = plan(text, meta)
    expect(planned).toMatchObject({ kind: 'own', inference: true, answer: { status: 400 } })
    expect('text' in planned ? planned.text : '').toContain(problem)
  })

  test('a stream of a route that has none', () => {
    const planned = plan('{"stream":true}', { stream: true }, '/v1/embeddings')
    expect(planned).toMatchObject({ kind: 'own', answer: { status: 400 } })
  })

  test.each(['/v1/responses', '/v1/messages', '/metrics', '/', '', '/v1/chat/completions/', '//v1/chat/completions'])(
    'the path %j, as unknown',
    (path) => {
      expect(plan('{}', {}, path)).toMatchObject({ kind: 'own', inference: false, answer: { status: 404 } })
    }
  )
})
