import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchEngine } from '../../../services/host/engine-watch.ts'
import type { Engine } from '../../../services/host/vllm.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp() {
  const state = { healthy: true, disposed: false }
  const engine: Engine = {
    send: () => Promise.reject(new ServiceError('ENGINE_UNAVAILABLE', 'down')),
    healthy: async () => state.healthy,
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
  await expect(watched.send('/', new Uint8Array(0), new AbortController().signal)).rejects.toThrow('down')
  expect(watched.down).toBe(true)
  await vi.advanceTimersByTimeAsync(2000)
  expect(told).toEqual([true, false])
  await watched[Symbol.asyncDispose]()
})

test('a caller that hangs up says nothing of the engine', async () => {
  const { watched } = setUp()
  await expect(watched.send('/', new Uint8Array(0), AbortSignal.abort())).rejects.toThrow('down')
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
