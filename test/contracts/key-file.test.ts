import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openKeyFile, readKeyFile } from '../../contracts/key-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'bombyx-seeds-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

describe('a key file', () => {
  test('is made for its owner alone, once', () => {
    const path = join(folder, 'own.key')
    const { publicKey } = openKeyFile(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(openKeyFile(path).publicKey).toEqual(publicKey)
    expect(readKeyFile(path).publicKey).toEqual(publicKey)
  })

  test('has a wallet for each number behind it', () => {
    const path = join(folder, 'many.key')
    const made = openKeyFile(`${path}#2`)
    expect(made.subwallet).toBe(2)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readKeyFile(path)).toMatchObject({ publicKey: made.publicKey, subwallet: 0 })
    expect(readKeyFile(`${path}#32767`)).toMatchObject({ publicKey: made.publicKey, subwallet: 32_767 })
    expect(() => readKeyFile(`${path}#32768`)).toThrow(expect.objectContaining({ code: 'KEY_FILE_INVALID' }))
  })

  test.each([
    ['that others can read', '11'.repeat(32), 0o644],
    ['that a group can write', '11'.repeat(32), 0o620],
    ['with a digit too few', '1'.repeat(63), 0o600],
    ['of words', 'abandon abandon', 0o600],
    ['with nothing in it', '', 0o600]
  ])('%s is refused, opened or read, and left as it is', (name, text, mode) => {
    const path = written(`${name}.key`, text, mode)
    for (const use of [readKeyFile, openKeyFile]) {
      expect(() => use(path)).toThrow(expect.objectContaining({ code: 'KEY_FILE_INVALID' }))
    }
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})
