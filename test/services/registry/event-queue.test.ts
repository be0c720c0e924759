import { describe, expect, it } from 'vitest'
import { EventQueue } from '../../../services/registry/event-queue.ts'
import type { DirectoryEvent } from '../../../services/registry/host.ts'

const END: DirectoryEvent = { kind: 'snapshotEnd' }

describe('the queue of a watcher', () => {
  it('gives events in order, waiting for more', async () => {
    const [queue, controller] = [new EventQueue(), new AbortController()]
    const gone = (serial: number): DirectoryEvent => ({
      kind: 'delisted',
      keysetDigest: Uint8Array.of(serial),
      reason: 'lapsed'
    })
    const reader = queue.read(controller.signal)
    queue.push([gone(1), gone(2)])
    expect([(await reader.next()).value, (await reader.next()).value]).toEqual([gone(1), gone(2)])
    const waiting = reader.next()
    queue.push([gone(3)])
    expect((await waiting).value).toEqual(gone(3))
  })

  it('ends when its reader leaves, even while it waits', async () => {
    const [queue, controller] = [new EventQueue(), new AbortController()]
    const waiting = queue.read(controller.signal).next()
    controller.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('is cut when its reader does not keep up', async () => {
    const queue = new EventQueue()
    queue.push(Array.from({ length: 10_001 }, () => END))
    await expect(queue.read(new AbortController().signal).next()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('is cut when the directory closes, even while its reader waits', async () => {
    const queue = new EventQueue()
    const waiting = queue.read(new AbortController().signal).next()
    queue.close('stopping')
    await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
