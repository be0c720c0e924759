import { describe, expect, test } from 'vitest'
import { FRAME } from '../../../attestation/session/frame-header.ts'
import { startHostileRelay, type Tampering } from '../../fakes/hostile-relay.ts'
import {
  answerItself,
  dropAnswerChunk,
  flipAnswer,
  flipRequest,
  reorderAnswer,
  repeatAccept,
  replayAnswer,
  replayAnswerChunk,
  resetAnswer,
  swapWraps,
  truncateAnswer
} from '../../fakes/hostile-tricks.ts'
import { FakeClient } from '../../fakes/link-client.ts'
import { startWorld } from './world.ts'

const chunks = [1, 2, 3].map((value) => new Uint8Array(100).fill(value))

/** What a client that checks nothing sees of an echoed request, by the first byte of each chunk. */
async function seenThrough(tricks: Tampering): Promise<{ readonly outcome: string; readonly chunks: number[] }> {
  await using w = await startWorld()
  const host = await w.host()
  await using hostile = await startHostileRelay(w.relay.authority)
  hostile.tamper(tricks)
  await using client = await FakeClient.dial(hostile.authority)
  const request = client.ask([host.keyset.digest], chunks)
  const outcome = await Promise.race([request.outcome, client.ended.then(({ code }) => `link ${code}`)])
  return { outcome, chunks: request.chunks.map((bytes) => bytes[0] ?? 0) }
}

// The double is a tool for tests of the client and the host: here, only that it does what it says.
describe('the hostile relay', () => {
  test.each<[what: string, tricks: () => Tampering, outcome: string, seen: readonly number[]]>([
    ['passes everything on when told nothing', () => ({}), 'complete', [1, 2, 3]],
    ['drops', () => dropAnswerChunk(1), 'complete', [1, 3]],
    ['replays', () => replayAnswerChunk(0), 'complete', [1, 1, 2, 3]],
    ['reorders', reorderAnswer, 'complete', [2, 1, 3]],
    ['truncates', () => truncateAnswer(1), 'complete', [1, 2]],
    ['cuts off', () => resetAnswer(2, 11), 'CANCELLED', [1, 2]],
    ['changes answers', () => flipAnswer(1), 'complete', [1, 2, 3]],
    ['changes requests', () => flipRequest(1), 'complete', [1, 2, 3]],
    ['accepts twice', repeatAccept, 'HOST_LOST', []],
    ['swaps wraps of one', swapWraps, 'complete', [1, 2, 3]]
  ])('%s', async (_what, tricks, outcome, seen) => {
    const got = await seenThrough(tricks())
    expect(got).toEqual({ outcome, chunks: seen })
  })

  test('answers itself, so that no host is asked', async () => {
    await using w = await startWorld()
    const host = await w.host()
    await using hostile = await startHostileRelay(w.relay.authority)
    hostile.tamper(answerItself(() => host.keyset.digest))
    await using client = await FakeClient.dial(hostile.authority)
    const request = client.ask([host.keyset.digest], chunks)
    expect(await request.outcome).toBe('complete')
    expect([host.requests.length, request.chunks[0]?.byteLength]).toEqual([0, 272])
    expect(hostile.sawUp.some(({ type }) => type === FRAME.open)).toBe(true)
  })

  test('gives the answer of another request', async () => {
    await using w = await startWorld()
    const host = await w.host()
    await using hostile = await startHostileRelay(w.relay.authority)
    hostile.tamper(replayAnswer())
    await using client = await FakeClient.dial(hostile.authority)
    await client.ask([host.keyset.digest], chunks).outcome
    const second = client.ask([host.keyset.digest], [new Uint8Array(50).fill(9)], { n: 1 })
    expect(await second.outcome).toBe('complete')
    expect(second.chunks).toEqual(chunks)
  })
})
