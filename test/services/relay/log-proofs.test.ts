import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { LogProofs } from '../../../services/relay/log-proofs.ts'

function createProofs() {
  const state = { now: 0, fails: false, asked: [] as bigint[], faults: 0 }
  const proofs = new LogProofs({
    fetch: async (index) => {
      state.asked.push(index)
      if (state.fails) throw new Error('no log')
      return encodeUtf8(`${index} at ${state.now}`)
    },
    monotonic: () => state.now,
    freshMs: 5000,
    onFault: () => state.faults++
  })
  const get = async (index: bigint) => Buffer.from((await proofs.get(index)) ?? []).toString()
  return { state, get }
}

test('a proof is asked for once in five seconds, however many want it', async () => {
  const { state, get } = createProofs()
  expect(await Promise.all([get(1n), get(1n), get(2n)])).toEqual(['1 at 0', '1 at 0', '2 at 0'])
  state.now = 4999
  expect(await get(1n)).toBe('1 at 0')
  state.now = 5000
  expect(await get(1n)).toBe('1 at 5000')
  expect(state.asked).toEqual([1n, 2n, 1n])
})

test('while the log is away the last proof is given out, and none where there was none', async () => {
  const { state, get } = createProofs()
  await get(1n)
  Object.assign(state, { now: 60_000, fails: true })
  expect([await get(1n), await get(2n), state.faults]).toEqual(['1 at 0', '', 2])
  state.fails = false
  // One that has a proof does not ask again at once, so that a log that hangs does not hang everybody.
  expect([await get(1n), await get(2n)]).toEqual(['1 at 0', '2 at 60000'])
  state.now = 65_000
  expect(await get(1n)).toBe('1 at 65000')
})
