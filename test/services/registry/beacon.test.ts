import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MasterchainBlock } from '../../../contracts/chain.ts'
import { createBeaconSource, NO_BEACON } from '../../../services/registry/beacon.ts'
import { silentLogger } from '../../../services/runtime/log.ts'

const START = 1_790_000_000

beforeEach(() => {
  vi.useFakeTimers({ now: START * 1000 })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A chain with a block every 5 s, that answers, fails or hangs as it is told. */
function createChain() {
  const chain = { mode: 'answers' as 'answers' | 'fails' | 'hangs', asked: 0, behind: 0, seqno: 0 }
  const latestBlock = async (): Promise<MasterchainBlock> => {
    chain.asked++
    if (chain.mode === 'fails') throw new Error('no chain')
    if (chain.mode === 'hangs') return new Promise(() => {})
    const genUtime = Math.floor(Date.now() / 5000) * 5 - chain.behind
    return {
      seqno: genUtime / 5 + chain.seqno,
      genUtime,
      rootHash: new Uint8Array(32).fill(1),
      fileHash: new Uint8Array(32)
    }
  }
  const now = (): Date => new Date()
  return { chain, beacon: createBeaconSource({ network: -4242, latestBlock, now, logger: silentLogger }) }
}

async function passing(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000)
}

describe('a challenge', () => {
  it('names the newest block of its network, asked for once in three seconds', async () => {
    const { chain, beacon } = createChain()
    const block = { network: -4242, seqno: START / 5, genUtime: START, rootHash: new Uint8Array(32).fill(1) }
    expect(await Promise.all([beacon(), beacon()])).toEqual([block, block])
    await passing(2)
    expect(await beacon()).toEqual(block)
    expect(chain.asked).toBe(1)
    await passing(3)
    expect(await beacon()).toMatchObject({ genUtime: START + 5 })
  })

  it('names the last block while the chain is away, for ten minutes and no longer', async () => {
    const { chain, beacon } = createChain()
    await beacon()
    chain.mode = 'fails'
    await passing(600)
    expect(await beacon()).toMatchObject({ genUtime: START })
    await passing(1)
    expect(await beacon()).toEqual(NO_BEACON)
    chain.mode = 'answers'
    await passing(3)
    expect(await beacon()).toMatchObject({ network: -4242 })
  })

  it('waits three seconds for a chain that hangs, and then names no block', async () => {
    const { chain, beacon } = createChain()
    chain.mode = 'hangs'
    const asked = beacon()
    await passing(3)
    expect(await asked).toEqual(NO_BEACON)
  })

  it('names no block of a chain that has halted long ago, or is of the future', async () => {
    const { chain, beacon } = createChain()
    chain.behind = 605
    expect(await beacon()).toEqual(NO_BEACON)
    const ahead = createChain()
    ahead.chain.behind = -60
    expect(await ahead.beacon()).toEqual(NO_BEACON)
  })

  it('never goes back to an older block', async () => {
    const { chain, beacon } = createChain()
    await beacon()
    chain.behind = 100
    await passing(5)
    expect(await beacon()).toMatchObject({ genUtime: START })
  })

  it('names blocks of a chain that began again, once its last one is no beacon any more', async () => {
    const { chain, beacon } = createChain()
    chain.seqno = 1_000_000
    await beacon()
    chain.seqno = 0
    await passing(300)
    expect(await beacon()).toMatchObject({ seqno: START / 5 + 1_000_000 })
    await passing(305)
    expect(await beacon()).toMatchObject({ seqno: (START + 605) / 5 })
  })

  it('forgets a block of the future at once, whatever its number', async () => {
    const { chain, beacon } = createChain()
    Object.assign(chain, { behind: -60, seqno: 1_000_000 })
    expect(await beacon()).toEqual(NO_BEACON)
    Object.assign(chain, { behind: 0, seqno: 0 })
    await passing(5)
    expect(await beacon()).toMatchObject({ seqno: START / 5 + 1 })
  })
})
