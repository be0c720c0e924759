import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cell } from '@ton/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compileContract, findMissing } from '../../contracts/compile.ts'

const CONTRACT = `tolk 1.3
import "errors"
fun onInternalMessage(_in: InMessage) {}
get fun refusal(): int { return SampleError.Refused as int }
`

describe('compiling a contract', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bombyx-contract-'))
    writeFileSync(join(folder, 'Sample.tolk'), CONTRACT)
    writeFileSync(join(folder, 'errors.tolk'), 'tolk 1.3\nenum SampleError { Refused = 256 }\n')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('gives the code, its hash and the compiler that made it', async () => {
    const compiled = await compileContract(folder, 'Sample')
    expect(compiled.name).toBe('Sample')
    expect(compiled.compiler).toMatch(/^tolk \d+\.\d+\.\d+$/)
    expect(Cell.fromBase64(compiled.code).hash().toString('hex')).toBe(compiled.codeHash)
  })

  it('gives the same code again, and another for another source', async () => {
    const first = await compileContract(folder, 'Sample')
    expect(await compileContract(folder, 'Sample')).toEqual(first)
    writeFileSync(join(folder, 'errors.tolk'), 'tolk 1.3\nenum SampleError { Refused = 257 }\n')
    expect((await compileContract(folder, 'Sample')).codeHash).not.toBe(first.codeHash)
  })

  it('refuses a source that does not compile, in the compiler’s words', async () => {
    writeFileSync(join(folder, 'errors.tolk'), 'tolk 1.3\n')
    await expect(compileContract(folder, 'Sample')).rejects.toThrow(/Sample\.tolk does not compile: .*SampleError/)
  })
})

describe('a contract’s folder', () => {
  const whole = ['Sample.tolk', 'messages.tolk', 'storage.tolk', 'errors.tolk', 'sample.tlb', 'README.md', 'sample.ts']
  it('is whole with four Tolk files, a TL-B file and a README', () => expect(findMissing(whole, 'Sample')).toEqual([]))
  it.each([
    ['Sample.tolk', 'Sample.tolk'],
    ['errors.tolk', 'errors.tolk'],
    ['sample.tlb', '*.tlb'],
    ['README.md', 'README.md']
  ])('is refused without %s', (left, named) => {
    expect(
      findMissing(
        whole.filter((file) => file !== left),
        'Sample'
      )
    ).toEqual([named])
  })
})
