import { afterEach, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { connectEngine, type Engine } from '../../../services/host/vllm.ts'
import { type ScriptedEngine, startScriptedEngine } from '../../fakes/scripted-engine.ts'

let scripted: ScriptedEngine | undefined
let engine: Engine | undefined

async function open(script: Parameters<typeof startScriptedEngine>[0]): Promise<Engine> {
  scripted = await startScriptedEngine(script)
  engine = connectEngine(new URL(scripted.url), 2)
  return engine
}
afterEach(async () => {
  await engine?.[Symbol.asyncDispose]()
  await scripted?.[Symbol.asyncDispose]()
})

const post = (path: string) => ({ path, contentType: 'application/json', body: BODY })
const BODY = encodeUtf8('{"secret":"words"}')
const never = new AbortController().signal

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts).toString()
}

test('a body goes as it is, with headers of the agent’s own', async () => {
  const answer = await (await open('echo')).send(post('/v1/x'), never)
  const seen = JSON.parse(await textOf(answer.body))
  expect(answer).toMatchObject({ status: 200, contentType: 'application/json; charset=utf-8' })
  expect(seen).toMatchObject({ method: 'POST', url: '/v1/x', body: '{"secret":"words"}' })
  expect(Object.keys(seen.headers).sort()).toEqual(['accept', 'connection', 'content-length', 'content-type', 'host'])
})

test('an answer comes piece by piece', async () => {
  const answer = await (await open('pieces')).send(post('/'), never)
  const lengths: number[] = []
  for await (const piece of answer.body) lengths.push(piece.byteLength)
  expect(lengths.length).toBeGreaterThan(1)
})

describe('an engine that', () => {
  test('refuses connections is unavailable', async () => {
    const one = await open('echo')
    await scripted?.[Symbol.asyncDispose]()
    await expect(one.send(post('/'), never)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    expect(await one.healthy()).toBe(false)
  })

  test.each(['hangs up', 'garbage'] as const)('%s is unavailable', async (script) => {
    await expect((await open(script)).send(post('/'), never)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
  })

  test('breaks in its answer throws in the loop over it', async () => {
    const answer = await (await open('breaks')).send(post('/'), never)
    await expect(textOf(answer.body)).rejects.toThrow()
  })

  test('stalls is hung up on, before and after its head', async () => {
    for (const script of ['stalls', 'stalls in its answer'] as const) {
      const one = await open(script)
      const abort = new AbortController()
      setTimeout(() => abort.abort(), 30)
      const taken = one.send(post('/'), abort.signal).then(({ body }) => textOf(body))
      await expect(taken).rejects.toThrow()
      await expect.poll(() => scripted?.hungUp, { interval: 5, timeout: 100 }).toBe(1)
      await one[Symbol.asyncDispose]()
      await scripted?.[Symbol.asyncDispose]()
    }
  })

  test('is left in the middle of its answer is hung up on', async () => {
    const answer = await (await open('stalls in its answer')).send(post('/'), never)
    for await (const _ of answer.body) break
    await expect.poll(() => scripted?.hungUp, { interval: 5, timeout: 100 }).toBe(1)
  })
})

test('an engine that is busy with all its connections is still asked for its health', async () => {
  const one = await open('stalls')
  const abort = new AbortController()
  const running = [1, 2].map(() => one.send(post('/'), abort.signal).catch(() => 'hung up'))
  expect(await one.healthy()).toBe(true)
  abort.abort()
  expect(await Promise.all(running)).toEqual(['hung up', 'hung up'])
})

test.each([
  ['echo', true],
  ['unhealthy', false]
] as const)('health of one that is %s', async (script, healthy) => {
  expect(await (await open(script)).healthy()).toBe(healthy)
})
