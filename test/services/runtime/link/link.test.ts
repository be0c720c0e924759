import { describe, expect, test } from 'vitest'
import { MAX_WINDOW } from '../../../../services/runtime/link/stream.ts'
import { bytes, FRAME, linkPair, open, SeenStream } from './link-pair.ts'

describe('a link carries', () => {
  test('a request and its answer, each in order and once', async () => {
    const pair = await linkPair()
    const { mine, saw, theirs } = open(pair)
    mine.send(bytes(100, 1))
    mine.finish(bytes(50, 2))
    pair.settle()
    theirs.stream.accept(bytes(64, 9))
    theirs.stream.send(bytes(30, 3))
    theirs.stream.finish(bytes(16, 4))
    pair.settle()
    expect(theirs.seen.chunks).toEqual([bytes(100, 1), bytes(50, 2)])
    expect(theirs.seen.ended).toBe(true)
    expect(saw.accepts).toEqual([bytes(64, 9)])
    expect(saw.chunks).toEqual([bytes(30, 3), bytes(16, 4)])
    expect([mine.closed, theirs.stream.closed, pair.dialler.streams, pair.acceptor.streams]).toEqual([true, true, 0, 0])
  })

  test('all frames of a turn in one batch', async () => {
    const pair = await linkPair()
    for (let n = 0; n < 5; n++) pair.dialler.open(bytes(10), new SeenStream())
    expect(pair.up.sent).toEqual([])
    pair.timers.endTurn()
    expect(pair.up.sent.length).toBe(1)
    expect(pair.up.sent[0]?.byteLength).toBe(5 * 18)
  })

  test('batches of at most 64 KiB, and none more than the channel takes', async () => {
    const pair = await linkPair({ window: 2 })
    const { mine } = open(pair)
    pair.acceptorSaw.opened[0]?.stream.grant(1024 * 1024)
    pair.acceptorSaw.opened[0]?.stream.accept(bytes(64))
    pair.settle()
    for (let n = 0; n < 20; n++) mine.send(bytes(32_784))
    pair.timers.endTurn()
    expect(pair.up.sent.length).toBe(2)
    expect(pair.up.sent.every(({ byteLength }) => byteLength <= 65_536)).toBe(true)
    expect(pair.dialler.backlog).toBeGreaterThan(0)
    pair.settle()
    expect(pair.dialler.backlog).toBe(0)
    expect(pair.acceptorSaw.opened[0]?.seen.chunks.length).toBe(20)
  })

  test('control frames of stream 0 to the owner', async () => {
    const pair = await linkPair()
    pair.dialler.control(FRAME.slots, bytes(8))
    pair.acceptor.control(FRAME.ack, bytes(8, 1))
    pair.settle()
    expect(pair.acceptorSaw.controls).toEqual([{ type: FRAME.slots, payload: bytes(8) }])
    expect(pair.diallerSaw.controls).toEqual([{ type: FRAME.ack, payload: bytes(8, 1) }])
  })

  test('odd streams of the dialler and even ones of the acceptor', async () => {
    const pair = await linkPair()
    const odd = [pair.dialler.open(bytes(1), new SeenStream()), pair.dialler.open(bytes(1), new SeenStream())]
    const even = [pair.acceptor.open(bytes(1), new SeenStream()), pair.acceptor.open(bytes(1), new SeenStream())]
    expect(odd.map((stream) => stream?.id)).toEqual([1, 3])
    expect(even.map((stream) => stream?.id)).toEqual([2, 4])
  })
})

