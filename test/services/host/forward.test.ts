import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import type { Meta } from '../../../attestation/session/meta.ts'
import type { EngineFacts } from '../../../services/host/engine-facts.ts'
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
const FACTS: EngineFacts = { prefixCaching: true, salted: new Set(['/v1/responses', '/v1/embeddings']) }
const RULES = { model: 'm', routes: INFERENCE_ROUTES, facts: FACTS, cacheSalt: 'SALT' }

async function plan(text: string, meta: Partial<Meta> = {}, path = '/v1/chat/completions') {
  const request = { method: 'POST', path, headers: [], content: encodeUtf8(text) }
  const planned = await planForward(request, { ...META, ...meta }, RULES)
  if (planned.kind === 'own') return { ...planned, text: decodeUtf8(planned.answer.body) }
  return planned.kind === 'forward' ? { ...planned, text: decodeUtf8(planned.request.body) } : planned
}

test('a request that was sealed for another model than the measured one is refused, whatever its body says', async () => {
  const refused = await plan('{"model":"another"}', { model: 'another' })
  expect(refused).toMatchObject({ kind: 'own', inference: true, text: expect.stringContaining('this host serves m') })
})

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
  ])('of %s under %j', async (text, meta, expected) => {
    expect(await plan(text, meta)).toMatchObject({ kind: 'forward', text: expected })
  })

  test('has the salt of the host once, and all else as it was, whatever the client wrote', async () => {
    const members = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('cache_salt', '__proto__', 'stream_options')),
      fc.jsonValue()
    )
    await fc.assert(
      fc.asyncProperty(members, async (body) => {
        const { model: _model, stream: _stream, ...rest } = body
        const planned = await plan(JSON.stringify(rest))
        if (!('text' in planned)) throw new Error('planned otherwise')
        const forwarded = JSON.parse(planned.text)
        expect(forwarded).toEqual({ ...JSON.parse(JSON.stringify(rest)), cache_salt: 'SALT' })
        expect(planned.text.split('"cache_salt":"SALT"')).toHaveLength(2)
      })
    )
  })

  test('has no salt where no model runs', async () => {
    expect(await plan('{"prompt":"x"}', {}, '/tokenize')).toMatchObject({ text: '{"prompt":"x"}' })
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
  ])('by %s', async (text, wish) => {
    expect(await plan(text, { stream: true })).toMatchObject({ wish })
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
  ])('%s under %j', async (text, meta, problem) => {
    const planned = await plan(text, meta)
    expect(planned).toMatchObject({ kind: 'own', inference: true, answer: { status: 400 } })
    expect('text' in planned ? planned.text : '').toContain(problem)
  })

  test('a stream of a route that has none', async () => {
    const planned = await plan('{"stream":true}', { stream: true }, '/v1/embeddings')
    expect(planned).toMatchObject({ kind: 'own', answer: { status: 400 } })
  })

  test.each([
    '/v1/responses/resp_1',
    '/v1/messages/count_tokens',
    '/metrics',
    '/',
    '',
    '/v1/chat/completions/',
    '//v1/chat/completions'
  ])('the path %j, as unknown', async (path) => {
    expect(await plan('{}', {}, path)).toMatchObject({ kind: 'own', inference: false, answer: { status: 404 } })
  })
})

describe('a route is served only where tenants are kept apart', () => {
  test.each([
    ['/v1/chat/completions', true, true],
    ['/tokenize', true, true],
    ['/v1/responses', true, true],
    ['/v1/embeddings', true, true],
    ['/v1/messages', true, false],
    ['/v1/score', true, false],
    ['/v1/audio/transcriptions', true, false],
    ['/v1/messages', false, true],
    ['/v1/score', false, true],
    ['/v1/audio/transcriptions', false, true]
  ])('%s with prefix caching %s: %s', async (path, prefixCaching, served) => {
    const request = { method: 'POST', path, headers: [], content: encodeUtf8('{}') }
    const planned = await planForward(request, META, { ...RULES, facts: { ...FACTS, prefixCaching } })
    const refusedAs404 = planned.kind === 'own' && planned.answer.status === 404
    expect(refusedAs404).toBe(!served)
    if (refusedAs404) expect(decodeUtf8(planned.answer.body)).toContain('route_not_served')
  })

  test('without salt where the engine declares none, and with it where it does', async () => {
    const facts = { prefixCaching: false, salted: new Set(['/v1/responses']) }
    const bodyOf = async (path: string) => {
      const request = { method: 'POST', path, headers: [], content: encodeUtf8('{}') }
      const planned = await planForward(request, META, { ...RULES, facts })
      return planned.kind === 'forward' ? decodeUtf8(planned.request.body) : planned.kind
    }
    expect(await bodyOf('/v1/messages')).toBe('{}')
    expect(await bodyOf('/v1/responses')).toBe('{"store":false,"cache_salt":"SALT"}')
  })
})

