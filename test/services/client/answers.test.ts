import { describe, expect, test } from 'vitest'
import { generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { decodeUtf8, encodeHex } from '../../../attestation/encoding.ts'
import { ANSWER, addHost, ask, CHAT, EVENTS, MODEL, readError, settle, startNetwork } from './chat.ts'

describe('an answer that is not a stream', () => {
  test('comes back as the host gave it, with what was checked in its headers', async () => {
    const network = await startNetwork()
    await using client = network.client()
    const response = await ask(client)
    expect([response.status, await response.text()]).toEqual([200, ANSWER])
    const { headers } = response
    const host = encodeHex(network.hosts[0]!.digest)
    expect(headers.get('x-bombyx-host')).toBe(host)
    expect(headers.get('x-bombyx-verdict')).toBe('affirming; tee=virtual')
    expect(headers.get('x-bombyx-request')).toBe(`${headers.get('x-bombyx-session')}-0`)
    expect(headers.get('x-bombyx-receipt')).toBe(network.told('receipt-verified')[0]!.receiptId)
  })

  test('keeps the status and the body of an error of the model', async () => {
    const body = '{"error":{"message":"too long","type":"BadRequestError","code":400}}'
    const network = await startNetwork(1, { answer: () => ({ status: 400, body }) })
    await using client = network.client()
    const response = await ask(client)
    expect([response.status, await response.text()]).toEqual([400, body])
    expect(network.told('receipt-verified')).toHaveLength(1)
  })

  test('may be a 404 without a receipt, and nothing else may', async () => {
    const network = await startNetwork(1, { answer: () => ({ status: 404, body: '{}' }), receipt: () => undefined })
    await using client = network.client()
    const response = await ask(client)
    expect([response.status, response.headers.get('x-bombyx-receipt')]).toEqual([404, null])
    network.hosts[0]!.script = { answer: () => ({ status: 403, body: '{}' }), receipt: () => undefined }
    expect(await readError(await ask(client))).toMatchObject({ status: 502, code: 'RECEIPT_REFUSED' })
  })

  test('passes on no header that is the connection’s, the browser’s or this client’s own', async () => {
    const headers = [
      ['content-type', 'application/json'],
      ['x-request-id', 'r'],
      ['x-bombyx-verdict', 'affirming; tee=tdx'],
      ['set-cookie', 'a=b'],
      ['access-control-allow-origin', '*']
    ] as const
    const network = await startNetwork(1, { answer: () => ({ status: 200, body: '{}', headers }) })
    await using client = network.client()
    const response = await ask(client)
    expect(response.headers.get('x-request-id')).toBe('r')
    expect(response.headers.get('x-bombyx-verdict')).toBe('affirming; tee=virtual')
    expect(response.headers.has('set-cookie')).toBe(false)
    expect(response.headers.has('access-control-allow-origin')).toBe(false)
  })
})

describe('a stream', () => {
  test('brings every event in order, and its receipt by the request’s name', async () => {
    const network = await startNetwork()
    await using client = network.client()
    const response = await ask(client, { stream: true })
    const id = response.headers.get('x-bombyx-receipt')!
    expect(client.receipt(id)).toBeUndefined()
    const text = await response.text()
    expect(withoutComments(text)).toBe(EVENTS.join(''))
    const receipt = client.receipt(id)!
    expect(receipt.requestId).toBe(id)
    expect(client.receipt(receipt.receiptId)).toEqual(receipt)
    expect(JSON.parse(decodeUtf8(receipt.bytes))).toMatchObject({ receipt_id: receipt.receiptId, model: MODEL })
  })

  test('shows its first event before the last has been made', async () => {
    const gate = Promise.withResolvers<void>()
    async function* events(): AsyncGenerator<string> {
      yield EVENTS[0]!
      await gate.promise
      yield* EVENTS.slice(1)
    }
    const network = await startNetwork(1, { answer: () => ({ events: events() }) })
    await using client = network.client()
    const reader = (await ask(client, { stream: true })).body!.getReader()
    const { value } = await reader.read()
    expect(decodeUtf8(value!)).toContain('hel')
    gate.resolve()
    for (;;) if ((await reader.read()).done) break
    expect(network.told('receipt-verified')).toHaveLength(1)
  })

  test('keeps its end mark back until the receipt has been verified', async () => {
    const gate = Promise.withResolvers<void>()
    async function* events(): AsyncGenerator<string> {
      yield* EVENTS
      await gate.promise
    }
    const network = await startNetwork(1, { answer: () => ({ events: events() }) })
    await using client = network.client()
    const reader = (await ask(client, { stream: true })).body!.getReader()
    let shown = ''
    const reading = (async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) shown += decodeUtf8(part.value)
    })()
    await settle()
    expect([shown.includes('lo'), shown.includes('[DONE]')]).toEqual([true, false])
    gate.resolve()
    await reading
    expect(shown).toContain('data: [DONE]')
  })

  test('that the model refuses is an answer like any other', async () => {
    const network = await startNetwork(1, { answer: () => ({ status: 400, body: '{"error":{}}' }) })
    await using client = network.client()
    const response = await ask(client, { stream: true })
    expect([response.status, await response.text()]).toEqual([400, '{"error":{}}'])
  })
})

