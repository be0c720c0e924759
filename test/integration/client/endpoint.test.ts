import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { encodeHex } from '../../../attestation/encoding.ts'
import type { BhttpRequest } from '../../../attestation/session/bhttp.ts'
import { startEndpoint } from '../../../services/client/endpoint/endpoint.ts'
import { BASE_URL } from '../../../services/client/openai/routes.ts'
import { hashToken, parseTokens } from '../../../services/runtime/tokens.ts'
import type { FakeAnswer, HostScript } from '../../fakes/host-script.ts'
import type { SealedNetwork } from '../../fakes/sealed-network.ts'
import { createTlsFiles } from '../../fakes/tls.ts'
import { addHost, MODEL, startNetwork } from '../../services/client/chat.ts'

const MESSAGES = [{ role: 'user' as const, content: 'a secret word' }]
const USAGE = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 }

/** Enough of vLLM's API to satisfy the official package. */
function answerAsEngine(request: BhttpRequest): FakeAnswer {
  const fields = JSON.parse(Buffer.from(request.content).toString()) as { stream?: boolean; input?: string }
  if (request.path === '/v1/embeddings')
    return json({ object: 'list', model: MODEL, usage: USAGE, data: [embedding()] })
  if (request.path === '/v1/completions')
    return json({ id: 'cmpl-1', choices: [{ index: 0, text: 'world' }], usage: USAGE })
  if (fields.stream === true) return { events: [delta('hel'), delta('lo'), 'data: [DONE]\n\n'] }
  return json({
    id: 'chatcmpl-1',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }],
    usage: USAGE
  })
}

describe.each(['local endpoint', 'fetch of the SDK'] as const)('the official openai package over the %s', (way) => {
  test('chats, and hears the errors of the model', async () => {
    await using stage = await startStage(way)
    const chat = await stage.openai.chat.completions.create({ model: MODEL, messages: MESSAGES })
    expect(chat.choices[0]?.message.content).toBe('hello')
    const body = '{"error":{"message":"max_tokens is too large","type":"BadRequestError","param":null,"code":400}}'
    stage.script({ answer: () => ({ status: 400, body }) })
    const refused = stage.openai.chat.completions.create({ model: MODEL, messages: MESSAGES })
    await expect(refused).rejects.toThrow(OpenAI.BadRequestError)
    await expect(refused).rejects.toThrow('max_tokens is too large')
  })

  test('streams', async () => {
    await using stage = await startStage(way)
    const stream = await stage.openai.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).toBe('hello')
    expect(stage.network.told('receipt-verified')).toHaveLength(1)
  })

  test('completes, embeds and lists models', async () => {
    await using stage = await startStage(way)
    const completion = await stage.openai.completions.create({ model: MODEL, prompt: 'hello' })
    expect(completion.choices[0]?.text).toBe('world')
    const embeddings = await stage.openai.embeddings.create({ model: MODEL, input: 'x', encoding_format: 'float' })
    expect(embeddings.data[0]?.embedding).toEqual([0.5, -0.25])
    const models = await stage.openai.models.list()
    expect(models.data.map(({ id }) => id)).toEqual([MODEL])
    expect((await stage.openai.models.retrieve(MODEL)).id).toBe(MODEL)
  })

  test('gets what was checked in the headers', async () => {
    await using stage = await startStage(way)
    const asked = stage.openai.chat.completions.create({ model: MODEL, messages: MESSAGES })
    const { response } = await asked.withResponse()
    expect(response.headers.get('x-bombyx-host')).toBe(encodeHex(stage.network.hosts[0]!.digest))
    expect(response.headers.get('x-bombyx-verdict')).toBe('affirming; tee=virtual')
    const id = response.headers.get('x-bombyx-receipt')
    const shown = await stage.get(`/v1/bombyx/receipts/${id}`)
    expect(shown).toMatchObject({ status: 200, body: { receipt_id: id, receipt: { model: MODEL } } })
    const hosts = await stage.get('/v1/bombyx/verification')
    expect(hosts.body).toMatchObject({ data: [{ model: MODEL, trusted: true, tee: 'virtual', status: 'affirming' }] })
  })

  test('raises an error when a stream’s receipt is refused, and none of it passes for whole', async () => {
    await using stage = await startStage(way)
    stage.script({ receipt: (fields) => ({ ...fields, n: 99 }) })
    const stream = await stage.openai.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })
    const read = (async () => {
      for await (const _chunk of stream);
    })()
    await expect(read).rejects.toThrow(/of another request/)
  })

  test('raises NotFoundError for a model that nobody serves', async () => {
    await using stage = await startStage(way)
    const asked = stage.openai.chat.completions.create({ model: 'gpt-5', messages: MESSAGES })
    await expect(asked).rejects.toThrow(OpenAI.NotFoundError)
    await expect(asked).rejects.toMatchObject({ code: 'model_not_found' })
  })

  test('is told why every host was refused, and does not try again', async () => {
    await using stage = await startStage(way)
    stage.network.hosts.length = 0
    await addHost(stage.network, {}, { collateral: { currentStatus: 'OutOfDate' } })
    const asked = stage.openai
      .withOptions({ maxRetries: 2 })
      .chat.completions.create({ model: MODEL, messages: MESSAGES })
    await expect(asked).rejects.toMatchObject({ status: 502, code: 'hosts_refused' })
    await expect(asked).rejects.toThrow(/OutOfDate/)
    expect(stage.network.asked.filter((call) => call.endsWith('FindHosts')).length).toBeLessThanOrEqual(3)
  })

  test('waits and tries again when there is no capacity', async () => {
    await using stage = await startStage(way)
    stage.network.relay.refuseOpen = 'NO_CAPACITY'
    setTimeout(() => delete stage.network.relay.refuseOpen, 500)
    const openai = stage.openai.withOptions({ maxRetries: 2 })
    const chat = await openai.chat.completions.create({ model: MODEL, messages: MESSAGES })
    expect(chat.choices[0]?.message.content).toBe('hello')
  })
})

