import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leafHash, nodeHash } from '../../../attestation/tlog/hash.ts'
import { proveConsistency, rootAt } from '../../../attestation/tlog/prove.ts'
import { verifyConsistency } from '../../../attestation/tlog/verify-proof.ts'
import { ANCHOR_EXIT_CODES } from '../../../contracts/log-anchor/exit-codes.ts'
import type { AnchorOrder, Head } from '../../../contracts/log-anchor/messages.ts'
import { type AnchorState, EMPTY_CHAIN_HASH, nextChainHash } from '../../../contracts/log-anchor/storage.ts'
import { leavesOf, readerOf, uniformReader } from '../../attestation/tlog/trees.ts'
import { openSandbox, TEST_START } from '../sandbox.ts'
import { type AnchoredLog, deployLog, placeLog, type Sent, stateWith } from './anchored-log.ts'

const LEAVES = 70
const reader = readerOf(leavesOf(LEAVES))
const forked = readerOf([...leavesOf(6), ...leavesOf(LEAVES, 1).slice(6)])

function exitName(sent: Sent): string {
  if (sent.exitCode === 0) return sent.kind === 'run' ? 'ok' : 'refused with 0'
  return ANCHOR_EXIT_CODES[sent.exitCode as keyof typeof ANCHOR_EXIT_CODES] ?? `${sent.exitCode}`
}

async function anchoredAt(size: bigint): Promise<AnchoredLog> {
  const log = await deployLog(await openSandbox(), { reader })
  expect(exitName(await log.send(await log.order(size)))).toBe('ok')
  return log
}

/** Whether a contract that holds the first head takes the second. */
async function takes(first: Head, second: Head, proof: readonly Uint8Array[]): Promise<string> {
  const log = await placeLog(await openSandbox(), stateWith(first), { reader })
  return exitName(await log.send(await log.order(1n, { ...second, proof })))
}

describe('heads that extend one another', () => {
  it('are taken from any size to any larger one', async () => {
    const chain = await openSandbox()
    const sizes = Array.from({ length: 17 }, (_, at) => BigInt(at + 1))
    for (const from of sizes) {
      for (const to of [...sizes, 31n, 32n, 33n, 64n, 70n].filter((size) => size > from)) {
        const head = { treeSize: from, rootHash: rootAt(from, reader), timestamp: TEST_START }
        const log = await placeLog(chain, stateWith(head), { reader })
        expect(`${from}→${to} ${exitName(await log.send(await log.order(to)))}`).toBe(`${from}→${to} ok`)
        expect(await log.state()).toMatchObject({ treeSize: to, rootHash: rootAt(to, reader) })
      }
    }
  })

  it('move seqno, head and chain hash, and nothing else', async () => {
    const log = await anchoredAt(7n)
    const before = await log.state()
    log.chain.now = TEST_START + 600
    const order = await log.order(20n)
    await log.send(order)
    const { treeSize, rootHash, timestamp } = order
    const chainHash = nextChainHash(before.chainHash, order)
    expect(await log.state()).toEqual({ ...before, seqno: 2, treeSize, rootHash, timestamp, chainHash })
  })

  it('give a chain hash that whoever has the heads computes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: LEAVES }), { minLength: 1, maxLength: 6 }),
        async (sizes) => {
          const log = await deployLog(await openSandbox(), { reader })
          let expected = EMPTY_CHAIN_HASH
          for (const [at, size] of sizes.toSorted((a, b) => a - b).entries()) {
            log.chain.now = TEST_START + 60 * at
            const order = await log.order(BigInt(size))
            expect(exitName(await log.send(order))).toBe('ok')
            expected = nextChainHash(expected, order)
          }
          expect((await log.state()).chainHash).toEqual(expected)
        }
      ),
      { numRuns: 15 }
    )
  })
})

