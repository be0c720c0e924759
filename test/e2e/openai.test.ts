import { APIError, type OpenAI } from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MODEL, startTestNetwork, type TestNetwork } from './network.ts'

let network: TestNetwork
let openai: OpenAI

beforeAll(async () => {
  network = await startTestNetwork()
  openai = network.openai
})

afterAll(() => network[Symbol.asyncDispose]())

const question = [{ role: 'user' as const, content: 'Which animal spins silk?' }]

describe('the official SDK, pointed at the local endpoint', () => {
  it('lists the models that hosts serve', async () => {
    const { data } = await openai.models.list()
    expect(data.map(({ id }) => id)).toEqual([MODEL])
  })

  it('gets an answer at once', async () => {
    const { data: answer, response } = await openai.chat.completions
      .create({ model: MODEL, messages: question })
      .withResponse()
    expect(answer.choices[0]?.message.content).toContain('silk')
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(0)
    expect(response.headers.get('x-bombyx-verdict')).toContain('tee=virtual')
    expect(response.headers.get('x-bombyx-host')).toMatch(/^[0-9a-f]{64}$/)
  })

  it('gets an answer as a stream that equals the whole', async () => {
    const whole = await openai.chat.completions.create({ model: MODEL, messages: question, temperature: 0 })
    const stream = await openai.chat.completions.create({
      model: MODEL,
      messages: question,
      temperature: 0,
      stream: true
    })
    let text = ''
    let chunks = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      chunks++
      expect(chunk.usage ?? null).toBeNull()
    }
    expect(text).toBe(whole.choices[0]?.message.content)
    expect(chunks).toBeGreaterThan(3)
  })

  it('gets usage at the end of a stream when it asks for it', async () => {
    const options = { stream: true as const, stream_options: { include_usage: true } }
    const stream = await openai.chat.completions.create({ model: MODEL, messages: question, ...options })
    const usages = []
    for await (const chunk of stream) if (chunk.usage) usages.push(chunk)
    expect(usages).toHaveLength(1)
    expect(usages[0]?.choices).toEqual([])
  })

  it('calls tools', async () => {
    const tools = [
      {
        type: 'function' as const,
        function: {
          name: 'weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
        }
      }
    ]
    const answer = await openai.chat.completions.create({
      model: MODEL,
      messages: question,
      tools,
      tool_choice: 'required'
    })
    const [call] = answer.choices[0]?.message.tool_calls ?? []
    expect(call?.type === 'function' && call.function.name).toBe('weather')
    expect(JSON.parse((call?.type === 'function' && call.function.arguments) || '')).toHaveProperty('city')
  })

  it('gets JSON by a schema', async () => {
    const schema = {
      type: 'object',
      properties: { name: { type: 'string' }, legs: { type: 'integer' } },
      required: ['name', 'legs']
    }
    const answer = await openai.chat.completions.create({
      model: MODEL,
      messages: question,
      response_format: { type: 'json_schema', json_schema: { name: 'animal', schema } }
    })
    const value = JSON.parse(answer.choices[0]?.message.content ?? '')
    expect(value).toEqual({ name: expect.any(String), legs: expect.any(Number) })
  })

  it('gets log probabilities', async () => {
    const answer = await openai.chat.completions.create({
      model: MODEL,
      messages: question,
      logprobs: true,
      top_logprobs: 2
    })
    expect(answer.choices[0]?.logprobs?.content?.[0]?.top_logprobs).toHaveLength(2)
  })

  it('sends image parts', async () => {
    const url = `data:image/png;base64,${Buffer.alloc(20_000, 7).toString('base64')}`
    const content = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url } }
    ]
    const answer = await openai.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content }] })
    expect(answer.choices[0]?.message.content).not.toBe('')
  })

  it("passes vLLM's own fields through the seal", async () => {
    const extra = { top_k: 5, repetition_penalty: 1.1, min_tokens: 1, chat_template_kwargs: { enable_thinking: false } }
    const answer = await openai.chat.completions.create({ model: MODEL, messages: question, ...extra })
    expect(answer.choices[0]?.finish_reason).toBe('stop')
  })

  it('completes text', async () => {
    const answer = await openai.completions.create({ model: MODEL, prompt: 'The silk moth', max_tokens: 8 })
    expect(answer.choices[0]?.text).not.toBe('')
    expect(answer.usage?.completion_tokens).toBeLessThanOrEqual(8)
  })

  it('embeds', async () => {
    const { data } = await openai.embeddings.create({ model: MODEL, input: ['silk', 'moth'] })
    expect(data).toHaveLength(2)
    expect(data[0]?.embedding.length).toBeGreaterThan(8)
  })

  it('sends a prompt of 300 KiB', async () => {
    const content = 'silk '.repeat(60_000)
    const answer = await openai.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content }],
      max_tokens: 4
    })
    expect(answer.usage?.prompt_tokens).toBeGreaterThan(50_000)
  })
})

