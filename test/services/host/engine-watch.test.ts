import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchEngine } from '../../../services/host/engine-watch.ts'
import type { Engine } from '../../../services/host/vllm.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const NOTHING = { path: '/', contentType: 'application/json', body: new Uint8Array(0) }

function setUp() {
  const state = { healthy: true, disposed: false, caching: false }
  const engine: Engine = {
    send: () => Promise.reject(new ServiceError('ENGINE_UNAVAILABLE', 'down')),
    healthy: async () => state.healthy,
    facts: async () => ({ prefixCaching: state.caching, salted: new Set<string>() }),
    [Symbol.asyncDispose]: async () => {
      state.disposed = true
    }
  }
  const told: boolean[] = []
  const watched = watchEngine(engine)
  watched.onChange(() => void told.push(watched.down))
  return { state, watched, told }
}

test('an engine that gives no answer is down at once, and up when it is healthy again', async () => {
  const { watched, told } = setUp()
  await expect(watched.send(NOTHING, new AbortController().signal)).rejects.toThrow('down')
  expect(watched.down).toBe(true)
  await vi.advanceTimersByTimeAsync(2000)
  expect(told).toEqual([true, false])
  await watched[Symbol.asyncDispose]()
})

test('a caller that hangs up says nothing of the engine', async () => {
  const { watched } = setUp()
  await expect(watched.send(NOTHING, AbortSignal.abort())).rejects.toThrow('down')
  expect(watched.down).toBe(false)
  await watched[Symbol.asyncDispose]()
})

test('an engine that falls ill between requests is noticed, until the watch ends', async () => {
  const { state, watched, told } = setUp()
  state.healthy = false
  await vi.advanceTimersByTimeAsync(2000)
  expect(told).toEqual([true])
  await watched[Symbol.asyncDispose]()
  state.healthy = true
  await vi.advanceTimersByTimeAsync(10_000)
  expect([told, state.disposed]).toEqual([[true], true])
})

test('what an engine says of itself is asked again when it has been down: it may be started otherwise', async () => {
  const { state, watched } = setUp()
  expect(watched.known.prefixCaching).toBe(true)
  await watched.healthy()
  expect(watched.known.prefixCaching).toBe(false)
  state.healthy = false
  await vi.advanceTimersByTimeAsync(2000)
  expect(watched.known.prefixCaching).toBe(true)
  Object.assign(state, { healthy: true, caching: true })
  await vi.advanceTimersByTimeAsync(2000)
  expect([watched.down, watched.known.prefixCaching]).toEqual([false, true])
  await watched[Symbol.asyncDispose]()
})
