import type { OpenAI } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EngineUnderTest, openEngineUnderTest, REAL_ENGINE, requestsRunning } from './engine-under-test.ts'
import { startTestNetwork, type TestNetwork } from './network.ts'

/** Every inference route through the local endpoint; with a real engine, what does not depend on its words. */

let engine: EngineUnderTest
let network: TestNetwork
let openai: OpenAI
let model: string

beforeAll(async () => {
  engine = await openEngineUnderTest()
  network = await startTestNetwork(engine)
  openai = network.openai
  model = engine.model
})

afterAll(async () => {
  await network[Symbol.asyncDispose]()
  await engine[Symbol.asyncDispose]()
})

const question = 'Which animal spins silk?'

function post(path: string, body: object, signal: AbortSignal | null = null): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(network.proxy.url + path, { method: 'POST', headers, body: JSON.stringify({ model, ...body }), signal })
}

/** Parsed without a type: what is read of it is what the test checks. */
async function postJson(path: string, body: object) {
  const response = await post(path, body)
  expect(response.headers.get('x-bombyx-verdict') ?? (await response.clone().text())).toContain('tee=virtual')
  return JSON.parse(await response.text())
}

async function receiptOf(response: Response) {
  const id = response.headers.get('x-bombyx-receipt')
  return JSON.parse(await (await fetch(`${network.proxy.url}/v1/bombyx/receipts/${id}`)).text())
}

describe('responses', () => {
  it('come at once, and are metered', async () => {
    const { data, response } = await openai.responses
      .create({ model, input: question, max_output_tokens: 12 })
      .withResponse()
    expect(data.output_text).not.toBe('')
    const usage = { type: 'usage', completion_tokens: data.usage?.output_tokens }
    expect((await receiptOf(response)).receipt.event_log).toContainEqual(expect.objectContaining(usage))
  })

  it('come as a stream whose last event is complete', async () => {
    let text = ''
    let last: OpenAI.Responses.ResponseStreamEvent | undefined
    for await (const event of await openai.responses.create({
      model,
      input: question,
      stream: true,
      max_output_tokens: 12
    })) {
      if (event.type === 'response.output_text.delta') text += event.delta
      last = event
    }
    expect(last?.type === 'response.completed' && last.response.output).toMatchObject([{ content: [{ text }] }])
  })

  it('are not kept: what asks for a stored one is refused by the host itself', async () => {
    const stored = await postJson('/v1/responses', { input: question, store: true, max_output_tokens: 4 })
    const again = await postJson('/v1/responses', { input: question, previous_response_id: stored.id })
    expect(again.error).toMatchObject({ code: 400, message: expect.stringContaining('nothing is kept') })
    expect((await post('/v1/responses', { input: question, background: true })).status).toBe(400)
    expect((await fetch(`${network.proxy.url}/v1/responses/${stored.id}`)).status).toBe(404)
  })
})

describe('messages', () => {
  const ask = { messages: [{ role: 'user', content: question }], max_tokens: 12 }

  it('come at once, in Anthropic’s shape', async () => {
    const answer = await postJson('/v1/messages', ask)
    expect(answer).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'max_tokens' })
    expect(answer.usage.output_tokens).toBe(12)
  })

  it('come as a stream with its receipt', async () => {
    const response = await post('/v1/messages', { ...ask, stream: true })
    const text = await response.text()
    expect(text).toMatch(/^event: message_start\n/)
    expect(text.trimEnd()).toMatch(/event: message_stop\ndata: .*$/)
    const { receipt } = await receiptOf(response)
    expect(receipt.event_log).toContainEqual(expect.objectContaining({ type: 'usage', completion_tokens: 12 }))
  })
})

describe('tokens', () => {
  it('are there and back', async () => {
    const { tokens } = await postJson('/tokenize', { prompt: question, add_special_tokens: false })
    expect(await postJson('/detokenize', { tokens })).toMatchObject({ prompt: question })
  })
})

describe('what a pooling engine has', () => {
  it.each([
    ['/v1/score', { queries: 'silk', documents: ['silk', 'tax law'] }, 'data', 2],
    ['/v1/rerank', { query: 'silk', documents: ['tax law', 'silk'] }, 'results', 2],
    ['/v1/pooling', { input: 'silk' }, 'data', 1],
    ['/v1/classify', { input: ['silk', 'moth'] }, 'data', 2],
    ['/v1/embeddings', { input: ['silk', 'moth'] }, 'data', 2]
  ])('%s', async (path, body, member, count) => {
    if (!engine.has(path)) return expect((await post(path, body)).status).toBe(404)
    const answer = await postJson(path, body)
    expect(answer[member]).toHaveLength(count)
    return expect(answer.usage.prompt_tokens).toBeGreaterThan(0)
  })
})