describe('responses are never kept', () => {
  test.each([
    ['{"store":true}', '{"store":false,"cache_salt":"SALT"}'],
    ['{"previous_response_id":null,"background":false}', undefined]
  ])('%s', async (text, expected) => {
    const planned = await plan(text, {}, '/v1/responses')
    expect(planned.kind).toBe('forward')
    if (expected !== undefined) expect(planned).toMatchObject({ text: expected })
  })

  test.each(['{"previous_response_id":"resp_1"}', '{"background":true}', '{"conversation":"conv_1"}'])(
    '%s is refused',
    async (text) => {
      const planned = await plan(text, {}, '/v1/responses')
      expect(planned).toMatchObject({ kind: 'own', inference: true, answer: { status: 400 } })
      expect('text' in planned && planned.text).toContain('nothing is kept')
    }
  )

  test('nor do embeddings come as bytes, whose shape would stand in a header', async () => {
    expect(await plan('{"encoding_format":"bytes"}', {}, '/v1/embeddings')).toMatchObject({ answer: { status: 400 } })
  })
})

describe('a form', () => {
  const rules = { ...RULES, facts: { ...FACTS, prefixCaching: false } }
  const TYPE = 'multipart/form-data; boundary=B'
  const field = (name: string, value: string) =>
    `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const FILE = '--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n\u0001\u00ff\r\n'

  function planForm(fields: string, meta: Partial<Meta> = {}, type = TYPE) {
    const content = Buffer.from(`${fields}${FILE}--B--\r\n`, 'latin1')
    const headers = [['content-type', type]] as const
    const request = { method: 'POST', path: '/v1/audio/transcriptions', headers, content }
    return planForward(request, { ...META, ...meta }, rules)
  }

  test.each([
    [field('model', 'm'), {}],
    ['', {}],
    [field('stream', 'true'), { stream: true }],
    [field('stream', 'False'), {}],
    [field('max_completion_tokens', '5'), { outputLimit: 5 }]
  ])('goes byte for byte: %j under %j', async (fields, meta) => {
    const planned = await planForm(fields, meta)
    expect(planned).toMatchObject({ kind: 'forward', dialect: 'audio' })
    if (planned.kind !== 'forward') return
    expect(Buffer.from(planned.request.body).toString('latin1')).toBe(`${fields}${FILE}--B--\r\n`)
    expect(planned.request.contentType).toBe('multipart/form-data; boundary="B"')
  })

  test.each([
    [field('model', 'other'), {}, TYPE, 'sealed for m'],
    [field('model', 'm') + field('model', 'other'), {}, TYPE, 'twice'],
    [field('stream', 'yes'), {}, TYPE, 'stream false'],
    [field('stream', 'false'), { stream: true }, TYPE, 'stream true'],
    [field('max_completion_tokens', '6'), { outputLimit: 5 }, TYPE, 'at most 5'],
    [field('max_completion_tokens', 'x'), { outputLimit: 5 }, TYPE, 'at most 5'],
    ['', { outputLimit: 5 }, TYPE, 'at most 5'],
    [field('model', 'm'), {}, 'application/json', 'not a multipart form'],
    [field('model', 'm'), {}, 'multipart/form-data; boundary=C', 'not a multipart form'],
    [field('model', 'm'), {}, 'multipart/form-data; boundary=B; x=y', 'not a multipart form']
  ])('is refused: %j under %j as %s', async (fields, meta, type, problem) => {
    const planned = await planForm(fields, meta, type)
    expect(planned).toMatchObject({ kind: 'own', inference: true, answer: { status: 400 } })
    expect(planned.kind === 'own' && decodeUtf8(planned.answer.body)).toContain(problem)
  })
})
