import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../attestation/encoding.ts'
import { type RequestOutline, readOutline } from '../../../../services/client/openai/request.ts'
import { INFERENCE_ROUTES } from '../../../../services/client/openai/routes.ts'

const USER = { role: 'user', content: 'hello' }

function outline(path: string, fields: object): Promise<RequestOutline> {
  const body = encodeUtf8(JSON.stringify({ model: 'm', ...fields }))
  return readOutline(INFERENCE_ROUTES.get(path)!, 'application/json', body)
}

describe('what is read of a body', () => {
  const cases: readonly [string, string, object, Partial<RequestOutline>][] = [
    ['no stream unless true', '/v1/chat/completions', { stream: 'true' }, { stream: false }],
    ['a stream', '/v1/chat/completions', { stream: true }, { stream: true }],
    ['no limit', '/v1/chat/completions', {}, { outputLimit: 0 }],
    ['the old limit', '/v1/completions', { max_tokens: 5 }, { outputLimit: 5 }],
    ['the larger limit', '/v1/chat/completions', { max_tokens: 5, max_completion_tokens: 9 }, { outputLimit: 9 }],
    ['the limit of responses', '/v1/responses', { max_output_tokens: 7, max_tokens: 9 }, { outputLimit: 7 }],
    ['no limit where it is no count', '/v1/completions', { max_tokens: -1 }, { outputLimit: 0 }],
    ['no limit of embeddings', '/v1/embeddings', { max_tokens: 4 }, { outputLimit: 0 }],
    ['choices', '/v1/chat/completions', { n: 3 }, { answers: 3 }],
    ['prompts', '/v1/completions', { prompt: ['a', 'b'], n: 2 }, { answers: 4 }],
    ['one prompt of tokens', '/v1/completions', { prompt: [1, 2, 3] }, { answers: 1 }],
    [
      'images',
      '/v1/chat/completions',
      { messages: [{ role: 'user', content: [{ type: 'text' }, { type: 'image_url' }] }] },
      { mediaParts: 1 }
    ]
  ]
  test.each(cases)('%s', async (_what, path, fields, expected) => {
    expect(await outline(path, fields)).toMatchObject({ model: 'm', ...expected })
  })

  const picture = `data:image/png;base64,${'A'.repeat(1000)}`
  test.each([
    ['a chat', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: picture } }] }] }, 1022],
    ['a response', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: picture }] }] }, 1022],
    [
      'a message',
      { messages: [{ role: 'user', content: [{ type: 'image', source: { data: 'A'.repeat(1000) } }] }] },
      1000
    ],
    ['a recording: its bytes count', { messages: [{ content: [{ type: 'audio', data: picture }] }] }, 0],
    ['a link: it is text', { messages: [{ content: [{ type: 'image_url', image_url: { url: 'https://a' } }] }] }, 0]
  ])('the bytes of %s without its pictures', async (_, fields, bytes) => {
    const whole = Buffer.byteLength(JSON.stringify({ model: 'm', ...fields }))
    const read = await outline('/v1/chat/completions', fields)
    expect(read).toMatchObject({ textBytes: whole - bytes, mediaParts: 1 })
  })

  test.each([
    ['/v1/rerank', { query: 'silk', documents: ['a', 'b', 'c'] }],
    ['/v1/score', { queries: ['silk'], documents: ['a', 'b', 'c'] }],
    ['/v1/score', { text_1: 'silk', text_2: ['a', 'b', 'c'] }]
  ])('%s: a query is read with each document', async (path, fields) => {
    const { textBytes } = await outline(path, fields)
    expect(textBytes).toBe(Buffer.byteLength(JSON.stringify({ model: 'm', ...fields })) + 3 * (4 + 256))
  })

  test('a form’s model and stream', async () => {
    const form = new FormData()
    form.set('model', 'whisper')
    form.set('stream', 'true')
    form.set('file', new Blob(['sound']), 'a.wav')
    const request = new Request('https://bombyx.invalid/', { method: 'POST', body: form })
    const type = request.headers.get('content-type')!
    const body = new Uint8Array(await request.arrayBuffer())
    const read = await readOutline(INFERENCE_ROUTES.get('/v1/audio/transcriptions')!, type, body)
    expect(read).toMatchObject({ model: 'whisper', stream: true, mediaParts: 1, prefix: '' })
  })
})

describe('the prefix', () => {
  test('stays the same as a conversation grows', async () => {
    const system = { role: 'system', content: 'be kind' }
    const first = await outline('/v1/chat/completions', { messages: [system, USER] })
    const later = [system, USER, { role: 'assistant', content: 'hi' }, { role: 'user', content: 'more' }]
    expect((await outline('/v1/chat/completions', { messages: later })).prefix).toBe(first.prefix)
  })

  test('differs with the instructions, and is cut', async () => {
    const one = await outline('/v1/responses', { input: 'x', instructions: 'a' })
    const other = await outline('/v1/responses', { input: 'x', instructions: 'b' })
    expect(one.prefix).not.toBe(other.prefix)
    expect((await outline('/v1/completions', { prompt: 'x'.repeat(9000) })).prefix).toHaveLength(2048)
  })
})

describe('a body is refused', () => {
  const cases: readonly [string, string][] = [
    ['that is not UTF-8', '\u{fffd}'],
    ['that is a list', '[]'],
    ['without a model', '{"model":""}'],
    ['with a model’s name that is not Unicode', '{"model":"\\ud800"}'],
    ['with a model’s name that meta cannot carry', JSON.stringify({ model: 'm'.repeat(256) })]
  ]
  test.each(cases)('%s', async (_what, text) => {
    const body = text === '\u{fffd}' ? Uint8Array.of(0x22, 0xff, 0x22) : encodeUtf8(text)
    const route = INFERENCE_ROUTES.get('/v1/chat/completions')!
    await expect(readOutline(route, '', body)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })

  test('that is no form where a form is wanted', async () => {
    const route = INFERENCE_ROUTES.get('/v1/audio/translations')!
    const refused = readOutline(route, 'application/json', encodeUtf8('{}'))
    await expect(refused).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })
})
