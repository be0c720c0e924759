import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import { verifyUsage } from '../../../attestation/receipt/usage.ts'
import type { HostClient } from '../../fakes/host-client.ts'
import { openTestHost, TEST_MODEL, type TestHost } from '../../fakes/test-host.ts'

let host: TestHost
let client: HostClient

beforeAll(async () => {
  host = await openTestHost()
  client = await host.client()
})
afterAll(() => host[Symbol.asyncDispose]())

const chat = (content: string, more: object = {}) => ({
  model: TEST_MODEL,
  messages: [{ role: 'user', content }],
  ...more
})

/** The data of the events of a stream; comments and blank lines are padding to a reader. */
const events = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))
const chunksOf = (text: string) => events(text).flatMap((event) => (event === '[DONE]' ? [] : [JSON.parse(event)]))

async function lastStatement() {
  await expect.poll(() => host.network.statements.length).toBeGreaterThan(0)
  return verifyUsage(host.network.statements.at(-1)!.statement, client.leg.host.keyset)
}

describe('an answer', () => {
  test('is sealed, padded, and carries a receipt whose usage is the statement’s', async () => {
    const before = host.network.statements.length
    const answer = await client.ask({ body: chat('silk?') })
    expect([answer.code, answer.status]).toEqual([undefined, 200])
    expect(answer.headers.get('content-type')).toBe('application/json')
    const body = JSON.parse(answer.text)
    expect(body.choices[0].message.content).toContain('silk?')
    expect(answer.receipt).toMatchObject({ chatId: body.id, endpoint: '/v1/chat/completions', method: 'POST' })
    const { prompt, cached, completion } = answer.receipt!.usage
    expect(prompt + cached).toBe(body.usage.prompt_tokens)
    expect(completion).toBe(body.usage.completion_tokens)
    await expect.poll(() => host.network.statements.length).toBe(before + 1)
    const statement = await lastStatement()
    expect(statement).toMatchObject({ finish: 'complete', counts: answer.receipt!.usage, n: answer.receipt!.n })
    expect(statement.receiptHash).not.toBeNull()
  })

  test('streams as the engine streams, without the figures that were not asked for', async () => {
    const answer = await client.ask({ body: chat('stream', { stream: true }), meta: { stream: true } })
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(events(answer.text).at(-1)).toBe('[DONE]')
    const chunks = chunksOf(answer.text)
    expect(chunks.every((chunk) => chunk.choices.length === 1 && !('usage' in chunk))).toBe(true)
    expect(chunks.map((chunk) => chunk.choices[0].delta.content).join('')).toContain('stream')
    expect(answer.receipt).toMatchObject({ chatId: chunks[0].id, usage: { completion: chunks.length - 1 } })
    expect(answer.chunks.every((length) => (length - 16) % 256 === 0)).toBe(true)
  })

  test.each([
    [{ include_usage: true }, 1],
    [{ include_usage: true, continuous_usage_stats: true }, Number.POSITIVE_INFINITY]
  ])('streams the figures that were asked for by %j', async (stream_options, most) => {
    const body = chat('usage', { stream: true, stream_options })
    const answer = await client.ask({ body, meta: { stream: true } })
    const chunks = chunksOf(answer.text)
    const counted = chunks.filter((chunk) => chunk.usage)
    expect(counted.length).toBe(Math.min(most, chunks.length))
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } })
  })

  test('keeps a cadence whatever the engine does', async () => {
    const body = chat('x', { stream: true, stand_in: { tokens: 3, first_delay_ms: 300 }, max_tokens: 3 })
    const answer = await client.ask({ body, meta: { stream: true, cadenceMs: 20 } })
    expect(answer.chunks.length).toBeGreaterThan(8)
    expect(events(answer.text).at(-1)).toBe('[DONE]')
  })

  test.each([
    ['/v1/completions', { model: TEST_MODEL, prompt: 'once', max_tokens: 4 }, '"text_completion"'],
    ['/v1/embeddings', { model: TEST_MODEL, input: ['a', 'b'] }, '"embedding"'],
    ['/tokenize', { model: TEST_MODEL, prompt: 'count me' }, '"tokens"']
  ])('comes from %s too', async (path, body, wanted) => {
    const answer = await client.ask({ path, body })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain(wanted)
    expect(answer.receipt?.endpoint).toBe(path)
  })

  test('carries a prompt of 2 MiB and an answer beyond the first credit', async () => {
    const body = chat('long '.repeat(420_000), { stand_in: { tokens: 20_000 } })
    const answer = await client.ask({ body })
    expect(JSON.parse(answer.text).usage.completion_tokens).toBe(20_000)
  })

  test('tells tool calls and JSON as the engine gives them', async () => {
    const tools = [{ type: 'function', function: { name: 'find_moth', parameters: { type: 'object' } } }]
    const answer = await client.ask({ body: chat('please find moth', { tools, stream: true }), meta: { stream: true } })
    const chunks = chunksOf(answer.text)
    expect(chunks.some((chunk) => chunk.choices[0].delta.tool_calls?.[0].function.name === 'find_moth')).toBe(true)
    expect(chunks.at(-1).choices[0].finish_reason).toBe('tool_calls')
  })
})

