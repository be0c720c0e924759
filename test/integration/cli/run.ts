import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Finished {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export const MAIN: string = fileURLToPath(new URL('../../../services/cli/main.ts', import.meta.url))

/** Runs the `bombyx` command in a process of its own, with nothing of our environment that could configure it. */
export function bombyx(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {}
): Promise<Finished> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    env: { PATH: process.env.PATH, NO_COLOR: '1', ...options.env }
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (data) => {
    output.stdout += data
  })
  child.stderr.on('data', (data) => {
    output.stderr += data
  })
  child.stdin.end(options.input ?? '')
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, ...output })))
}
