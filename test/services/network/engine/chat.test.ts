import { describe, expect, test } from 'vitest'
import { MODEL, runningEngine } from './running-engine.ts'

const engine = runningEngine()
const { post, postJson } = engine
const ask = (text: string) => [{ role: 'user' as const, content: text }]

async function running(): Promise<string | undefined> {
  const text = await (await fetch(`${engine.url}/metrics`)).text()
  return /vllm:num_requests_running\{[^}]*\} (\d+)/.exec(text)?.[1]
}

describe('a chat completion', () => {
  test('says that it is a stand-in, echoes the question, and says the same again', async () => {
    const once = await engine.openai.chat.completions.create({ model: MODEL, messages: ask('why is silk strong?') })
    const again = await engine.openai.chat.completions.create({ model: MODEL, messages: ask('why is silk strong?') })
    const content = once.choices[0]?.message.content
    expect(content).toContain('stand-in')
    expect(content).toContain('why is silk strong?')
    expect(again.choices[0]?.message.content).toBe(content)
    expect(once.id).toMatch(/^chatcmpl-/)
    expect(once.usage?.total_tokens).toBe((once.usage?.prompt_tokens ?? 0) + (once.usage?.completion_tokens ?? 0))
  })

  test('streams the same words: role first, finish last, then usage where asked, then [DONE]', async () => {
    const whole = await engine.openai.chat.completions.create({ model: MODEL, messages: ask('hello there') })
    const body = { model: MODEL, messages: ask('hello there'), stream: true, stream_options: { include_usage: true } }
    const response = await post('/v1/chat/completions', body)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = (await response.text()).split('\n\n').slice(0, -1)
    expect(events.every((event) => event.startsWith('data: '))).toBe(true)
    expect(events.at(-1)).toBe('data: [DONE]')
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice(6)))
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' })
    expect(chunks.at(-2).choices[0].finish_reason).toBe('stop')
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: whole.usage?.completion_tokens } })
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === undefined)).toBe(true)
    const words = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
    expect(words).toBe(whole.choices[0]?.message.content)
  })

  test('counts on every chunk under continuous_usage_stats', async () => {
    const stream_options = { include_usage: true, continuous_usage_stats: true }
    const body = { model: MODEL, messages: ask('count'), stream: true, stream_options, max_tokens: 3 }
    const text = await (await post('/v1/chat/completions', body)).text()
    const chunks = text.split('\n\n').filter((event) => event.startsWith('data: {'))
    const counts = chunks.map((chunk) => JSON.parse(chunk.slice(6)).usage.completion_tokens)
    expect(counts).toEqual([0, 1, 2, 3, 3])
  })

  test.each([
    [{ max_tokens: 4 }, 'length', 4],
    [{ max_completion_tokens: 2, max_tokens: 9 }, 'length', 2],
    [{ max_tokens: 50, ignore_eos: true }, 'length', 50]
  ])('ends for length under %j', async (limits, reason, count) => {
    const answer = await postJson('/v1/chat/completions', { model: MODEL, messages: ask('x'), ...limits })
    expect(answer.choices[0].finish_reason).toBe(reason)
    expect(answer.usage.completion_tokens).toBe(count)
  })

  test('ends before a stop string and names it', async () => {
    const answer = await postJson('/v1/chat/completions', {
      model: MODEL,
      messages: ask('x'),
      stop: ['never', 'stand-in']
    })
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', stop_reason: 'stand-in' })
    expect(answer.choices[0].message.content).toBe("I am Bombyx's demonstration engine, a ")
  })

  test('cut to nothing by a stop string still begins and ends', async () => {
    const body = { model: MODEL, messages: ask('x'), stop: 'I', stream: true }
    const events = (await (await post('/v1/chat/completions', body)).text()).split('\n\n')
    const [first, last] = events.slice(0, 2).map((event) => JSON.parse(event.slice(6)).choices[0])
    expect(first.delta.role).toBe('assistant')
    expect(last).toMatchObject({ finish_reason: 'stop', stop_reason: 'I' })
  })

  test('gives n choices, streamed ones interleaved by index', async () => {
    const stream = await engine.openai.chat.completions.create({
      model: MODEL,
      messages: ask('many'),
      n: 3,
      stream: true
    })
    const words = ['', '', '']
    for await (const chunk of stream) {
      for (const choice of chunk.choices) words[choice.index] += choice.delta.content ?? ''
    }
    expect(words[0]).not.toBe(words[1])
    expect(words[2]).toContain('(Choice 3.)')
  })

  test('names log probabilities of each token with alternatives', async () => {
    const answer = await engine.openai.chat.completions.create({
      model: MODEL,
      messages: ask('x'),
      logprobs: true,
      top_logprobs: 2,
      max_tokens: 2
    })
    const [first] = answer.choices[0]?.logprobs?.content ?? []
    expect(first?.token).toBe('I')
    expect(first?.bytes).toEqual([73])
    expect(first?.top_logprobs).toHaveLength(2)
  })

  test('counts images without fetching them', async () => {
    const image = { type: 'image_url' as const, image_url: { url: 'http://127.0.0.1:9/none.png' } }
    const answer = await engine.openai.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'what is it?' }, image] }]
    })
    expect(answer.choices[0]?.message.content).toContain('1 image')
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(256)
  })

  test('fills a JSON schema', async () => {
    const schema = {
      type: 'object',
      properties: { city: { enum: ['Paris', 'Rome'] }, days: { type: 'array', items: { $ref: '#/$defs/day' } } },
      $defs: { day: { type: 'integer', minimum: 3 } }
    }
    const answer = await engine.openai.chat.completions.create({
      model: MODEL,
      messages: ask('plan'),
      response_format: { type: 'json_schema', json_schema: { name: 'plan', schema } }
    })
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ city: 'Paris', days: [3] })
  })
})

