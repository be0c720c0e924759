import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { table } from '../../../../services/cli/terminal/print.ts'
import { tonColumn } from '../../../../services/cli/terminal/ton.ts'

/** As it is without colour. */
const plain = (rows: readonly (readonly string[])[]): readonly string[] => table(rows).map(stripVTControlCharacters)

describe('a table', () => {
  it('ends numbers at the right of their column, and all else at its left', () => {
    const rows = [
      ['NAME', 'TON', 'WHAT'],
      ['a', '-1.5', '12 a'],
      ['bcdef', '1,234.25 TON', 'b']
    ]
    expect(plain(rows)).toEqual(['NAME            TON  WHAT', 'a              -1.5  12 a', 'bcdef  1,234.25 TON  b'])
  })

  it('folds what may be folded into the width of a terminal, and no number and no address', () => {
    const address = 'EQCZPFL1hB3wcpjLvu1OLbv0HFCY9scAoDqryXg8ZDfQqAd_'
    const rows = [
      ['NAME', 'QUERIES/DAY', 'WHAT', 'PAYEE'],
      ['a', '12.5', 'some words more', address],
      ['this-machine-1', '3', 'b', address]
    ]
    expect(table(rows, 75).map(stripVTControlCharacters)).toEqual([
      `NAME      QUERIES/  WHAT   PAYEE\n               DAY`,
      `a             12.5  some   ${address}\n                    words\n                    more`,
      `this-            3  b      ${address}\nmachine-\n1`
    ])
  })

  it.each([0, undefined])('is not folded where a terminal says that its width is %s', (columns) => {
    const before = Object.getOwnPropertyDescriptors(process.stdout)
    try {
      Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true })
      Object.defineProperty(process.stdout, 'columns', { value: columns, configurable: true })
      expect(plain([['SOME WORDS'], ['some more']])).toEqual(['SOME WORDS', 'some more'])
    } finally {
      for (const name of ['isTTY', 'columns'] as const) Reflect.deleteProperty(process.stdout, name)
      Object.defineProperties(process.stdout, before)
    }
  })

  it('has a heading alone where there is nothing', () => {
    expect(plain([['A', 'B']])).toEqual(['A  B'])
  })
})

describe('an amount in a column', () => {
  it.each([
    [0n, '0.000000000'],
    [1n, '0.000000001'],
    [-1n, '-0.000000001'],
    ['5000000000', '5.000000000'],
    [-1_234_567_890_123n, '-1234.567890123']
  ])('%s nanoTON is %s', (nanoton, text) => {
    expect(tonColumn(nanoton)).toBe(text)
  })
})