describe('a head that does not extend the last is accepted, paid for, and not taken', () => {
  const cases: readonly (readonly [string, string, (log: AnchoredLog) => Promise<AnchorOrder>])[] = [
    [
      'ProofInvalid',
      'a fork, with its own proof',
      async (log) => {
        const [proof, rootHash] = [proveConsistency(7n, 20n, forked), rootAt(20n, forked)]
        return log.order(20n, { proof, rootHash })
      }
    ],
    ['ProofInvalid', 'a fork, with the honest proof', (log) => log.order(20n, { rootHash: rootAt(20n, forked) })],
    ['ProofInvalid', 'a proof of a lower head', (log) => log.order(20n, { rootHash: rootAt(19n, reader) })],
    [
      'ProofLength',
      'a proof that ends early',
      async (log) => {
        const { proof } = await log.order(20n)
        return log.order(20n, { proof: proof.slice(0, -1) })
      }
    ],
    [
      'ProofLength',
      'a proof with a hash to spare',
      async (log) => {
        const { proof } = await log.order(20n)
        return log.order(20n, { proof: [...proof, new Uint8Array(32)] })
      }
    ],
    [
      'ProofLength',
      'a proof with a cell to spare',
      async (log) => {
        const { proof } = await log.order(20n)
        return log.order(20n, { proof: [...proof, ...proof] })
      }
    ]
  ]
  it.each(cases)('%s: %s', async (name, _why, make) => {
    const log = await anchoredAt(7n)
    const before = await log.state()
    const order = await make(log)
    const sent = await log.send(order)
    expect([sent.kind, exitName(sent)]).toEqual(['run', name])
    expect(await log.state()).toEqual({ ...before, seqno: before.seqno + 1 })
  })

  it('cannot be sent again to burn gas', async () => {
    const log = await anchoredAt(7n)
    const order = await log.order(20n, { rootHash: new Uint8Array(32) })
    expect(await log.send(order)).toMatchObject({ kind: 'run', exitCode: 280 })
    const balance = await log.balance()
    for (let again = 0; again < 3; again++) {
      expect(await log.send(order)).toEqual({ kind: 'refused', exitCode: 259 })
    }
    expect(await log.balance()).toBe(balance)
  })

  it('does not stand in the way of the next', async () => {
    const log = await anchoredAt(7n)
    await log.send(await log.order(20n, { rootHash: new Uint8Array(32) }))
    expect(exitName(await log.send(await log.order(20n)))).toBe('ok')
  })

  it('is found whichever bit of the proof, or of a root, is changed', async () => {
    const [from, to] = [21n, 60n]
    const proof = proveConsistency(from, to, reader)
    const first = { treeSize: from, rootHash: rootAt(from, reader), timestamp: TEST_START }
    const second = { treeSize: to, rootHash: rootAt(to, reader), timestamp: TEST_START }
    expect(await takes(first, second, proof)).toBe('ok')
    const flip = (bytes: Uint8Array, bit: number) =>
      bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
    await fc.assert(
      fc.asyncProperty(fc.nat(255), fc.nat(proof.length + 1), async (bit, place) => {
        const changed = proof.map((hash, at) => (at === place ? flip(hash, bit) : hash))
        const heads = [first, second].map((head, at) =>
          place === proof.length + at ? { ...head, rootHash: flip(head.rootHash, bit) } : head
        )
        expect(await takes(heads[0]!, heads[1]!, changed)).toBe('ProofInvalid')
      }),
      { numRuns: 60 }
    )
  })
})

describe('the contract and the verifier of attestation/tlog agree', () => {
  it('on any two heads with any proof', async () => {
    const size = fc.integer({ min: 1, max: LEAVES }).map(BigInt)
    await fc.assert(
      fc.asyncProperty(size, size, size, size, async (a, b, c, d) => {
        const [size1, size2] = a < b ? [a, b] : [b, a]
        const [from, to] = c < d ? [c, d] : [d, c]
        if (size1 === size2) return
        const proof = proveConsistency(from, to, reader)
        const [root1, root2] = [rootAt(size1, reader), rootAt(size2, reader)]
        const heads = [
          { treeSize: size1, rootHash: root1, timestamp: TEST_START },
          { treeSize: size2, rootHash: root2, timestamp: TEST_START }
        ] as const
        let expected = true
        try {
          verifyConsistency({ size1, size2, root1, root2, proof })
        } catch {
          expected = false
        }
        expect((await takes(...heads, proof)) === 'ok').toBe(expected)
      }),
      { numRuns: 80 }
    )
  })
})

