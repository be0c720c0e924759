import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCsv, parseCsv } from '../../../../services/cli/terminal/csv.ts'

describe('CSV', () => {
  it('reads quotes, commas and line ends inside fields', () => {
    expect(parseCsv('a,b\r\n"1,""x""\n2",3\r\n\r\n4,\n')).toEqual([
      { a: '1,"x"\n2', b: '3' },
      { a: '4', b: '' }
    ])
  })

  it.each([
    ['more fields than the heading', 'a,b\n1,2,3'],
    ['fewer fields than the heading', 'a,b\n1'],
    ['a quote without an end', 'a,b\n"1,2'],
    ['a quote inside a field', 'a,b\n1"2",3']
  ])('with %s is refused', (_what, text) => {
    expect(() => parseCsv(text)).toThrow(/line/)
  })

  it('never starts a field with what a spreadsheet would run', () => {
    for (const a of ['=1+1', '+1', '@SUM(A1)', "-2+3+cmd|' /C calc'!A0"]) {
      expect(formatCsv(['a'], [{ a }])[1]).toBe(`'${a}`)
    }
    expect(formatCsv(['a'], [{ a: '-2' }, { a: '-2.5' }]).slice(1)).toEqual(['-2', '-2.5'])
  })

  it('reads back what it wrote', () => {
    const field = fc.string().filter((text) => !/^[=+@\t\r-]/.test(text))
    fc.assert(
      fc.property(fc.array(fc.record({ a: field, b: field }), { maxLength: 5 }), (records) => {
        const text = `${formatCsv(['a', 'b'], records).join('\n')}\n`
        expect(parseCsv(text)).toEqual(records)
      })
    )
  })
})
