import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { writeWhole } from '../../../services/runtime/stored-files.ts'

test('a file that cannot be written leaves nothing in its folder, however often it is tried', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-files-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'taken'))
  for (let i = 0; i < 3; i++) {
    await expect(writeWhole(join(folder, 'taken'), new Uint8Array(1), 0o600)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  }
  expect(await readdir(folder)).toEqual(['taken'])
})
