import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runTolkCompiler } from '@ton/tolk-js'

/**
 * Compiles every contract of this folder and writes `Name.code.json` beside its source; `--check` compares instead, and fails
 * on drift. A contract is a folder `some-name/` with `SomeName.tolk`, what it imports, a TL-B file and a wrapper.
 */

/** What is committed of a compiled contract. The compiler's version is part of it: another one may give other code. */
export interface CompiledContract {
  readonly name: string
  readonly compiler: string
  /** Hex of the code cell's representation hash: with the initial data it gives the address. */
  readonly codeHash: string
  /** Base64 of the code cell's BoC. */
  readonly code: string
}

const CONTRACTS = fileURLToPath(new URL('.', import.meta.url))
const SOURCES = ['messages.tolk', 'storage.tolk', 'errors.tolk'] as const

/** Compiles `<folder>/<name>.tolk`; throws with the compiler's own message. Imports are read from the folder alone. */
export async function compileContract(folder: string, name: string): Promise<CompiledContract> {
  const result = await runTolkCompiler({
    entrypointFileName: `${name}.tolk`,
    fsReadCallback: (path) => readFileSync(join(folder, path), 'utf8')
  })
  if (result.status === 'error') throw new Error(`${name}.tolk does not compile: ${result.message}`)
  const { tolkVersion, codeHashHex, codeBoc64 } = result
  return { name, compiler: `tolk ${tolkVersion}`, codeHash: codeHashHex.toLowerCase(), code: codeBoc64 }
}

/** What a contract's folder lacks of house-style's rule 25, by file name. */
export function findMissing(files: readonly string[], name: string): string[] {
  const wanted = [`${name}.tolk`, ...SOURCES, 'README.md']
  const missing = wanted.filter((file) => !files.includes(file))
  if (!files.some((file) => file.endsWith('.tlb'))) missing.push('*.tlb')
  return missing
}

/** The folders that hold a contract, with its name; a folder is one when it has any Tolk file. */
function findContracts(): { readonly folder: string; readonly name: string; readonly files: readonly string[] }[] {
  return readdirSync(CONTRACTS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      folder: join(CONTRACTS, name),
      name: pascalCase(name),
      files: readdirSync(join(CONTRACTS, name))
    }))
    .filter(({ files }) => files.some((file) => file.endsWith('.tolk')))
}

function pascalCase(kebab: string): string {
  return kebab.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

async function main(check: boolean): Promise<void> {
  for (const { folder, name, files } of findContracts()) {
    const missing = findMissing(files, name)
    if (missing.length > 0) fail(`${folder} lacks ${missing.join(', ')}`)
    const path = join(folder, `${name}.code.json`)
    const fresh = `${JSON.stringify(await compileContract(folder, name), null, 2)}\n`
    if (!check) writeFileSync(path, fresh)
    else if (!files.includes(`${name}.code.json`) || readFileSync(path, 'utf8') !== fresh) {
      fail(`${name}.code.json is not what the source compiles to; run: npm run contracts`)
    }
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.includes('--check'))
