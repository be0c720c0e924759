import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { startEngine } from '../../../../services/network/engine/start.ts'
import { tokenize } from '../../../../services/network/engine/tokens.ts'
import { MODEL, runningEngine } from './running-engine.ts'

const engine = runningEngine()

const post = (path: string, body: unknown) => engine.post(path, { model: MODEL, ...Object(body) })
const postJson = (path: string, body: unknown) => engine.postJson(path, { model: MODEL, ...Object(body) })

function eventsOf(text: string) {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const [name, data] = event.split('\n')
      return { name: name?.slice('event: '.length), data: JSON.parse(data?.slice('data: '.length) ?? '') }
    })
}

const tool = { type: 'function' as const, name: 'find_moth', strict: false, parameters: { type: 'object' } }

describe('responses', () => {
  test('a stream tells what the whole is', async () => {
    const body = { model: MODEL, input: 'silk?', instructions: 'Be brief.', stand_in: { reasoning: 2 } }
    const whole = await engine.openai.responses.create(body)
    expect(whole.output_text).toContain('silk?')
    const usage = {
      output_tokens: 2 + tokenize(whole.output_text).length,
      output_tokens_details: { reasoning_tokens: 2 }
    }
    const names: string[] = []
    let text = ''
    for await (const event of await engine.openai.responses.create({ ...body, stream: true })) {
      names.push(event.type)
      if (event.type === 'response.output_text.delta') text += event.delta
      if (event.type === 'response.completed') expect(event.response.usage).toMatchObject(usage)
    }
    expect(text).toBe(whole.output_text)
    expect(names.filter((name, at) => name !== names[at - 1])).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.reasoning_text.delta',
      'response.reasoning_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed'
    ])
  })

  test('tools are called and their answers heard', async () => {
    const called = await engine.openai.responses.create({ model: MODEL, input: 'find moth', tools: [tool] })
    expect(called.output).toMatchObject([{ type: 'function_call', name: 'find_moth' }])
    const [call] = called.output
    if (call?.type !== 'function_call') throw new Error('no call')
    const output = { type: 'function_call_output' as const, call_id: call.call_id, output: 'here' }
    const next = await engine.openai.responses.create({
      model: MODEL,
      input: [{ role: 'user', content: 'find moth' }, call, output],
      tools: [tool]
    })
    expect(next.output_text).toContain('The tool has answered.')
  })

  test.each([
    [{ max_output_tokens: 2 }, 'incomplete'],
    [{}, 'completed']
  ])('under %j the status is %s', async (extra, status) => {
    expect(await engine.openai.responses.create({ model: MODEL, input: 'x', ...extra })).toMatchObject({ status })
  })

  test.each([
    [{ previous_response_id: 'resp_x' }, 404],
    [{ background: true }, 400],
    [{ input: undefined }, 400]
  ])('%j is refused with %s', async (extra, status) => {
    expect((await post('/v1/responses', { input: 'x', ...extra })).status).toBe(status)
  })

  test('JSON by a schema, and parts with pictures', async () => {
    const schema = { type: 'object', properties: { legs: { type: 'integer' } }, required: ['legs'] }
    const content = [
      { type: 'input_text', text: 'x' },
      { type: 'input_image', image_url: 'data:image/png;base64,AA==' }
    ]
    const text = { format: { type: 'json_schema', name: 'animal', schema } }
    const answer = await postJson('/v1/responses', { input: [{ role: 'user', content }], text })
    expect(JSON.parse(answer.output[0].content[0].text)).toEqual({ legs: expect.any(Number) })
    expect(answer.usage.input_tokens).toBeGreaterThan(256)
  })
})

describe('messages', () => {
  const ask = { messages: [{ role: 'user', content: 'silk?' }], max_tokens: 100 }

  test('a stream tells what the whole is', async () => {
    const whole = await postJson('/v1/messages', { ...ask, system: 'Be brief.' })
    expect(whole).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' })
    expect(whole.content[0].text).toContain('silk?')
    const events = eventsOf(await (await post('/v1/messages', { ...ask, system: 'Be brief.', stream: true })).text())
    expect(events.every(({ name, data }) => name === data.type)).toBe(true)
    expect(events.map(({ data }) => data.delta?.text ?? '').join('')).toBe(whole.content[0].text)
    expect(events.at(-2)?.data.usage.output_tokens).toBe(whole.usage.output_tokens)
    expect(events.at(-1)?.name).toBe('message_stop')
  })

  test('tools are called and their answers heard', async () => {
    const tools = [{ name: 'find_moth', input_schema: { type: 'object' } }]
    const asked = { role: 'user', content: 'find moth' }
    const called = await postJson('/v1/messages', { messages: [asked], max_tokens: 100, tools })
    expect(called).toMatchObject({ stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'find_moth' }] })
    const result = { type: 'tool_result', tool_use_id: called.content[0].id, content: 'here' }
    const messages = [asked, { role: 'assistant', content: called.content }, { role: 'user', content: [result] }]
    const next = await postJson('/v1/messages', { messages, max_tokens: 100, tools })
    expect(next.content[0].text).toContain('The tool has answered.')
    const events = eventsOf(
      await (await post('/v1/messages', { messages: [asked], max_tokens: 100, tools, stream: true })).text()
    )
    const input = events.map(({ data }) => data.delta?.partial_json ?? '').join('')
    expect(JSON.parse(input)).toEqual(called.content[0].input)
  })

  test('refusals come in Anthropic’s shape, those of the body check in OpenAI’s', async () => {
    const unknown = await post('/v1/messages', { ...ask, model: 'nobody' })
    expect([unknown.status, await unknown.json()]).toMatchObject([
      404,
      { type: 'error', error: { type: 'NotFoundError' } }
    ])
    const bare = await post('/v1/messages', { messages: [] })
    expect([bare.status, await bare.json()]).toMatchObject([400, { error: { param: 'body.max_tokens' } }])
  })

  test.each([
    [{ max_tokens: 2 }, 'max_tokens'],
    [{ stop_sequences: ['silk'] }, 'stop_sequence']
  ])('%j ends with %s', async (extra, reason) => {
    expect(await postJson('/v1/messages', { ...ask, ...extra })).toMatchObject({ stop_reason: reason })
  })
})

