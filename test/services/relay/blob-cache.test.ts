import { describe, expect, test } from 'vitest'
import { sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { BlobCache } from '../../../services/relay/blob-cache.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'

function store(...contents: readonly Uint8Array[]) {
  const known = new Map(contents.map((content) => [encodeHex(sha256(content)), content]))
  const asked: string[] = []
  const fetch = async (digest: Uint8Array): Promise<Uint8Array> => {
    asked.push(encodeHex(digest))
    const content = known.get(encodeHex(digest))
    if (content === undefined) throw new ServiceError('NOT_FOUND', 'none')
    return content
  }
  return { fetch, asked, known }
}

const blob = (fill: number, length = 100): Uint8Array => new Uint8Array(length).fill(fill)

describe('the blob cache', () => {
  test('asks once, also for callers at the same time', async () => {
    const { fetch, asked } = store(blob(1))
    const cache = new BlobCache(fetch, 1000)
    const digest = sha256(blob(1))
    expect(await Promise.all([cache.get(digest), cache.get(digest)])).toEqual([blob(1), blob(1)])
    await cache.get(digest)
    expect(asked.length).toBe(1)
  })

  test('never holds more bytes than it may, and lets go of what was used longest ago', async () => {
    const { fetch, asked } = store(blob(1), blob(2), blob(3), blob(4, 301))
    const cache = new BlobCache(fetch, 250)
    for (const fill of [1, 2, 1, 3, 1]) await cache.get(sha256(blob(fill)))
    expect([cache.bytes, asked.length]).toEqual([200, 3])
    await cache.get(sha256(blob(2)))
    expect(asked.length).toBe(4)
    await cache.get(sha256(blob(4, 301)))
    expect(cache.bytes).toBeLessThanOrEqual(250)
  })

  test('refuses content of another digest and does not keep it', async () => {
    const { fetch, asked, known } = store(blob(1))
    known.set(encodeHex(sha256(blob(1))), blob(2))
    const cache = new BlobCache(fetch, 1000)
    await expect(cache.get(sha256(blob(1)))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    known.set(encodeHex(sha256(blob(1))), blob(1))
    expect(await cache.get(sha256(blob(1)))).toEqual(blob(1))
    expect(asked.length).toBe(2)
  })

  test('refuses a digest of another length', async () => {
    const cache = new BlobCache(store().fetch, 1000)
    await expect(cache.get(blob(1, 31))).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
