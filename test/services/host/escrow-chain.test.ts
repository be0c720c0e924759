import { expect, test } from 'vitest'
import { shared } from '../../../services/host/escrow-chain.ts'

test('an escrow that is asked for many times at once is looked at once, and again later', async () => {
  const asked: string[] = []
  const ask = shared(async (name) => {
    asked.push(name)
    if (name === 'c') throw new Error('down')
    return asked.length
  })
  expect(await Promise.all(['a', 'a', 'b', 'a'].map(ask))).toEqual([1, 1, 2, 1])
  expect(await ask('a')).toBe(3)
  await expect(ask('c')).rejects.toThrow('down')
  await expect(ask('c')).rejects.toThrow('down')
  expect(asked).toEqual(['a', 'b', 'a', 'c', 'c'])
})