describe('sizes to 2^63', () => {
  const huge = uniformReader(leafHash(Uint8Array.of(1)))
  it.each([
    [1n, 1n << 63n],
    [(1n << 62n) + 1n, 1n << 63n],
    [(1n << 63n) - 1n, 1n << 63n],
    [1n << 62n, 1n << 63n],
    [(1n << 62n) - 1n, (1n << 63n) - 1n],
    [0x2aaa_aaaa_aaaa_aaabn, 0x5555_5555_5555_5555n]
  ])('%i to %i', async (from, to) => {
    const head = { treeSize: from, rootHash: rootAt(from, huge), timestamp: TEST_START }
    const log = await placeLog(await openSandbox(), stateWith(head), { reader: huge })
    expect(exitName(await log.send(await log.order(to)))).toBe('ok')
    const last: AnchorState = await log.state()
    expect(last).toMatchObject({ treeSize: to, rootHash: rootAt(to, huge) })
  })
})

interface Vector {
  readonly id: string
  readonly size1: string
  readonly size2: string
  readonly root1: string
  readonly root2: string
  readonly proof: readonly string[]
  readonly wantErr: boolean
}

const PUBLISHED = new URL('../../../../shared/vectors/rfc6962/consistency.json', import.meta.url)
const decode = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))

/** What an anchor can say at all: two heads of 32-byte roots, the second larger, with a proof of whole hashes. */
function isRepresentable({ size1, size2, root1, root2, proof }: Vector): boolean {
  const [from, to] = [BigInt(size1), BigInt(size2)]
  if (from < 1n || from >= to || to > 1n << 63n || proof.length > 64) return false
  return [root1, root2, ...proof].every((hash) => decode(hash).byteLength === 32)
}

describe.skipIf(!existsSync(PUBLISHED))(
  'the consistency vectors of transparency-dev/merkle (skipped without ../shared/vectors)',
  () => {
    const all: readonly Vector[] = existsSync(PUBLISHED) ? JSON.parse(readFileSync(PUBLISHED, 'utf8')).cases : []
    const representable = all.filter(isRepresentable)
    it('are representable for the most part', () => expect(representable.length).toBeGreaterThan(40))
    it.each(representable.map((vector) => [vector.id, vector] as const))('%s', async (_id, vector) => {
      const { size1, size2, root1, root2, proof, wantErr } = vector
      const first = { treeSize: BigInt(size1), rootHash: decode(root1), timestamp: TEST_START }
      const second = { treeSize: BigInt(size2), rootHash: decode(root2), timestamp: TEST_START }
      const outcome = await takes(first, second, proof.map(decode))
      if (wantErr) expect(['ProofInvalid', 'ProofLength', 'ProofMissing']).toContain(outcome)
      else expect(outcome).toBe('ok')
    })
  }
)

describe('our own vectors', () => {
  const [a, b, c] = [leafHash(Uint8Array.of(1)), leafHash(Uint8Array.of(2)), leafHash(Uint8Array.of(3))]
  const head = (treeSize: bigint, rootHash: Uint8Array): Head => ({ treeSize, rootHash, timestamp: TEST_START })
  const [ab, ca] = [nodeHash(a, b), nodeHash(c, a)]
  const [ofTwo, ofThree, ofFour] = [head(2n, ab), head(3n, nodeHash(ab, c)), head(4n, nodeHash(ab, ca))]
  it.each<[string, readonly [Head, Head], readonly Uint8Array[], string]>([
    ['1 to 2: the new leaf', [head(1n, a), ofTwo], [b], 'ok'],
    ['2 to 3: the new leaf', [ofTwo, ofThree], [c], 'ok'],
    ['2 to 4: the new leaves’ parent', [ofTwo, ofFour], [ca], 'ok'],
    ['3 to 4: the last leaf, the new one, those before', [ofThree, ofFour], [c, a, ab], 'ok'],
    ['siblings the wrong way round', [ofTwo, head(3n, nodeHash(c, ab))], [c], 'ProofInvalid'],
    ['another leaf', [ofTwo, ofThree], [a], 'ProofInvalid'],
    ['the root of two as that of three', [head(3n, ab), ofFour], [c, a, ab], 'ProofInvalid'],
    ['a proof for another size', [ofThree, ofFour], [ca], 'ProofLength']
  ])('%s', async (_name, heads, proof, outcome) => {
    expect(await takes(...heads, proof)).toBe(outcome)
  })
})
