import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ANSWER_MS = 20_000

/** The first Python of at least 3.11 that can make virtual environments; undefined: none. Newest names first. */
export async function findPython(): Promise<string | undefined> {
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11']) {
    const check = 'import ensurepip, sys, venv; assert (3, 11) <= sys.version_info < (3, 15)'
    const ok = await run(name, ['-c', check], { timeout: ANSWER_MS }).then(
      () => true,
      () => false
    )
    if (ok) return name
  }
  return undefined
}

/** Makes a virtual environment, with pip; gives its Python. */
export async function makeVenv(python: string, folder: string): Promise<string> {
  await run(python, ['-m', 'venv', folder], { timeout: 10 * ANSWER_MS })
  return `${folder}/bin/python`
}

/** Runs a step to its end, its output on stderr. Throws with what failed. */
export async function runStep(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, [...args], { stdio: ['ignore', 2, 2] })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}`)
}
