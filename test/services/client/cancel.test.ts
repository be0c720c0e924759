import { describe, expect, test } from 'vitest'
import type { FakeAnswer } from '../../fakes/host-script.ts'
import { ask, CHAT, EVENTS, MODEL, readError, settle, startNetwork } from './chat.ts'

/** Events for ever, until the host is told to stop. */
async function* endless(signal: AbortSignal): AsyncGenerator<string> {
  while (!signal.aborted) {
    yield EVENTS[0]!
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

function whenAborted(signal: AbortSignal): Promise<FakeAnswer> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('cancelled')))
  })
}

describe('a request that its caller gives up', () => {
  test('before it is sent goes nowhere', async () => {
    const network = await startNetwork(1)
    await using client = network.client()
    const reason = new Error('never mind')
    await expect(ask(client, {}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(network.asked).toEqual([])
  })

  test('while it waits for the answer is reset at the host within 100 ms', async () => {
    const network = await startNetwork(1, { answer: (_request, signal) => whenAborted(signal) })
    await using client = network.client()
    const caller = new AbortController()
    const asked = ask(client, {}, { signal: caller.signal })
    await expect.poll(() => network.told('request-accepted').length).toBe(1)
    const at = performance.now()
    caller.abort()
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
    await expect.poll(() => network.hosts[0]!.resets, { interval: 1 }).toEqual(['CANCELLED'])
    expect(performance.now() - at).toBeLessThan(100)
  })

  test('in the middle of a stream is reset too, by the signal or by leaving the body', async () => {
    const network = await startNetwork(1, { answer: (_request, signal) => ({ events: endless(signal) }) })
    await using client = network.client()
    const caller = new AbortController()
    const aborted = (await ask(client, { stream: true }, { signal: caller.signal })).body!.getReader()
    await aborted.read()
    caller.abort()
    await expect(aborted.read().then(() => aborted.read())).rejects.toMatchObject({ name: 'AbortError' })
    const left = (await ask(client, { stream: true })).body!.getReader()
    await left.read()
    await left.cancel()
    await expect.poll(() => network.hosts[0]!.resets).toEqual(['CANCELLED', 'CANCELLED'])
    expect(network.told('request-failed').map(({ code }) => code)).toEqual(['CANCELLED', 'CANCELLED'])
  })

  test('while a session is opened leaves the session to the others', async () => {
    const network = await startNetwork(1)
    await using client = network.client()
    const caller = new AbortController()
    const [given, kept] = [ask(client, {}, { signal: caller.signal }), ask(client)]
    caller.abort()
    await expect(given).rejects.toMatchObject({ name: 'AbortError' })
    expect((await kept).status).toBe(200)
  })
})

describe('a deadline', () => {
  test('ends the request and frees the host', async () => {
    const network = await startNetwork(1, { answer: (_request, signal) => whenAborted(signal) })
    await using client = network.client({ requestSeconds: 1 })
    expect(await readError(await ask(client))).toMatchObject({ status: 504, code: 'DEADLINE_PASSED' })
    await expect.poll(() => network.hosts[0]!.resets).toEqual(['DEADLINE_PASSED'])
  })

  test('ends a stream that is still going', async () => {
    const network = await startNetwork(1, { answer: (_request, signal) => ({ events: endless(signal) }) })
    await using client = network.client({ requestSeconds: 1 })
    const response = await ask(client, { stream: true })
    await expect(response.text()).rejects.toMatchObject({ code: 'DEADLINE_PASSED' })
  })
})

describe('an application that reads slowly', () => {
  test('holds the host back, and gets everything in the end', async () => {
    let made = 0
    function* events(): Generator<string> {
      for (; made < 300; made++) yield `data: ${'x'.repeat(4000)}\n\n`
      yield 'data: [DONE]\n\n'
    }
    const network = await startNetwork(1, { answer: () => ({ events: events() }) })
    await using client = network.client()
    const reader = (await ask(client, { stream: true })).body!.getReader()
    let bytes = (await reader.read()).value!.byteLength
    await settle(100)
    expect(made).toBeLessThan(60)
    for (let part = await reader.read(); !part.done; part = await reader.read()) bytes += part.value.byteLength
    expect(made).toBe(300)
    expect(bytes).toBeGreaterThan(300 * 4000)
  })
})

describe('a large request', () => {
  test('is sent as the host takes it', async () => {
    const network = await startNetwork(1)
    await using client = network.client()
    const image = 'x'.repeat(3_000_000)
    const response = await ask(client, { messages: [{ role: 'user', content: image }] })
    expect(response.status).toBe(200)
    expect(network.hosts[0]!.opened[0]).toContain(image)
    expect(network.told('request-sealed')).toMatchObject([{ paddedBytes: 3_145_728, chunks: 96 }])
  })
})

test('a client that is closed refuses, and its streams end', async () => {
  const network = await startNetwork(1)
  const client = network.client()
  await client.prepare(MODEL)
  await client[Symbol.asyncDispose]()
  const error = await readError(await client.fetch(CHAT, { method: 'POST', body: JSON.stringify({ model: MODEL }) }))
  expect(error).toMatchObject({ status: 503, code: 'CLIENT_CLOSED' })
})
