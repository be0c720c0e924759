import { expect, test } from 'vitest'
import { leafHash } from '../../../../attestation/tlog/hash.ts'
import { createUsageProofs } from '../../../../services/market/billing/periods.ts'

/** Periods of two statements each; statement `n` is in period `n / 2`. */
function proofs() {
  const read: bigint[] = []
  const prove = createUsageProofs({
    findPeriod: async ([n = 0]) => ({ id: BigInt(n >> 1), leaf: new Uint8Array(1), place: n & 1, logIndex: undefined }),
    readLeafHashes: async (id) => {
      read.push(id)
      if (id === 9n && read.length === 1) throw new Error('the database is away')
      return [2n * id, 2n * id + 1n].map((n) => leafHash(Uint8Array.of(Number(n))))
    }
  })
  return { prove: (n: number) => prove(Uint8Array.of(n)), read }
}

test('a period is read once for all who ask for proofs of it, as long as few others are asked for', async () => {
  const { prove, read } = proofs()
  const [a, b] = await Promise.all([prove(4), prove(5)])
  expect([a.hashes, b.hashes]).toEqual([[leafHash(Uint8Array.of(5))], [leafHash(Uint8Array.of(4))]])
  for (const n of [20, 22, 24, 26, 28, 30, 32, 4]) await prove(n)
  expect(read).toEqual([2n, 10n, 11n, 12n, 13n, 14n, 15n, 16n])
  for (const n of [34, 20]) await prove(n)
  expect(read.slice(8)).toEqual([17n, 10n])
})

test('a period that could not be read is read again', async () => {
  const { prove, read } = proofs()
  await expect(prove(18)).rejects.toThrow('away')
  await prove(18)
  expect(read).toEqual([9n, 9n])
})
