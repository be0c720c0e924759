import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeKeyFile, readKeyFile } from '../../../services/runtime/key-file.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-keys-'))
})
afterAll(() => rm(folder, { recursive: true }))

const MAKER = 'bombyx key'
const at = (name: string): string => join(folder, name)
const refused = (words: string) =>
  expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) })

describe('a key file', () => {
  it('is made for its owner alone, read again, and never made over', async () => {
    const made = await makeKeyFile(at('own.pem'))
    expect((await stat(at('own.pem'))).mode & 0o777).toBe(0o600)
    expect((await readKeyFile(at('own.pem'), MAKER)).equals(made)).toBe(true)
    await expect(makeKeyFile(at('own.pem'))).rejects.toEqual(refused('cannot be made'))
    expect((await readKeyFile(at('own.pem'), MAKER)).equals(made)).toBe(true)
  })

  it('that others can read is refused', async () => {
    await makeKeyFile(at('open.pem'))
    await chmod(at('open.pem'), 0o640)
    await expect(readKeyFile(at('open.pem'), MAKER)).rejects.toEqual(refused('chmod 600'))
  })

  it('that is not there or no key is refused, with who makes one', async () => {
    await writeFile(at('text.pem'), 'a key', { mode: 0o600 })
    for (const name of ['none.pem', 'text.pem']) {
      await expect(readKeyFile(at(name), MAKER)).rejects.toEqual(refused('`bombyx key` makes one'))
    }
  })

  it('of another kind is refused', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(at('ec.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
    await expect(readKeyFile(at('ec.pem'), MAKER)).rejects.toEqual(refused('not an Ed25519 key'))
  })
})
