import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleJson } from '../../../../services/network/engine/sample-json.ts'
import { startEngine } from '../../../../services/network/engine/start.ts'
import { detokenize, tokenId, tokenize } from '../../../../services/network/engine/tokens.ts'
import { MODEL, runningEngine } from './running-engine.ts'

const engine = runningEngine()
const { postJson } = engine

test('token ids turn back into any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(detokenize(tokenize(text).map(tokenId))).toBe(text)
    })
  )
})

test.each([[-1], [1.5], ['x'], [2 ** 40 + 256], [2 ** 43]])('%s is no token', (id) => {
  expect(() => detokenize([id])).toThrow('out of vocabulary')
})

test('completions answer each prompt, streamed and whole', async () => {
  const whole = await engine.openai.completions.create({ model: MODEL, prompt: ['one', 'two'], max_tokens: 200 })
  expect(whole.choices.map(({ text }) => text.includes('one'))).toEqual([true, false])
  const stream = await engine.openai.completions.create({ model: MODEL, prompt: 'one', stream: true })
  let words = ''
  for await (const chunk of stream) words += chunk.choices[0]?.text ?? ''
  expect(words).toBe(whole.choices[0]?.text)
})

test('completions echo the prompt and place log probabilities in the text', async () => {
  const answer = await postJson('/v1/completions', {
    model: MODEL,
    prompt: 'abcd efgh',
    echo: true,
    logprobs: 1,
    max_tokens: 2
  })
  expect(answer.choices[0].text).toBe('abcd efgh')
  expect(answer.choices[0].logprobs.text_offset).toEqual([0, 4])
})

test('embeddings are unit vectors, the same for the same text, in both encodings', async () => {
  const floats = await engine.openai.embeddings.create({
    model: MODEL,
    input: ['silk moth', 'silk'],
    encoding_format: 'float'
  })
  const packed = await engine.openai.embeddings.create({ model: MODEL, input: 'silk moth' })
  const [moth = [], silk = []] = floats.data.map(({ embedding }) => embedding)
  expect(Math.hypot(...moth)).toBeCloseTo(1, 5)
  expect(packed.data[0]?.embedding).toEqual(moth)
  expect(moth.reduce((dot, value, at) => dot + value * (silk[at] ?? 0), 0)).toBeGreaterThan(0.4)
})

test('models, health and version are there', async () => {
  const models = await engine.openai.models.list()
  expect(models.data[0]?.id).toBe(MODEL)
  expect((await fetch(`${engine.url}/health`)).status).toBe(200)
  expect(await (await fetch(`${engine.url}/version`)).text()).toContain('stand-in')
})

test('tokenize and detokenize are inverse over HTTP', async () => {
  const { tokens, count, max_model_len } = await postJson('/tokenize', { model: MODEL, prompt: 'silk & é' })
  expect(count).toBe(tokens.length)
  expect(max_model_len).toBe(4096)
  expect(await postJson('/detokenize', { model: MODEL, tokens })).toEqual({ prompt: 'silk & é' })
})

test.each([
  [{ type: 'string', minLength: 5 }, 'ask..'],
  [{ type: 'string', maxLength: 2 }, 'as'],
  [{ type: ['integer', 'null'], exclusiveMinimum: 4 }, 5],
  [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, true],
  [{ $ref: '#' }, null],
  [{ items: { type: 'null' }, minItems: 2 }, [null, null]],
  [{ default: 'd' }, 'd']
])('the smallest value of %j', (schema, value) => {
  expect(sampleJson(schema, 'ask')).toEqual(value)
})

test('it listens on loopback alone', async () => {
  const config = { listen: '0.0.0.0:0', models: [MODEL], maxModelLength: 1, tokenDelayMs: 0 }
  await expect(startEngine(config)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