describe('what leaves this machine', () => {
  test('has neither the prompt nor the caller’s credentials in it', async () => {
    const network = await startNetwork()
    await using client = network.client()
    await ask(client, {}, { headers: { 'content-type': 'application/json', authorization: 'Bearer sk-secret' } })
    const seen = Buffer.concat(network.seen).toString('latin1')
    expect(seen).not.toContain('a secret word')
    expect(seen).not.toContain('sk-secret')
    expect(network.hosts[0]!.opened[0]).toContain('a secret word')
  })

  test('is padded, so that sizes of a class cannot be told apart', async () => {
    const network = await startNetwork()
    await using client = network.client()
    await ask(client, { user: 'a' })
    await ask(client, { user: 'a'.repeat(300) })
    const sizes = network.told('request-sealed').map(({ paddedBytes, sealedBytes }) => [paddedBytes, sealedBytes])
    expect(sizes[0]).toEqual(sizes[1])
  })

  test('carries the body byte for byte', async () => {
    const network = await startNetwork()
    await using client = network.client()
    const body = `{ "model":"${MODEL}",  "messages":[], "unknown_field": 1.50 , "tools":[] }`
    await client.fetch(CHAT, { method: 'POST', body })
    expect(network.hosts[0]!.opened).toEqual([body])
  })
})

describe('usage', () => {
  test('is verified, priced and told', async () => {
    const network = await startNetwork()
    await using client = network.client()
    const id = (await ask(client)).headers.get('x-bombyx-receipt')!
    await settle()
    expect(network.told('usage-verified')).toMatchObject([{ finish: 'complete', price: 18n, doubts: [] }])
    expect(client.receipt(id)!.usage).toBeDefined()
  })

  test('in another’s name is handed to nobody, even where its figures are those of the receipt', async () => {
    const network = await startNetwork(1, { usageKey: generateEd25519() })
    await using client = network.client()
    const id = (await ask(client)).headers.get('x-bombyx-receipt')!
    await settle()
    expect(network.told('usage-verified')).toMatchObject([{ price: 18n, doubts: [] }])
    expect(client.receipt(id)).toMatchObject({ receiptId: id })
    expect(client.receipt(id)!.usage).toBeUndefined()
    await settle()
    expect(network.told('usage-refused')).toMatchObject([{ code: 'USAGE_REFUSED' }])
  })

  test.each([
    ['with other figures', { counts: { prompt: 1, cached: 0, completion: 1, reasoning: 0 } }],
    ['at another price', { price: 19n }],
    ['of another receipt', { receiptHash: randomBytes(32) }]
  ])('in another’s name and %s is refused at once', async (_what, change) => {
    const network = await startNetwork(1, {
      usageKey: generateEd25519(),
      usage: (fields) => ({ ...fields, ...change })
    })
    await using client = network.client()
    await ask(client)
    await settle()
    expect(network.told('usage-verified')).toEqual([])
    expect(network.told('usage-refused')).toMatchObject([{ code: 'USAGE_REFUSED' }])
  })

  test('in another’s name is refused where there is no receipt to hold it against', async () => {
    const script = { usageKey: generateEd25519(), resetAfter: { chunks: 1, code: 'TRUNCATED' } } as const
    const network = await startNetwork(1, script)
    await using client = network.client()
    await (await ask(client, { stream: true })).text().catch(() => {})
    await settle()
    expect(network.told('usage-verified')).toEqual([])
  })

  test('that claims more than was sent and received is doubted by name', async () => {
    const counts = { prompt: 1_000_000, cached: 0, completion: 3, reasoning: 0 }
    const network = await startNetwork(1, { usage: (fields) => ({ ...fields, counts, price: 1n }) })
    await using client = network.client()
    await ask(client)
    await settle()
    const doubts = network.told('usage-verified')[0]!.doubts
    expect(doubts.join('; ')).toMatch(/1000000 prompt tokens for .* price of 1 .* other counts than the receipt/)
  })
})

describe('the routes that need no host', () => {
  test('list models, and one model', async () => {
    const network = await startNetwork()
    await using client = network.client()
    const list = await (await client.fetch('https://bombyx.invalid/v1/models')).json()
    expect(list).toMatchObject({ object: 'list', data: [{ id: MODEL, object: 'model' }] })
    const one = await client.fetch('https://bombyx.invalid/v1/models/Qwen%2FQwen3-8B')
    expect(await one.json()).toMatchObject({ id: MODEL })
    const none = await readError(await client.fetch('https://bombyx.invalid/v1/models/gpt-5'))
    expect(none).toMatchObject({ status: 404, code: 'MODEL_NOT_SERVED' })
  })

  test('show what was checked of each host, and a receipt', async () => {
    const network = await startNetwork(1)
    await addHost(network, {}, { td: { tdAttributes: Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0) } })
    await using client = network.client()
    const response = await ask(client)
    const shown = await (await client.fetch('https://bombyx.invalid/v1/bombyx/verification')).json()
    const { data } = shown as { data: readonly Record<string, unknown>[] }
    expect(data.map(({ trusted, tee, status }) => [trusted, tee, status]).sort()).toEqual([
      [false, 'unverified', 'contraindicated'],
      [true, 'virtual', 'affirming']
    ])
    const id = response.headers.get('x-bombyx-request')
    const receipt = await (await client.fetch(`https://bombyx.invalid/v1/bombyx/receipts/${id}`)).json()
    expect(receipt).toMatchObject({ request_id: id, verdict: 'affirming; tee=virtual', receipt: { model: MODEL } })
    const unknown = await client.fetch('https://bombyx.invalid/v1/bombyx/receipts/none')
    expect(await readError(unknown)).toMatchObject({ status: 404, code: 'RECEIPT_UNKNOWN' })
  })
})

function withoutComments(text: string): string {
  return text.replace(/^: *\n/gm, '')
}