describe('the local endpoint', () => {
  test('cancels at the host within 100 ms when its caller hangs up', async () => {
    await using stage = await startStage('local endpoint')
    stage.script({ answer: (_request, signal) => ({ events: endless(signal) }) })
    const hungUp = hangUpAfterFirstBytes(`${stage.url}/v1/chat/completions`)
    const at = await hungUp
    await expect.poll(() => stage.network.hosts[0]!.resets, { interval: 1 }).toEqual(['CANCELLED'])
    expect(performance.now() - at).toBeLessThan(100)
  })

  test('breaks a stream off without the end of its body when the answer breaks off', async () => {
    await using stage = await startStage('local endpoint')
    stage.script({ resetAfter: { chunks: 1, code: 'HOST_LOST' } })
    const response = await fetch(`${stage.url}/v1/chat/completions`, post({ model: MODEL, messages: [], stream: true }))
    expect(response.status).toBe(200)
    let shown = ''
    const read = (async () => {
      for await (const piece of response.body!) shown += Buffer.from(piece).toString()
    })()
    await expect(read).rejects.toThrow()
    expect(shown).toContain('"code":"host_lost"')
    expect(shown).not.toContain('[DONE]')
  })

  test.each([
    ['another Host', { host: 'evil.example' }],
    ['another origin', { origin: 'https://evil.example' }]
  ])('refuses %s', async (_who, headers) => {
    await using stage = await startStage('local endpoint')
    const status = await rawStatus(`${stage.url}/v1/models`, headers)
    expect([status, stage.network.asked]).toEqual([403, []])
  })

  test('answers an allowed page’s preflight and its request', async () => {
    await using stage = await startStage('local endpoint')
    const origin = 'https://app.example'
    const preflight = { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } }
    const allowed = await fetch(`${stage.url}/v1/chat/completions`, preflight)
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, origin])
    const models = await fetch(`${stage.url}/v1/models`, { headers: { origin } })
    expect([models.status, models.headers.get('access-control-allow-origin')]).toEqual([200, origin])
  })

  test('listens where others can reach it with TLS and tokens, and asks for one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-endpoint-'))
    try {
      const tls = await createTlsFiles(folder)
      const network = await startNetwork(1)
      await using client = network.client()
      const options = { client, listen: '0.0.0.0:0', tls }
      await expect(startEndpoint(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
      const tokens = parseTokens(`${hashToken('good')} alice`)
      await using endpoint = await startEndpoint({ ...options, tokens })
      const url = `${endpoint.url.replace('0.0.0.0', '127.0.0.1')}/v1/models`
      const ca = await readFile(tls.ca)
      expect(await secureStatus(url, { ca })).toBe(401)
      expect(await secureStatus(url, { ca, headers: { authorization: 'Bearer good' } })).toBe(200)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('refuses a body over 64 MiB, and a route that is none', async () => {
    await using stage = await startStage('local endpoint')
    const large = { method: 'POST', body: new Uint8Array(64 * 1024 * 1024 + 1) }
    expect((await fetch(`${stage.url}/v1/chat/completions`, large)).status).toBe(413)
    expect((await fetch(`${stage.url}/metrics`)).status).toBe(404)
  })
})

interface Stage extends AsyncDisposable {
  readonly network: SealedNetwork
  readonly openai: OpenAI
  readonly url: string
  script(change: Partial<HostScript>): void
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>
}

async function startStage(way: 'local endpoint' | 'fetch of the SDK'): Promise<Stage> {
  const network = await startNetwork(1, { answer: answerAsEngine })
  const client = network.client()
  const endpoint = await startEndpoint({ client, listen: '127.0.0.1:0', origins: ['https://app.example'] })
  const local = { baseURL: `${endpoint.url}/v1` }
  const sdk = { baseURL: BASE_URL, fetch: client.fetch }
  const openai = new OpenAI({ apiKey: 'x', maxRetries: 0, ...(way === 'local endpoint' ? local : sdk) })
  return {
    network,
    openai,
    url: endpoint.url,
    script: (change) => {
      const [host] = network.hosts
      host!.script = { ...host!.script, ...change }
    },
    get: async (path) => {
      const asked = way === 'local endpoint' ? fetch(endpoint.url + path) : client.fetch(new URL(path, BASE_URL))
      const response = await asked
      return { status: response.status, body: await response.json() }
    },
    async [Symbol.asyncDispose]() {
      await endpoint[Symbol.asyncDispose]()
      await client[Symbol.asyncDispose]()
    }
  }
}

async function* endless(signal: AbortSignal): AsyncGenerator<string> {
  while (!signal.aborted) {
    yield delta('more')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function hangUpAfterFirstBytes(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        response.once('data', () => {
          resolve(performance.now())
          request.destroy()
        })
      }
    )
    request.once('error', reject)
    request.end(JSON.stringify({ model: MODEL, messages: [], stream: true }))
  })
}

function rawStatus(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.once('error', reject)
    request.end()
  })
}

function secureStatus(url: string, options: RequestOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, options, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.once('error', reject)
    request.end()
  })
}

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

function json(value: unknown): FakeAnswer {
  return { status: 200, body: JSON.stringify(value) }
}

function delta(content: string): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', choices: [{ index: 0, delta: { content } }] })}\n\n`
}

function embedding(): unknown {
  return { object: 'embedding', index: 0, embedding: [0.5, -0.25] }
}
