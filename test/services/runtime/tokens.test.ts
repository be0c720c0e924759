import { describe, expect, it } from 'vitest'
import { checkToken, hashToken, parseTokens } from '../../../services/runtime/tokens.ts'

const FILE = `# relays\n${hashToken('one')} relay one\n\n  ${hashToken('two')}\tother  \r\n`

describe('a token file', () => {
  it.each([
    ['one', 'relay one'],
    ['two', 'other'],
    ['', undefined],
    ['One', undefined],
    [hashToken('one'), undefined]
  ])('knows the holder of %j as %j', (token, name) => {
    expect(checkToken(parseTokens(FILE), token)).toBe(name)
  })

  it('without entries takes nobody', () => {
    expect(checkToken(parseTokens('# none\n'), '')).toBeUndefined()
  })

  it.each([
    ['a token in clear', 'one relay'],
    ['a hash without a name', hashToken('one')],
    ['a hash in upper case', `${hashToken('one').toUpperCase()} name`],
    ['a short hash', `${hashToken('one').slice(0, -1)} name`]
  ])('is refused with %s, and the line is named but not repeated', (_what, line) => {
    const refusal = expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining('line 2') })
    expect(() => parseTokens(`# first\n${line}`)).toThrow(refusal)
    expect(() => parseTokens(`# first\n${line}`)).not.toThrow(line)
  })
})
