import { styleText } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { printJson, table } from '../../../../services/cli/terminal/print.ts'
import { printable } from '../../../../services/cli/terminal/printable.ts'

describe('a line for a terminal', () => {
  it.each([
    ['moves the cursor', 'x\u001b[2A\u001b[2Kx', 'x�[2A�[2Kx'],
    ['sets the window’s title', '\u001b]0;own\u0007', '�]0;own�'],
    ['hides what follows', '\u001b[8msecret', '�[8msecret'],
    ['returns to its beginning', 'refused\raccepted', 'refused�accepted'],
    ['uses the one-byte form', '\u009b2K', '�2K'],
    ['turns the direction', 'a\u202eb\u2066c', 'a�b�c']
  ])('that %s shows it instead', (_, text, shown) => {
    expect(printable(text)).toBe(shown)
  })

  it('keeps what we style it with', () => {
    for (const style of ['bold', 'dim', 'red', 'green', 'yellow'] as const) {
      const text = styleText(style, 'Ω\tשלום\n', { validateStream: false })
      expect(printable(text)).toBe(text)
    }
  })

  it('of a table stays one line', () => {
    expect(
      table([
        ['A', 'B'],
        ['x\n✓ affirming', 'y']
      ])
    ).toHaveLength(2)
    expect(
      table([
        ['A', 'B'],
        ['x\n✓ affirming', 'y']
      ])[1]
    ).toBe('x ✓ affirming  y')
  })

  it('of JSON means the same', () => {
    const written: string[] = []
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
    const value = { 'a\u009b2K': '\u001b[2K\u202e' }
    printJson(value)
    spy.mockRestore()
    expect([...written.join('')].filter((one) => '\u001b\u009b\u202e'.includes(one))).toEqual([])
    expect(JSON.parse(written.join(''))).toEqual(value)
  })
})
