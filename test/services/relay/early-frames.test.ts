import { describe, expect, test } from 'vitest'
import { FRAME } from '../../../attestation/session/frame-header.ts'
import { EarlyFrames } from '../../../services/relay/early-frames.ts'

describe('what comes before a host is known', () => {
  test('is kept in order, and of SLOTS the last', () => {
    const early = new EarlyFrames()
    for (const n of [1, 2]) {
      early.keep(FRAME.slots, Uint8Array.of(n))
      early.keep(FRAME.usage, Uint8Array.of(n))
    }
    expect(early.slots).toEqual(Uint8Array.of(2))
    expect(early.takeStatements()).toEqual([Uint8Array.of(1), Uint8Array.of(2)])
    expect(early.takeStatements()).toEqual([])
  })

  test.each([
    ['ten thousand empty statements', 0, 1024],
    ['statements of 64 KiB', 65_000, 16]
  ])('takes little memory, whoever sends it: %s', (_, length, kept) => {
    const early = new EarlyFrames()
    const payload = new Uint8Array(length)
    for (let n = 0; n < 10_000; n++) early.keep(FRAME.usage, payload)
    expect(early.takeStatements()).toHaveLength(kept)
  })
})