describe('pooling', () => {
  test('scores a query with each document, and each with its own', async () => {
    const one = await postJson('/v1/score', { queries: 'silk moth', documents: ['silk moth', 'tax law'] })
    expect(one.data.map((item: { score: number }) => item.score)[0]).toBeGreaterThan(one.data[1].score)
    const pairs = await postJson('/v1/score', { text_1: ['a', 'b'], text_2: ['a', 'b'] })
    expect(pairs.data.map((item: { score: number }) => item.score)).toEqual([expect.closeTo(1), expect.closeTo(1)])
    expect((await post('/v1/score', { text_1: ['a', 'b'], text_2: ['a'] })).status).toBe(400)
    expect((await post('/v1/score', { text_1: 'a' })).status).toBe(400)
  })

  test('reranks, best first, as many as wanted', async () => {
    const documents = ['tax law', 'silk moth', 'silk']
    const { results, usage } = await postJson('/v1/rerank', { query: 'silk moth', documents, top_n: 2 })
    expect(results.map(({ index }: { index: number }) => index)).toEqual([1, 2])
    expect(usage.prompt_tokens).toBeGreaterThan(0)
    expect((await post('/v1/rerank', { documents })).status).toBe(400)
  })

  test('pools a vector a token, of texts and chats', async () => {
    const texts = await postJson('/v1/pooling', { input: ['one two', 'three'] })
    expect(texts.data.map(({ data }: { data: number[][] }) => data.length)).toEqual([2, 2])
    const chat = await postJson('/v1/pooling', { messages: [{ role: 'user', content: 'x' }] })
    expect(chat.data).toHaveLength(1)
  })

  test('classifies, with probabilities', async () => {
    const { data } = await postJson('/v1/classify', { input: ['a', 'b'] })
    for (const { probs, num_classes } of data) expect(probs[0] + probs[1]).toBeCloseTo(num_classes / 2)
  })
})

describe('audio', () => {
  const file = () => new File([new Uint8Array(64_000)], 'moth.wav')

  test('tells how much was heard, streamed and whole', async () => {
    const whole = await engine.openai.audio.transcriptions.create({ model: MODEL, file: file() })
    expect(whole).toMatchObject({ text: expect.stringContaining('64000 bytes'), usage: { seconds: 2 } })
    const form = new FormData()
    for (const [name, value] of Object.entries({ model: MODEL, stream: 'true', stream_include_usage: 'true' })) {
      form.set(name, value)
    }
    form.set('file', file())
    const text = await (await fetch(`${engine.url}/v1/audio/transcriptions`, { method: 'POST', body: form })).text()
    const chunks = text.split('\n\n').slice(0, -2)
    const parsed = chunks.map((chunk) => JSON.parse(chunk.slice('data: '.length)))
    expect(parsed.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(whole.text)
    expect(parsed.at(-1).usage.prompt_tokens).toBe(100)
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('translates', async () => {
    expect(await engine.openai.audio.translations.create({ model: MODEL, file: file() })).toEqual({
      text: expect.any(String)
    })
  })

  test('refuses what is no form, and a recording over 25 MiB', async () => {
    expect((await post('/v1/audio/transcriptions', {})).status).toBe(422)
    const large = new File([new Uint8Array(25 * 1024 * 1024 + 1)], 'long.wav')
    await expect(engine.openai.audio.transcriptions.create({ model: MODEL, file: large })).rejects.toMatchObject({
      status: 400
    })
  })
})

test('an engine without prefix caching says so, and warms nothing', async () => {
  const cold = await startEngine({
    listen: '127.0.0.1:0',
    models: [MODEL],
    maxModelLength: 4096,
    tokenDelayMs: 0,
    prefixCaching: false
  })
  const sdk = new OpenAI({ baseURL: `${cold.url}/v1`, apiKey: 'none' })
  const ask = { model: MODEL, messages: [{ role: 'user' as const, content: 'long '.repeat(100) }] }
  await sdk.chat.completions.create(ask)
  const { usage } = await sdk.chat.completions.create(ask)
  expect(usage?.prompt_tokens_details?.cached_tokens).toBe(0)
  expect(await (await fetch(`${cold.url}/metrics`)).text()).toContain('enable_prefix_caching="False"')
  await cold[Symbol.asyncDispose]()
})