describe('credit', () => {
  test('starts at 64 KiB; what is over it waits for a grant', async () => {
    const pair = await linkPair()
    const { mine, theirs } = open(pair)
    expect(mine.send(bytes(32_784))).toBe(true)
    expect(mine.send(bytes(32_784))).toBe(false)
    pair.settle()
    expect(theirs.seen.chunks.length).toBe(1)
    let ready = false
    const waiting = mine.ready().then(() => {
      ready = true
    })
    theirs.stream.accept(bytes(64))
    theirs.stream.consumed(32_784)
    pair.settle()
    await waiting
    expect(ready).toBe(true)
    expect(theirs.seen.chunks.length).toBe(2)
  })

  test('is not granted before ACCEPT', async () => {
    const pair = await linkPair()
    const { mine, theirs } = open(pair)
    mine.send(bytes(32_784))
    pair.settle()
    theirs.stream.consumed(32_784)
    pair.timers.endTurn()
    expect(pair.down.sent).toEqual([])
    theirs.stream.accept(bytes(64))
    pair.timers.endTurn()
    expect(pair.down.sent[0]?.byteLength).toBe(72 + 12)
  })

  test('frees a waiting sender when the stream is reset', async () => {
    const pair = await linkPair()
    const { mine, theirs } = open(pair)
    for (let n = 0; n < 4; n++) mine.send(bytes(32_784))
    const waiting = mine.ready()
    theirs.stream.reset('UNSEAL_FAILED')
    pair.settle()
    await waiting
    expect(mine.closed).toBe(true)
  })

  test('is never granted beyond the window', async () => {
    const pair = await linkPair()
    const { theirs } = open(pair)
    theirs.stream.accept(bytes(64))
    expect(() => theirs.stream.grant(MAX_WINDOW)).toThrow('credit beyond')
  })
})

describe('a stream ends', () => {
  test('for both when one resets it, with its code', async () => {
    const pair = await linkPair()
    const { mine, saw, theirs } = open(pair)
    theirs.stream.reset('UNSEAL_FAILED')
    pair.settle()
    expect(saw.code).toBe('UNSEAL_FAILED')
    expect([mine.closed, pair.dialler.streams, pair.acceptor.streams]).toEqual([true, 0, 0])
  })

  test('when the other side refuses its OPEN', async () => {
    const pair = await linkPair()
    pair.acceptorSaw.refuseWith = 'NO_CAPACITY'
    const saw = new SeenStream()
    pair.dialler.open(bytes(1), saw)
    pair.settle()
    expect(saw.code).toBe('NO_CAPACITY')
  })

  test('as HOST_LOST when the link breaks', async () => {
    const pair = await linkPair()
    const { saw, theirs } = open(pair)
    pair.up.break(new Error('cable'))
    expect([saw.code, theirs.seen.code]).toEqual(['HOST_LOST', 'HOST_LOST'])
    expect(pair.diallerSaw.end?.error?.message).toBe('cable')
    expect(pair.dialler.open(bytes(1), new SeenStream())).toBeUndefined()
  })

  test('as HOST_LOST after 45 s of silence, and not while pings are answered', async () => {
    const pair = await linkPair()
    const { saw } = open(pair)
    for (let n = 0; n < 20; n++) {
      pair.timers.advance(10_000)
      pair.settle()
    }
    expect(saw.code).toBeUndefined()
    pair.timers.advance(44_000)
    expect(saw.code).toBeUndefined()
    pair.timers.advance(6_000)
    expect(saw.code).toBe('HOST_LOST')
    expect(pair.diallerSaw.end?.error?.message).toContain('45 s')
  })
})

describe('GOAWAY', () => {
  test('lets running streams finish, refuses new ones, and then the dialler closes the link', async () => {
    const pair = await linkPair()
    const { mine, saw, theirs } = open(pair)
    pair.acceptor.goaway()
    const late = new SeenStream()
    pair.dialler.open(bytes(1), late)
    pair.settle()
    expect(pair.diallerSaw.goaways).toEqual([undefined])
    expect(late.code).toBe('HOST_LOST')
    expect(pair.dialler.open(bytes(1), new SeenStream())).toBeUndefined()
    mine.finish(bytes(16))
    pair.settle()
    theirs.stream.accept(bytes(64))
    theirs.stream.finish(bytes(16))
    pair.settle()
    expect(saw.ended).toBe(true)
    expect(pair.diallerSaw.end).toEqual({})
    expect(pair.acceptorSaw.end).toEqual({})
  })

  test('is what `close` needs not wait for: what was sent arrives', async () => {
    const pair = await linkPair()
    const { mine, theirs } = open(pair)
    mine.send(bytes(100))
    const closing = pair.dialler.close()
    pair.settle()
    await closing
    expect(theirs.seen.chunks).toEqual([bytes(100)])
    expect(theirs.seen.code).toBe('HOST_LOST')
  })
})
