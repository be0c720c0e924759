import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import { OVER_MAX_PRICE } from '../../../services/host/openai-errors.ts'
import type { Dialect } from '../../../services/host/routes.ts'
import { SseFilter } from '../../../services/host/sse-filter.ts'
import { failureEvent, readWholeUsage } from '../../../services/host/usage-dialects.ts'

const ALL = { total: true, continuous: true }
const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

const RESPONSE_USAGE = {
  input_tokens: 31,
  input_tokens_details: { cached_tokens: 16 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 2 }
}
const CREATED = event('response.created', { response: { id: 'resp_1', usage: null, tools: [{ usage: {} }] } })
const DELTAS =
  event('response.reasoning_text.delta', { delta: 'a' }) +
  event('response.output_text.delta', { delta: 'b' }) +
  event('response.function_call_arguments.delta', { delta: 'c' })
const COMPLETED = event('response.completed', { response: { id: 'resp_1', usage: RESPONSE_USAGE } })
const FAILED = event('response.failed', { response: { id: 'resp_1', usage: null } })

const STARTED = event('message_start', {
  type: 'message_start',
  message: { id: 'msg_1', usage: { input_tokens: 31, output_tokens: 0 } }
})
const BLOCKS = event('content_block_delta', { index: 0 }) + event('content_block_delta', { index: 0 })
const MESSAGE_USAGE = {
  input_tokens: 10,
  output_tokens: 3,
  cache_creation_input_tokens: 5,
  cache_read_input_tokens: 16
}
const MESSAGE_END = event('message_delta', { usage: MESSAGE_USAGE }) + event('message_stop', {})

const AUDIO_PIECE = 'data: {"id":"trsc-1","object":"transcription.chunk","choices":[{"delta":{"content":"a"}}]}\n\n'
const AUDIO_TOTAL =
  'data: {"id":"trsc-1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}\n\n'

describe('a stream is counted, and passes as it came', () => {
  test.each<[string, Dialect, string, readonly [number, number, number, number, string, boolean]]>([
    ['responses', 'responses', CREATED + DELTAS + COMPLETED, [15, 16, 3, 2, 'resp_1', false]],
    ['responses broken off', 'responses', CREATED + DELTAS, [0, 0, 2, 1, 'resp_1', false]],
    ['responses that fail', 'responses', CREATED + DELTAS + FAILED, [0, 0, 2, 1, 'resp_1', true]],
    ['messages', 'messages', STARTED + BLOCKS + MESSAGE_END, [15, 16, 3, 0, 'msg_1', false]],
    ['messages broken off', 'messages', STARTED + BLOCKS, [31, 0, 2, 0, 'msg_1', false]],
    ['messages that fail', 'messages', STARTED + event('error', {}), [31, 0, 0, 0, 'msg_1', true]],
    ['audio', 'audio', AUDIO_PIECE + AUDIO_PIECE + AUDIO_TOTAL, [9, 0, 4, 0, 'trsc-1', false]],
    ['audio without figures', 'audio', AUDIO_PIECE + AUDIO_PIECE, [0, 0, 2, 0, 'trsc-1', false]]
  ])('%s', (_, dialect, text, [prompt, cached, completion, reasoning, id, failed]) => {
    const filter = new SseFilter(ALL, () => true, dialect)
    expect(decodeUtf8(filter.push(encodeUtf8(text)))).toBe(text)
    expect(filter.counts).toEqual({ prompt, cached, completion, reasoning })
    expect([filter.chatId, filter.failed]).toEqual([id, failed])
  })

  test.each<[Dialect, string]>([
    ['responses', CREATED + DELTAS],
    ['messages', STARTED + BLOCKS],
    ['audio', AUDIO_PIECE.repeat(3)]
  ])('%s until the money is spent', (dialect, text) => {
    const filter = new SseFilter(ALL, ({ completion }) => completion <= 1, dialect)
    const passed = decodeUtf8(filter.push(encodeUtf8(text)))
    expect([filter.exhausted, filter.counts.completion]).toEqual([true, 1])
    expect(passed.length).toBeLessThan(text.length)
  })
})

describe('the figures of a whole answer', () => {
  test.each<[Dialect, object, unknown]>([
    ['responses', { tools: [{ usage: { input_tokens: 1 } }], usage: RESPONSE_USAGE, user: 'x' }, [31, 5]],
    ['messages', { usage: MESSAGE_USAGE }, [31, 3]],
    ['chat', { usage: { prompt_tokens: 2, completion_tokens: 1 } }, [2, 1]],
    ['audio', { text: 'a', usage: { type: 'duration', seconds: 3 } }, [undefined, undefined]]
  ])('of %s', (dialect, answer, expected) => {
    const usage = readWholeUsage(dialect, JSON.stringify(answer))
    expect([usage?.['prompt_tokens'], usage?.['completion_tokens']]).toEqual(expected)
  })

  test.each<[Dialect, string]>([
    ['responses', '{"usage":null}'],
    ['messages', 'not JSON'],
    ['audio', '{"text":"a"}']
  ])('are none in %s %s', (dialect, text) => {
    expect(readWholeUsage(dialect, text)).toBeUndefined()
  })
})

test.each<[Dialect, string]>([
  ['chat', 'data: {"error":'],
  ['audio', 'data: {"error":'],
  ['responses', 'event: error\ndata: {"type":"error","code":"max_price_exceeded"'],
  ['messages', 'event: error\ndata: {"type":"error","error":{"type":"PaymentRequiredError"']
])('a %s stream is told of its end in its own words', (dialect, beginning) => {
  expect(decodeUtf8(failureEvent(dialect, OVER_MAX_PRICE)).startsWith(beginning)).toBe(true)
})
