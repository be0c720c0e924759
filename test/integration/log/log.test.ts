import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { verifyCheckpoint, verifyExtension } from '../../../attestation/tlog/checkpoint.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { parseLogProof, verifyLogProof } from '../../../attestation/tlog/log-proof.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { appendNumbered, numberedLeaf, policyLeaf, startTestLog, type TestLog } from '../../fakes/log.ts'

let databaseUrl: string
let log: TestLog

beforeAll(async () => {
  databaseUrl = await createTestDatabase()
  log = await startTestLog(databaseUrl)
})
afterAll(() => log[Symbol.asyncDispose]())

async function proofOf(name: { index: number } | { leafHash: Uint8Array }, from = log): Promise<Uint8Array> {
  return (await callUnary(from.client, 'GetProof', name)).proof
}

describe('a leaf', () => {
  it('is answered with its index once a signed checkpoint has it, and is proven by it', async () => {
    expect(await appendNumbered(log.client, { first: 1, count: 3 })).toEqual([0, 1, 2])
    for (const [index, number] of [1, 2, 3].entries()) {
      const proof = parseLogProof(await proofOf({ index }))
      expect(verifyLogProof(proof, numberedLeaf(number), log.trust)).toMatchObject({ size: 3n })
    }
  })

  it('is found by its hash', async () => {
    const proof = parseLogProof(await proofOf({ leafHash: leafHash(numberedLeaf(2)) }))
    expect(proof.leafIndex).toBe(1n)
    const unknown = proofOf({ leafHash: leafHash(numberedLeaf(99)) })
    expect(codeOf(await unknown.catch((error: unknown) => error))).toBe('NOT_FOUND')
  })

  it('that came before gets the index that it has, and the ones after it theirs', async () => {
    expect(await appendNumbered(log.client, { first: 2, count: 4 })).toEqual([1, 2, 3, 4])
    expect(await appendNumbered(log.client, { first: 1, count: 5 })).toEqual([0, 1, 2, 3, 4])
  })

  it('keeps the order of its writer when calls come at once', async () => {
    const writers = ['a', 'b', 'c']
    const indices = await Promise.all(
      writers.map(async (writer) => {
        const own: number[] = []
        for (let first = 1; first <= 601; first += 300) {
          own.push(...(await appendNumbered(log.client, { writer, first, count: 300 })))
        }
        return own
      })
    )
    for (const own of indices) expect(own).toEqual([...own].sort((x, y) => x - y))
    expect(new Set(indices.flat()).size).toBe(2700)
  })

  it.each([
    ['a sequence ahead of the last one', { first: 100, count: 1 }, 'LOG_SEQUENCE_GAP'],
    ['no sequence', { first: 0, count: 1 }, 'LOG_SEQUENCE_GAP']
  ])('with %s is refused', async (_, wish, code) => {
    const refused = await appendNumbered(log.client, wish).catch((error: unknown) => error)
    expect(codeOf(refused)).toBe(code)
  })

  it.each([
    ['is no leaf', [{ sequence: '6', leaf: encodeUtf8('{"kind":"?"}') }], 'LEAF_MALFORMED'],
    ['repeats a sequence with other bytes', [{ sequence: '1', leaf: numberedLeaf(7) }], 'LOG_SEQUENCE_CONFLICT'],
    ['names what the log does not hold', [{ sequence: '6', leaf: policyLeaf(encodeUtf8('{}')) }], 'LOG_BLOB_MISSING']
  ])('that %s is refused', async (_, entries, code) => {
    const refused = await callUnary(log.client, 'Append', { writer: 'w', entries }).catch((error: unknown) => error)
    expect(codeOf(refused)).toBe(code)
  })

  it('that names a blob is taken with it, or after it', async () => {
    const [one, two] = [encodeUtf8('{"a":1}'), encodeUtf8('{"a":2}')]
    const entries = (sequence: string, policy: Uint8Array) => [{ sequence, leaf: policyLeaf(policy) }]
    await callUnary(log.client, 'Append', { writer: 'p', entries: entries('1', one), blobs: [one] })
    await callUnary(log.client, 'Append', { writer: 'p', blobs: [two] })
    await callUnary(log.client, 'Append', { writer: 'p', entries: entries('2', two) })
    const { content } = await callUnary(log.client, 'GetBlob', { digest: sha256(two) })
    expect(new Uint8Array(content)).toEqual(two)
  })
})

describe('the newest checkpoint', () => {
  it('extends every one before it', async () => {
    const before = (await callUnary(log.client, 'GetCheckpoint', {})).checkpoint
    await appendNumbered(log.client, { writer: 'later', first: 1, count: 300 })
    const older = verifyCheckpoint(before, log.trust)
    const oldSize = String(older.size)
    const { hashes, checkpoint } = await callUnary(log.client, 'GetConsistency', { oldSize })
    verifyExtension(older, verifyCheckpoint(checkpoint, log.trust), hashes)
  })

  it('has the log’s own time', async () => {
    const { checkpoint } = await callUnary(log.client, 'GetCheckpoint', {})
    const { timestamp } = verifyCheckpoint(checkpoint, log.trust)
    expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60)
  })

  it('is given a new time when nothing happens', async () => {
    await using idle = await startTestLog(await createTestDatabase(), { refreshMs: 300 })
    const time = async () => {
      const { checkpoint } = await callUnary(idle.client, 'GetCheckpoint', {})
      return verifyCheckpoint(checkpoint, idle.trust).timestamp ?? 0n
    }
    await expect.poll(time).toBeGreaterThan(0n)
    const first = await time()
    await expect.poll(time).toBeGreaterThan(first)
  })
})

describe('a replica', () => {
  it('answers the same, and takes over when the sequencer stops', async () => {
    const url = await createTestDatabase()
    const first = await startTestLog(url)
    await using second = await startTestLog(url, { key: first.config.key })
    expect(await appendNumbered(second.client, { first: 1, count: 10 })).toHaveLength(10)
    expect(await appendNumbered(first.client, { first: 11, count: 10 })).toHaveLength(10)
    await first[Symbol.asyncDispose]()
    expect(await appendNumbered(second.client, { first: 21, count: 10 })).toEqual(
      Array.from({ length: 10 }, (_, at) => 20 + at)
    )
    const proof = parseLogProof(await proofOf({ index: 25 }, second))
    expect(verifyLogProof(proof, numberedLeaf(26), second.trust)).toMatchObject({ size: 30n })
  })
})
