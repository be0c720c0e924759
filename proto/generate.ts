import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Writes `gen/` from the .proto files with proto-loader's own tool; `--check` compares instead and fails on drift. */
const PROTO_ROOT = fileURLToPath(new URL('.', import.meta.url))
const GENERATED = join(PROTO_ROOT, 'gen')
const TOOL = fileURLToPath(
  new URL('../node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js', import.meta.url)
)

const output = mkdtempSync(join(tmpdir(), 'bombyx-proto-'))
try {
  const files = readdirSync(join(PROTO_ROOT, 'bombyx/v1')).filter((name) => name.endsWith('.proto'))
  const options = ['--longs=String', '--enums=String', '--defaults', '--arrays', '--oneofs', '--includeComments']
  const targets = ['--targetFileExtension=.ts', '--importFileExtension=.ts', '--grpcLib=@grpc/grpc-js']
  const paths = [`-I=${PROTO_ROOT}`, `-O=${output}`, ...files.sort().map((name) => `bombyx/v1/${name}`)]
  execFileSync(process.execPath, [TOOL, ...options, ...targets, ...paths], { stdio: 'pipe', cwd: PROTO_ROOT })
  forgetPlace(output)
  if (process.argv.includes('--check')) checkDrift()
  else replaceGenerated()
} finally {
  rmSync(output, { recursive: true })
}

/** The tool names its input by absolute path, which differs from checkout to checkout. */
function forgetPlace(folder: string): void {
  for (const [name, text] of readTree(folder)) {
    writeFileSync(join(folder, name), text.replace(/^\/\/ Original file: .*\/(?=bombyx\/v1\/)/gm, '// Original file: '))
  }
}

function replaceGenerated(): void {
  rmSync(GENERATED, { recursive: true, force: true })
  cpSync(output, GENERATED, { recursive: true })
}

function checkDrift(): void {
  const [fresh, committed] = [readTree(output), readTree(GENERATED)]
  const names = new Set([...fresh.keys(), ...committed.keys()])
  const drifted = [...names].filter((name) => fresh.get(name) !== committed.get(name))
  if (drifted.length === 0) return
  process.stderr.write(`proto/gen is not what the .proto files say: ${drifted.join(', ')}\nrun: npm run generate\n`)
  process.exitCode = 1
}

function readTree(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path.slice(folder.length), readFileSync(path, 'utf8')]
    })
  )
}