describe('tools', () => {
  const tools = [
    {
      type: 'function' as const,
      function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { const: 'Como' } } } }
    }
  ]

  test('are called when the question names them, whole and streamed alike', async () => {
    const request = { model: MODEL, messages: ask('how is the weather?'), tools }
    const whole = await engine.openai.chat.completions.create(request)
    expect(whole.choices[0]?.finish_reason).toBe('tool_calls')
    const [call] = whole.choices[0]?.message.tool_calls ?? []
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather', arguments: '{"city":"Como"}' } })
    const runner = engine.openai.chat.completions.stream(request)
    const streamed = (await runner.finalChatCompletion()).choices[0]
    expect(streamed?.message.tool_calls?.[0]).toMatchObject({ function: { arguments: '{"city":"Como"}' } })
    expect(streamed?.finish_reason).toBe('tool_calls')
  })

  test.each([
    ['none', undefined, 'stop'],
    ['required', 'get_weather', 'tool_calls'],
    [{ type: 'function', function: { name: 'get_weather' } }, 'get_weather', 'stop']
  ])('under tool_choice %j', async (tool_choice, name, reason) => {
    const answer = await postJson('/v1/chat/completions', {
      model: MODEL,
      messages: ask('anything'),
      tools,
      tool_choice
    })
    expect(answer.choices[0].message.tool_calls?.[0]?.function.name).toBe(name)
    expect(answer.choices[0].finish_reason).toBe(reason)
  })

  test('are not called again after the tool has answered', async () => {
    const messages = [...ask('the weather?'), { role: 'tool', tool_call_id: 'c', content: 'sunny' }]
    const answer = await postJson('/v1/chat/completions', { model: MODEL, messages, tools })
    expect(answer.choices[0].message.content).toContain('The tool has answered.')
  })
})

