import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reachableByOthers } from '../../../services/runtime/postgres-user.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-reach-'))
  await mkdir(join(folder, 'inner'), { mode: 0o755 })
})
afterAll(() => rm(folder, { recursive: true }))

describe('a folder', () => {
  it('is reachable by others when every folder above it is', async () => {
    expect(await reachableByOthers(tmpdir())).toBe(true)
    // mkdtemp makes folders that only their owner can enter.
    expect(await reachableByOthers(folder)).toBe(false)
    expect(await reachableByOthers(join(folder, 'inner'))).toBe(false)
  })
})
