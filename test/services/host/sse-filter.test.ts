import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import type { TokenCounts } from '../../../attestation/receipt/usage.ts'
import { findUsage } from '../../../services/host/engine-json.ts'
import { SseFilter } from '../../../services/host/sse-filter.ts'

const chunk = (content: string, count: number, index = 0): string => {
  const usage = { prompt_tokens: 7, total_tokens: 7 + count, completion_tokens: count }
  const choices = [{ index, delta: { content }, finish_reason: null }]
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices, usage })}\n\n`
}
const TOTAL =
  'data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":7,"total_tokens":9,"completion_tokens":2,' +
  '"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":1}}}\n\n'
const DONE = 'data: [DONE]\n\n'
const STREAM = chunk('é "usage":{"x":1} ', 1) + chunk('}', 2) + TOTAL + DONE
const COUNTS: TokenCounts = { prompt: 3, cached: 4, completion: 1, reasoning: 1 }
const always = (): boolean => true

function run(filter: SseFilter, parts: readonly Uint8Array[]): string {
  return decodeUtf8(Buffer.concat([...parts.map((part) => filter.push(part)), filter.end()]))
}

const withoutUsage = (text: string): string =>
  text.replace(/,"usage":\{"prompt_tokens":7,"total_tokens":\d,"completion_tokens":\d\}\}/g, '}')

describe('what the client sees', () => {
  test.each([
    [{ total: false, continuous: false }, withoutUsage(STREAM).replace(TOTAL, '')],
    [{ total: true, continuous: false }, withoutUsage(STREAM)],
    [{ total: true, continuous: true }, STREAM]
  ])('under %j', (wish, expected) => {
    const filter = new SseFilter(wish, always)
    expect(run(filter, [encodeUtf8(STREAM)])).toBe(expected)
    expect(filter.counts).toEqual(COUNTS)
    expect([filter.chatId, filter.failed, filter.exhausted]).toEqual(['chatcmpl-1', false, false])
  })

  test('is the same wherever the engine’s bytes were cut', () => {
    const bytes = encodeUtf8(STREAM)
    const whole = run(new SseFilter({ total: false, continuous: false }, always), [bytes])
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.byteLength), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.byteLength]
        const parts = at.slice(1).map((to, index) => bytes.subarray(at[index], to))
        const filter = new SseFilter({ total: false, continuous: false }, always)
        expect(run(filter, parts)).toBe(whole)
        expect(filter.counts).toEqual(COUNTS)
      })
    )
  })

  test('keeps comments, other events, and lines that are not JSON', () => {
    const text = ': ping\r\n\r\nevent: x\ndata: plain\n\ndata: {"choices":[]}\n\n'
    expect(run(new SseFilter({ total: false, continuous: false }, always), [encodeUtf8(text)])).toBe(text)
  })
})

describe('tokens are counted', () => {
  test('over all choices, of a stream that breaks before its totals', () => {
    const filter = new SseFilter({ total: false, continuous: false }, always)
    run(filter, [encodeUtf8(chunk('a', 3, 0) + chunk('b', 5, 1) + chunk('c', 4, 0))])
    expect(filter.counts).toEqual({ prompt: 7, cached: 0, completion: 9, reasoning: 0 })
  })

  test('only as far as they are affordable, and what is not passes no more', () => {
    const filter = new SseFilter({ total: true, continuous: false }, ({ completion }) => completion <= 2)
    const passed = run(filter, [encodeUtf8([1, 2, 3, 4].map((count) => chunk(`${count}`, count)).join('') + DONE)])
    expect(passed).toContain('"content":"2"')
    expect(passed).not.toContain('"content":"3"')
    expect(passed).not.toContain('[DONE]')
    expect([filter.exhausted, filter.counts.completion]).toEqual([true, 2])
  })

  test('of an engine that reports an error', () => {
    const filter = new SseFilter({ total: false, continuous: false }, always)
    run(filter, [
      encodeUtf8(`${chunk('a', 1)}data: {"error":{"message":"no","type":"x","param":null,"code":500}}\n\n${DONE}`)
    ])
    expect([filter.failed, filter.counts.completion]).toEqual([true, 1])
  })
})

test('usage is found as JSON would find it, whatever a model says', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(1e6), (content, count) => {
      const answer = {
        id: 'x',
        choices: [{ message: { content } }],
        usage: { completion_tokens: count },
        service_tier: null
      }
      const text = Buffer.from(JSON.stringify(answer)).toString('latin1')
      const found = findUsage(text)
      expect(found?.usage).toEqual({ completion_tokens: count })
      const { usage: _usage, ...rest } = JSON.parse(Buffer.from(text, 'latin1').toString('utf8'))
      expect(JSON.parse(Buffer.from(found?.without ?? '', 'latin1').toString('utf8'))).toEqual(rest)
    })
  )
})

test.each(['{"usage":null}', '{"choices":[{"delta":{"content":"\\"usage\\":{}"}}]}', '{"usage":{"a":1'])(
  '%s has no usage',
  (text) => {
    expect(findUsage(text)).toBeUndefined()
  }
)