describe('what goes wrong', () => {
  it("is vLLM's own refusal, with its status", async () => {
    const failure = await refusalOf(
      openai.chat.completions.create({ model: MODEL, messages: question, temperature: -1 })
    )
    expect(failure.status).toBe(400)
    expect(failure.message).toContain('temperature')
  })

  it('is a 404 for a model that nobody serves', async () => {
    const failure = await refusalOf(openai.chat.completions.create({ model: 'nobody/serves-this', messages: question }))
    expect([failure.status, failure.code]).toEqual([404, 'model_not_found'])
  })

  it('is a 404 for a route that is no inference route', async () => {
    const response = await fetch(`${network.proxy.url}/v1/load_lora_adapter`, { method: 'POST', body: '{}' })
    expect(response.status).toBe(404)
  })
})

describe('what a user can look up', () => {
  it('is a receipt by the id in the headers', async () => {
    const { response } = await openai.chat.completions.create({ model: MODEL, messages: question }).withResponse()
    const id = response.headers.get('x-bombyx-receipt')
    const receipt = await fetch(`${network.proxy.url}/v1/bombyx/receipts/${id}`)
    expect(receipt.status).toBe(200)
    expect(JSON.stringify(await receipt.json())).toContain('workload_keyset_digest')
  })

  it('is what was checked of the hosts', async () => {
    const verification = await (await fetch(`${network.proxy.url}/v1/bombyx/verification`)).text()
    expect(verification).toContain('"virtual"')
    expect(verification).toContain('UpToDate')
  })
})

describe('a caller that hangs up', () => {
  it('frees the engine', async () => {
    const stop = new AbortController()
    const stream = await openai.chat.completions.create(
      {
        model: MODEL,
        messages: question,
        stream: true,
        min_tokens: 2_000,
        max_tokens: 2_000
      } as OpenAI.ChatCompletionCreateParamsStreaming,
      { signal: stop.signal }
    )
    for await (const _ of stream) break
    stop.abort()
    await expect.poll(enginesBusy, { timeout: 1_000, interval: 10 }).toBe(0)
  })
})

it('48 streams without a limit at once: more than credit alone is good for, all answered', async () => {
  let busiest = 0
  const watch = setInterval(async () => {
    busiest = Math.max(busiest, await enginesBusy())
  }, 50)
  const content = 'Which animal spins silk? [[stand-in tokens=80 delay_ms=50]]'
  const answer = async (): Promise<string | undefined> => {
    const stream = await openai.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content }],
      stream: true
    })
    let end: string | undefined
    for await (const chunk of stream) end = chunk.choices[0]?.finish_reason ?? end
    return end
  }
  const ends = await Promise.all(Array.from({ length: 48 }, answer))
  clearInterval(watch)
  expect(new Set(ends)).toEqual(new Set(['stop']))
  expect(busiest).toBeGreaterThan(24)
})

async function enginesBusy(): Promise<number> {
  const metrics = await (await fetch(`${network.addresses.engineUrl}/metrics`)).text()
  return Number(/^vllm:num_requests_running\S* (\d+)/m.exec(metrics)?.[1])
}

async function refusalOf(request: PromiseLike<unknown>): Promise<APIError> {
  try {
    await request
  } catch (error) {
    if (error instanceof APIError) return error
    throw error
  }
  throw new Error('the request was not refused')
}
