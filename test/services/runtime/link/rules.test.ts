import { describe, expect, test } from 'vitest'
import type { SessionCode } from '../../../../attestation/session/codes.ts'
import { acceptLink, dialLink } from '../../../../services/runtime/link/hello.ts'
import { MAX_WINDOW } from '../../../../services/runtime/link/stream.ts'
import { ManualTimers } from '../../../fakes/manual-timers.ts'
import { MemoryChannel } from '../../../fakes/memory-channel.ts'
import { bytes, FRAME, frame, linkPair, open, SeenStream } from './link-pair.ts'

const u32 = (value: number): Uint8Array => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)

const BROKEN: readonly [what: string, frames: readonly Uint8Array[], code: SessionCode][] = [
  ['data over credit', [frame(FRAME.data, 1, bytes(32_784)), frame(FRAME.data, 1, bytes(32_753))], 'PROTOCOL'],
  ['a chunk over 32 KiB', [frame(FRAME.data, 1, bytes(32_785))], 'TOO_LARGE'],
  ['an empty chunk, which would cost no credit', [frame(FRAME.data, 1)], 'PROTOCOL'],
  ['a chunk that is shorter than a seal', [frame(FRAME.final, 1, bytes(15))], 'PROTOCOL'],
  ['data after the final chunk', [frame(FRAME.final, 1, bytes(16)), frame(FRAME.data, 1, bytes(16))], 'PROTOCOL'],
  ['a second final chunk', [frame(FRAME.final, 1, bytes(16)), frame(FRAME.final, 1, bytes(16))], 'PROTOCOL'],
  ['OPEN of a used stream', [frame(FRAME.open, 1, bytes(1))], 'PROTOCOL'],
  ['OPEN of a stream that is not its own', [frame(FRAME.open, 2, bytes(1))], 'PROTOCOL'],
  ['OPEN of stream 0', [frame(FRAME.open, 0, bytes(1))], 'PROTOCOL'],
  ['more streams than allowed', Array.from({ length: 64 }, (_, n) => frame(FRAME.open, 3 + 2 * n)), 'TOO_LARGE'],
  ['a second HELLO', [frame(FRAME.hello, 0, bytes(1))], 'PROTOCOL'],
  ['ACCEPT from who opened the stream', [frame(FRAME.accept, 1, bytes(64))], 'PROTOCOL'],
  ['CREDIT of nothing', [frame(FRAME.credit, 1, u32(0))], 'PROTOCOL'],
  ['CREDIT of three bytes', [frame(FRAME.credit, 1, bytes(3))], 'PROTOCOL'],
  ['CREDIT beyond the window', [frame(FRAME.credit, 1, u32(MAX_WINDOW))], 'TOO_LARGE'],
  ['RESET without a code', [frame(FRAME.reset, 1)], 'PROTOCOL'],
  ['an unknown frame type', [frame(14, 1)], 'PROTOCOL'],
  ['frame type 0', [frame(0, 1)], 'PROTOCOL'],
  ['a frame that is cut off', [frame(FRAME.data, 1, bytes(10)).subarray(0, 12)], 'PROTOCOL'],
  ['a header that is cut off', [frame(FRAME.data, 1).subarray(0, 5)], 'PROTOCOL'],
  ['PING of 7 bytes', [frame(FRAME.ping, 0, bytes(7))], 'PROTOCOL'],
  ['SLOTS on a stream, even a closed one', [frame(FRAME.slots, 99, bytes(8))], 'PROTOCOL'],
  ['GOAWAY on a stream', [frame(FRAME.goaway, 1, bytes(2))], 'PROTOCOL'],
  ['DATA on stream 0', [frame(FRAME.data, 0, bytes(16))], 'PROTOCOL']
]