describe('what vLLM refuses is refused in its shape', () => {
  const good = { model: MODEL, messages: ask('x') }
  test.each([
    [{ ...good, model: 'other' }, 404, 'NotFoundError'],
    [{ model: MODEL }, 400, 'Bad Request'],
    [{ ...good, messages: [] }, 400, 'BadRequestError'],
    [{ ...good, messages: [{ role: 'ghost', content: '' }] }, 400, 'BadRequestError'],
    [{ ...good, temperature: -1 }, 400, 'BadRequestError'],
    [{ ...good, top_p: 2 }, 400, 'BadRequestError'],
    [{ ...good, n: 0 }, 400, 'BadRequestError'],
    [{ ...good, max_tokens: 0 }, 400, 'BadRequestError'],
    [{ ...good, max_tokens: 'many' }, 400, 'Bad Request'],
    [{ ...good, max_tokens: 100_000 }, 400, 'BadRequestError'],
    [{ ...good, stream_options: { include_usage: true } }, 400, 'BadRequestError'],
    [{ ...good, top_logprobs: 3 }, 400, 'BadRequestError'],
    [{ ...good, cache_salt: '' }, 400, 'BadRequestError'],
    [{ ...good, tool_choice: 'required' }, 400, 'BadRequestError'],
    [{ ...good, stand_in: { status: 503 } }, 503, 'InternalServerError']
  ])('%j', async (body, status, type) => {
    const response = await post('/v1/chat/completions', body)
    expect(response.status).toBe(status)
    expect(JSON.parse(await response.text()).error).toMatchObject({ type, code: status })
  })

  test.each([
    ['GET', '/v1/chat/completions', 405],
    ['POST', '/v1/nowhere', 404],
    ['GET', '/', 404]
  ])('%s %s', async (method, path, status) => {
    expect((await fetch(engine.url + path, { method })).status).toBe(status)
  })

  test('a body that is not JSON', async () => {
    const response = await post('/v1/chat/completions', undefined, { body: '{' })
    expect(response.status).toBe(400)
  })
})

describe('trouble on demand', () => {
  const stream = (stand_in: object) =>
    post('/v1/chat/completions', { model: MODEL, messages: ask('x'), stream: true, stand_in })

  test('a torn stream has no end', async () => {
    const response = await stream({ break_after: 2 })
    await expect(response.text()).rejects.toThrow()
  })

  test('a failed stream ends with an error event, as vLLM ends it', async () => {
    const text = await (await stream({ error_after: 2 })).text()
    expect(text.split('\n\n').at(-3)).toContain('"error":{"message":"Internal server error"')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  test('a stalled request runs until its caller hangs up, and is free within 100 ms then', async () => {
    const controller = new AbortController()
    const response = await post(
      '/v1/chat/completions',
      { model: MODEL, messages: ask('[[stand-in stall_after=1]]'), stream: true },
      { signal: controller.signal }
    )
    expect(response.status).toBe(200)
    expect(await running()).toBe('1')
    controller.abort()
    await new Promise((resolve) => setTimeout(resolve, 80))
    expect(await running()).toBe('0')
  })

  test('a marker in the prompt asks for length and reasoning', async () => {
    const answer = await postJson('/v1/chat/completions', {
      model: MODEL,
      messages: ask('[[stand-in tokens=100 reasoning=7]]')
    })
    expect(answer.usage.completion_tokens).toBe(107)
    expect(answer.usage.completion_tokens_details.reasoning_tokens).toBe(7)
    expect(answer.choices[0].message.reasoning).toContain('(6)')
  })
})

test('a prefix is warm only under its own salt', async () => {
  const asked = (cache_salt: string) => ({ model: MODEL, cache_salt, messages: ask('warm '.repeat(100)) })
  const cached = async (salt: string) =>
    (await postJson('/v1/chat/completions', asked(salt))).usage.prompt_tokens_details.cached_tokens
  expect(await cached('a')).toBe(0)
  expect(await cached('a')).toBeGreaterThan(60)
  expect(await cached('b')).toBe(0)
})
