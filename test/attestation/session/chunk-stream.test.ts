import { describe, expect, it } from 'vitest'
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