describe('a broken rule drops the link with GOAWAY:', () => {
  test.each(BROKEN)('%s', async (_what, frames, code) => {
    const pair = await linkPair()
    const { saw } = open(pair)
    pair.up.sent.push(...frames)
    while (pair.up.deliver());
    expect(pair.acceptorSaw.end).toMatchObject({ code })
    pair.settle()
    expect(pair.diallerSaw.goaways).toEqual([code])
    expect(saw.code).toBe('HOST_LOST')
  })

  test('data before ACCEPT', async () => {
    const pair = await linkPair()
    open(pair)
    pair.down.sent.push(frame(FRAME.data, 1, bytes(16)))
    pair.settle()
    expect(pair.diallerSaw.end).toMatchObject({ code: 'PROTOCOL' })
  })

  test('a second ACCEPT', async () => {
    const pair = await linkPair()
    open(pair)
    pair.down.sent.push(frame(FRAME.accept, 1, bytes(64)), frame(FRAME.accept, 1, bytes(64)))
    pair.settle()
    expect(pair.diallerSaw.end).toMatchObject({ code: 'PROTOCOL' })
  })

  test('what its owner refuses', async () => {
    const pair = await linkPair()
    pair.acceptorSaw.control = () => {
      throw new TypeError('not that')
    }
    pair.dialler.control(FRAME.slots, bytes(8))
    pair.settle()
    expect(pair.acceptorSaw.end).toMatchObject({ code: 'PROTOCOL' })
  })

  test('a side that does not read, once too much waits for it', async () => {
    const pair = await linkPair({ window: 1, maxBacklog: 100_000 })
    for (let n = 0; n < 60; n++) {
      pair.dialler.open(bytes(1), new SeenStream())?.send(bytes(2000))
      pair.timers.endTurn()
    }
    expect(pair.diallerSaw.end).toMatchObject({ code: 'TOO_LARGE' })
    expect(pair.dialler.backlog).toBe(0)
  })
})

describe('frames that cross', () => {
  test.each([
    ['DATA', FRAME.data, bytes(16)],
    ['FINAL', FRAME.final, bytes(16)],
    ['CREDIT', FRAME.credit, u32(5)],
    ['RESET', FRAME.reset, Uint8Array.of(0, 11)]
  ])('%s of a closed stream is ignored', async (_name, type, payload) => {
    const pair = await linkPair()
    const { theirs } = open(pair)
    theirs.stream.reset('CANCELLED')
    pair.settle()
    pair.up.sent.push(frame(type, 1, payload), frame(type, 99, payload))
    pair.settle()
    expect(pair.acceptorSaw.end).toBeUndefined()
    expect(theirs.seen.code).toBeUndefined()
  })

  test('a hundred pings in a batch are answered once', async () => {
    const pair = await linkPair()
    for (let n = 0; n < 100; n++) pair.up.sent.push(frame(FRAME.ping, 0, bytes(8, n)))
    while (pair.up.deliver());
    pair.timers.endTurn()
    expect(pair.down.sent).toEqual([frame(FRAME.pong, 0, bytes(8, 99))])
  })
})

describe('before HELLO', () => {
  test('a link that stays silent is dropped', async () => {
    const timers = new ManualTimers()
    const [left, right] = MemoryChannel.pair()
    let end: unknown
    acceptLink({
      channel: right,
      timers,
      maxStreams: 1,
      hello: bytes(1),
      receiveHello: () => {
        throw new Error('none came')
      },
      refused: (reason) => {
        end = reason
      }
    })
    timers.advance(10_000)
    expect(end).toMatchObject({ code: 'PROTOCOL' })
    const dialling = dialLink({
      channel: left,
      timers,
      maxStreams: 0,
      answerHello: () => ({ hello: bytes(1), maxStreams: 1, maxBatch: 65_536 }),
      events: { open: () => 'PROTOCOL', control() {}, goaway() {}, closed() {} }
    })
    left.break()
    await expect(dialling).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('no other frame is taken', async () => {
    const pair = await linkPair()
    const [left, right] = MemoryChannel.pair()
    let end: unknown
    acceptLink({
      channel: right,
      timers: pair.timers,
      maxStreams: 1,
      hello: bytes(1),
      receiveHello: () => pair.acceptorSaw,
      refused: (reason) => {
        end = reason
      }
    })
    left.write(frame(FRAME.open, 1, bytes(1)))
    left.deliver()
    expect(end).toMatchObject({ code: 'PROTOCOL' })
  })
})
