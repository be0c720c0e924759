import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Field, fromRecord, readRecords } from '../../../../services/cli/terminal/records.ts'

const FIELDS: readonly Field[] = [
  { name: 'queries_per_day', kind: 'whole' },
  { name: 'billions', kind: 'number' },
  { name: 'price_ceiling', kind: 'amount' },
  { name: 'weights', kind: 'hex' }
]

describe('a record', () => {
  it.each([
    ['a part of what is whole', { queries_per_day: '1.5' }, 'queries_per_day: a whole number is wanted, not "1.5"'],
    ['what would wrap around', { queries_per_day: 2 ** 32 }, 'queries_per_day: 4294967296 is more than 4294967295'],
    ['less than nothing', { billions: '-1' }, 'billions: a number is wanted'],
    ['an exponent', { price_ceiling: '1e9' }, 'price_ceiling: a whole number is wanted, not "1e9"'],
    ['no hex', { weights: 'zz' }, 'weights: hexadecimal digits are wanted, not "zz"'],
    ['a name that is none', { price: '1' }, 'price is none of queries_per_day']
  ])('with %s is refused', (_, record, message) => {
    const refusal = { code: 'ARGUMENT_INVALID', message: expect.stringContaining(message) }
    expect(() => fromRecord(record, FIELDS)).toThrow(expect.objectContaining(refusal))
  })

  it('keeps the largest number of its kind', () => {
    const record = { queries_per_day: '4294967295', billions: '0.5', price_ceiling: '9223372036854775807' }
    expect(fromRecord(record, FIELDS)).toEqual({
      queriesPerDay: 4_294_967_295,
      billions: 0.5,
      priceCeiling: '9223372036854775807'
    })
  })
})

describe('a file of records', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bombyx-records-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each([
    ['empty.csv', '', 'empty.csv: no record is in it'],
    ['short.csv', 'a,b\n1\n', 'short.csv: line 2: 1 fields under a heading of 2'],
    ['text.json', 'hello', 'text.json: no JSON'],
    ['numbers.json', '[1]', 'numbers.json: record 1 is no object']
  ])('%s is refused', async (name, content, message) => {
    writeFileSync(join(folder, name), content)
    const refusal = { code: 'ARGUMENT_INVALID', message: expect.stringContaining(message) }
    await expect(readRecords(join(folder, name))).rejects.toMatchObject(refusal)
  })
})