describe('audio', () => {
  const recording = () => new File([Buffer.alloc(500_000, 7)], 'moth.wav', { type: 'audio/wav' })

  it.skipIf(REAL_ENGINE)('is transcribed and translated: every byte of the form arrives', async () => {
    const heard = await openai.audio.transcriptions.create({ model, file: recording(), language: 'en' })
    expect(heard.text).toContain('(moth.wav) has 500000 bytes')
    const translated = await openai.audio.translations.create({ model, file: recording() })
    expect(translated.text).toContain('500000 bytes')
  })

  it.skipIf(REAL_ENGINE)('is transcribed as a stream', async () => {
    const form = new FormData()
    form.set('model', model)
    form.set('stream', 'true')
    form.set('file', recording())
    const response = await fetch(`${network.proxy.url}/v1/audio/transcriptions`, { method: 'POST', body: form })
    const text = await response.text()
    expect(text.split('transcription.chunk').length).toBeGreaterThan(10)
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it.skipIf(REAL_ENGINE)('is refused by the engine’s own limit, and by the network’s', async () => {
    const file = (bytes: number) => new File([new Uint8Array(bytes)], 'long.wav')
    const over = await refusalOf(openai.audio.transcriptions.create({ model, file: file(26 * 1024 * 1024) }))
    expect(over).toBe(400)
    const far = await refusalOf(openai.audio.transcriptions.create({ model, file: file(64 * 1024 * 1024) }))
    expect(far).toBe(413)
  })

  it('is refused as anything but a form', async () => {
    expect((await post('/v1/audio/transcriptions', {})).status).toBe(400)
  })
})

async function refusalOf(request: PromiseLike<unknown>): Promise<unknown> {
  return await Promise.resolve(request).then(
    () => 'answered',
    (error: { status?: number }) => error.status
  )
}

describe('size', () => {
  it('24 streams at once, each with its own answer', async () => {
    const numbers = Array.from({ length: 24 }, (_, index) => index)
    const texts = await Promise.all(
      numbers.map(async (index) => {
        const messages = [{ role: 'user' as const, content: `What is number ${index}?` }]
        const stream = await openai.chat.completions.create({ model, messages, max_tokens: 40, stream: true })
        let text = ''
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
        return text
      })
    )
    for (const [index, text] of texts.entries()) expect(text).toContain(engine.real ? '' : `number ${index}?`)
  })

  it.skipIf(REAL_ENGINE)('a prompt of 2 MiB', async () => {
    const content = 'silk '.repeat(420_000)
    const messages = [{ role: 'user' as const, content }]
    const { usage } = await openai.chat.completions.create({ model, messages, max_tokens: 4 })
    expect(usage?.prompt_tokens).toBeGreaterThan(400_000)
  })

  it.skipIf(REAL_ENGINE)('three pictures of a megabyte', async () => {
    const url = `data:image/png;base64,${Buffer.alloc(1_000_000, 7).toString('base64')}`
    const picture = { type: 'image_url' as const, image_url: { url } }
    const content = [{ type: 'text' as const, text: 'What are these?' }, picture, picture, picture]
    const answer = await openai.chat.completions.create({ model, messages: [{ role: 'user', content }] })
    expect(answer.choices[0]?.message.content).toContain('3 images')
  })

  it.skipIf(REAL_ENGINE)('an answer of 100,000 tokens, of which none is lost or out of order', async () => {
    const messages = [{ role: 'user' as const, content: 'Count. [[stand-in tokens=100000]]' }]
    let [text, chunks] = ['', 0]
    // Who wants more than the usual answer says so: without a limit a request is held to a price that many run at beside one another.
    const limited = { model, messages, max_tokens: 110_000, stream: true as const }
    for await (const chunk of await openai.chat.completions.create(limited)) {
      text += chunk.choices[0]?.delta.content ?? ''
      chunks++
    }
    const numbers = text.slice(text.lastIndexOf('"')).split(' ').slice(1).map(Number)
    expect(numbers.length).toBeGreaterThan(99_900)
    expect(numbers.every((number, at) => number === at % 1000)).toBe(true)
    expect(chunks).toBeGreaterThan(100_000)
  })
})

describe('a caller that hangs up frees the engine', () => {
  const messages = [{ role: 'user' as const, content: 'Count. [[stand-in first_delay_ms=300 delay_ms=2]]' }]
  const long = { model, messages, min_tokens: 1_000, max_tokens: 1_000 }

  /** Asks, and hangs up when `until` has settled. */
  async function hangUp(stream: boolean, until: (response: Promise<Response>) => Promise<unknown>): Promise<void> {
    const stop = new AbortController()
    const response = post('/v1/chat/completions', { ...long, model, stream }, stop.signal)
    response.catch(() => {})
    await until(response)
    stop.abort()
  }

  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
  const running = () => requestsRunning(engine.url)

  it.each<[string, boolean, (response: Promise<Response>) => Promise<unknown>]>([
    ['before anything is sent', true, async () => {}],
    ['while it is sealed and accepted', true, () => wait(3)],
    ['before the first chunk', true, () => expect.poll(running, { interval: 5 }).toBeGreaterThan(0)],
    ['while it waits for a whole answer', false, () => expect.poll(running, { interval: 5 }).toBeGreaterThan(0)],
    ['in the middle of a stream', true, async (response) => (await response).body?.getReader().read()]
  ])('%s', async (_, stream, until) => {
    await hangUp(stream, until)
    await expect.poll(running, { timeout: 2_000, interval: 10 }).toBe(0)
    // Late starts would show by now.
    await wait(200)
    expect(await running()).toBe(0)
  })

  it('at the end: what was read to the last byte is complete, whatever the caller does then', async () => {
    const stop = new AbortController()
    const body = { messages: [{ role: 'user', content: question }], max_tokens: 8, stream: true }
    const response = await post('/v1/chat/completions', body, stop.signal)
    expect(await response.text()).toContain('data: [DONE]')
    stop.abort()
    expect((await receiptOf(response)).receipt.model).toBe(model)
    expect(await running()).toBe(0)
  })

  it('and the next caller is served', async () => {
    const short = [{ role: 'user' as const, content: question }]
    const answer = await openai.chat.completions.create({ model, messages: short, max_tokens: 4 })
    expect(answer.usage?.completion_tokens).toBe(4)
  })
})
