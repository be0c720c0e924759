import { describe, expect, it } from 'vitest'
import { sealAead } from '../../../attestation/session/aead.ts'
import { ChunkOpener, ChunkSealer, cutChunks } from '../../../attestation/session/chunk-stream.ts'
import { refusalOf } from './alteration.ts'

describe('chunks', () => {
  const keys = () => new Uint8Array(44).fill(9)

  it('are at most 32 KiB, and empty only at the end', async () => {
    const sealer = new ChunkSealer(keys())
    expect(() => sealer.seal(new Uint8Array(32_769), false)).toThrow(TypeError)
    expect(() => sealer.seal(new Uint8Array(0), false)).toThrow(TypeError)
    expect(sealer.seal(new Uint8Array(0), true)).toHaveLength(16)
    expect(() => sealer.seal(new Uint8Array(1), true)).toThrow(TypeError)
    const opener = new ChunkOpener(keys())
    expect(await refusalOf(() => opener.open(new Uint8Array(32_785), false))).toBe('TOO_LARGE')
  })

  it('open to nothing after the first refusal', async () => {
    const sealed = new ChunkSealer(keys()).seal(Uint8Array.of(1), false)
    const opener = new ChunkOpener(keys())
    expect(await refusalOf(() => opener.open(sealed.with(0, sealed[0]! ^ 1), false))).toBe('UNSEAL_FAILED')
    expect(await refusalOf(() => opener.open(sealed, false))).toBe('UNSEAL_FAILED')
  })

  it('sealed under an erased key, which is zeros and known to all, open to nothing', async () => {
    const forged = (n: number): Uint8Array => {
      const nonce = new Uint8Array(12)
      nonce[11] = n
      return sealAead({ key: new Uint8Array(32), nonce, aad: null }, Uint8Array.of(1))
    }
    const ended = new ChunkOpener(keys())
    ended.open(new ChunkSealer(keys()).seal(Uint8Array.of(1), true), true)
    const broken = new ChunkOpener(keys())
    expect(await refusalOf(() => broken.open(new Uint8Array(17), false))).toBe('UNSEAL_FAILED')
    const disposed = new ChunkOpener(keys())
    disposed[Symbol.dispose]()
    for (const [opener, n] of [
      [ended, 1],
      [broken, 1],
      [disposed, 0]
    ] as const) {
      expect(await refusalOf(() => opener.open(forged(n), false))).toBe('UNSEAL_FAILED')
    }
  })

  it('that are empty before the end are refused though their key made them', async () => {
    const nonce = new Uint8Array(12).fill(9)
    const empty = sealAead({ key: new Uint8Array(32).fill(9), nonce, aad: null }, new Uint8Array(0))
    expect(await refusalOf(() => new ChunkOpener(keys()).open(empty, false))).toBe('UNSEAL_FAILED')
  })

  it('erase the key that they were given when they end', () => {
    const given = keys()
    const sealer = new ChunkSealer(given)
    sealer.seal(Uint8Array.of(1), true)
    expect(given).toEqual(new Uint8Array(44))
  })

  it('are cut where they are full', () => {
    const sizes = (length: number) => [...cutChunks(new Uint8Array(length))].map(({ byteLength }) => byteLength)
    expect(sizes(0)).toEqual([0])
    expect(sizes(32_768)).toEqual([32_768])
    expect(sizes(70_000)).toEqual([32_768, 32_768, 4464])
  })
})
