import { describe, expect, test } from 'vitest'
import { EngineBody } from '../../../services/host/engine-body.ts'

describe('the body of an engine’s answer', () => {
  test('gives all that has come since as one piece, and then what comes', async () => {
    const { body } = open()
    body.push(Buffer.from('a'))
    body.push(Buffer.from('b'))
    const read = body[Symbol.asyncIterator]()
    expect(String((await read.next()).value)).toBe('ab')
    const next = read.next()
    body.push(Buffer.from('c'))
    expect(String((await next).value)).toBe('c')
    body.end()
    expect((await read.next()).done).toBe(true)
  })

  test('holds its sender while 64 KiB wait, and lets it go on', async () => {
    const { body, flow } = open()
    body.push(new Uint8Array(64 * 1024))
    expect(flow).toEqual([])
    body.push(new Uint8Array(1))
    expect(flow).toEqual(['pause'])
    await body[Symbol.asyncIterator]().next()
    expect(flow).toEqual(['pause', 'resume'])
  })

  test('holds a sender again that goes on within the turn in which it may', async () => {
    const flow: string[] = []
    const body: EngineBody = new EngineBody({
      pause: () => flow.push('pause'),
      resume: () => {
        flow.push('resume')
        if (flow.length < 4) body.push(new Uint8Array(65 * 1024))
      },
      hangUp: () => {}
    })
    body.push(new Uint8Array(65 * 1024))
    const read = body[Symbol.asyncIterator]()
    expect((await read.next()).value!.byteLength).toBe(65 * 1024)
    expect((await read.next()).value!.byteLength).toBe(65 * 1024)
    expect(flow).toEqual(['pause', 'resume', 'pause', 'resume'])
  })

  test('that breaks gives what came before, then the error', async () => {
    const { body, flow } = open()
    body.push(Buffer.from('a'))
    body.fail(new Error('broken'))
    const read = body[Symbol.asyncIterator]()
    expect(String((await read.next()).value)).toBe('a')
    await expect(read.next()).rejects.toThrow('broken')
    expect(flow).toEqual([])
  })

  test('that is left early is hung up on', async () => {
    const { body, flow } = open()
    body.push(Buffer.from('a'))
    for await (const _piece of body) break
    expect(flow).toEqual(['hang up'])
  })
})

function open() {
  const flow: string[] = []
  const body = new EngineBody({
    pause: () => flow.push('pause'),
    resume: () => flow.push('resume'),
    hangUp: () => flow.push('hang up')
  })
  return { body, flow }
}