describe('the agent answers itself', () => {
  test('the models, without a receipt', async () => {
    const answer = await client.ask({ path: '/v1/models', method: 'GET' })
    expect(JSON.parse(answer.text).data).toMatchObject([{ id: TEST_MODEL, object: 'model' }])
    expect(answer.receipt).toBeUndefined()
  })

  test.each([
    ['GET', '/metrics', 404, false],
    ['GET', '/health', 404, false],
    ['POST', '/v1/load_lora_adapter', 404, false],
    ['POST', '/v1/responses/resp_1', 404, false],
    ['POST', '/v1/audio/speech', 404, false],
    ['POST', '/v1/audio/transcriptions', 404, false],
    ['POST', '/v1/models', 405, false],
    ['GET', '/v1/chat/completions', 405, true]
  ])('%s %s', async (method, path, status, receipt) => {
    const answer = await client.ask({ method, path, body: chat('x') })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text).error.message).toEqual(expect.any(String))
    expect(answer.receipt !== undefined).toBe(receipt)
  })

  test.each([
    ['another model', chat('x', { model: 'other' }), {}],
    ['a stream that meta does not say', chat('x', { stream: true }), {}],
    ['no stream where meta says one', chat('x'), { stream: true }],
    ['a limit over meta’s', chat('x', { max_tokens: 11 }), { outputLimit: 10 }],
    ['a limit in words over meta’s', chat('x', { max_completion_tokens: '11' }), { outputLimit: 10 }],
    ['no object', [], {}]
  ])('400 for %s', async (_, body, meta) => {
    const answer = await client.ask({ body, meta })
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.text).error).toMatchObject({ type: 'BadRequestError', code: 400 })
    expect(answer.receipt?.usage).toEqual({ prompt: 0, cached: 0, completion: 0, reasoning: 0 })
  })

  test('402 where the answer would cost more than max_price, and the engine stops', async () => {
    const dear = await openTestHost({ env: { BOMBYX_PRICE_COMPLETION: '1000000' } })
    const payer = await dear.client()
    const streamed = await payer.ask({
      body: chat('x', { stream: true, stand_in: { tokens: 500, delay_ms: 1 } }),
      meta: { stream: true, maxPrice: 10n }
    })
    expect(chunksOf(streamed.text).at(-1).error.code).toBe('max_price_exceeded')
    expect(streamed.receipt?.usage.completion).toBe(10)
    const whole = await payer.ask({ body: chat('x', { stand_in: { tokens: 500 } }), meta: { maxPrice: 10n } })
    expect([whole.status, whole.receipt?.usage.completion]).toEqual([402, 0])
    await expect.poll(() => dear.engine.running).toBe(0)
    const statement = verifyUsage(dear.network.statements[0]!.statement, payer.leg.host.keyset)
    expect([statement.price, statement.counts.completion]).toEqual([10n, 10])
    await dear[Symbol.asyncDispose]()
  })
})

describe('the engine', () => {
  test.each([400, 404, 422, 500, 503])('gives %s, and the client gets the same', async (status) => {
    const answer = await client.ask({ body: chat('x', { stand_in: { status } }) })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text).error.code).toBe(status)
    expect(answer.receipt?.usage.completion).toBe(0)
  })

  test('refuses what a client gets wrong in its own words', async () => {
    const answer = await client.ask({ body: chat('x', { temperature: -1 }) })
    expect([answer.status, JSON.parse(answer.text).error.message]).toEqual([
      400,
      'temperature must be non-negative, got -1.'
    ])
  })

  test('sees a salt that is the session’s, whatever the client says', async () => {
    const body = chat('warm '.repeat(100), { cache_salt: 'mine' })
    await client.ask({ body })
    const warm = await client.ask({ body: { ...body, cache_salt: 'other' } })
    expect(warm.receipt?.usage.cached).toBeGreaterThan(60)
    const stranger = await host.client()
    const cold = await stranger.ask({ body })
    expect(cold.receipt?.usage.cached).toBe(0)
    expect(encodeHex(stranger.leg.sessionId)).not.toBe(encodeHex(client.leg.sessionId))
  })

  test('gets the limit of meta where the body has none', async () => {
    const answer = await client.ask({ body: chat('x', { stand_in: { tokens: 100 } }), meta: { outputLimit: 7 } })
    expect(JSON.parse(answer.text).usage.completion_tokens).toBe(7)
  })

  test('fails in the middle of a stream: the event passes and the statement says failed', async () => {
    const body = chat('x', { stream: true, stand_in: { error_after: 3 } })
    const before = host.network.statements.length
    const answer = await client.ask({ body, meta: { stream: true } })
    expect(answer.text).toContain('"error":{"message":"Internal server error"')
    expect(answer.receipt?.usage.completion).toBe(3)
    await expect.poll(() => host.network.statements.length).toBe(before + 1)
    expect(await lastStatement()).toMatchObject({ finish: 'failed', counts: { completion: 3 } })
  })

  test('breaks in the middle of a stream: truncated for the client, metered as failed', async () => {
    const body = chat('x', { stream: true, stand_in: { break_after: 4 } })
    const before = host.network.statements.length
    const answer = await client.ask({ body, meta: { stream: true } })
    expect(answer.code).toBe('TRUNCATED')
    await expect.poll(() => host.network.statements.length).toBe(before + 1)
    expect(await lastStatement()).toMatchObject({ finish: 'failed', counts: { completion: 4 }, receiptHash: null })
  })

  test('breaks before a whole answer: a sealed 503', async () => {
    const answer = await client.ask({ body: chat('x', { stand_in: { break_after: 1 } }) })
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([503, 'engine_unavailable'])
  })
})
