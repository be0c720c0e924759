import { type ChildProcess, fork } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ServiceError } from './errors.ts'
import type { FailedMessage, ReadyMessage } from './process.ts'

export interface ServiceSpec {
  /** What people call it; also the name of its log file. */
  readonly name: string
  /** Its `main.ts`. */
  readonly module: URL
  /** The whole of its environment: a stray variable of ours cannot change it. */
  readonly env: Readonly<Record<string, string>>
}

/** A service in a process of its own. */
export interface ServiceProcess extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  readonly authority: string
  /** What more the service said of itself when it was ready. */
  readonly details: Readonly<Record<string, string>>
  /** The process ended, wanted or not. */
  readonly ended: Promise<void>
  /** Once more as it was started, at the same address, after its end; all that is told of it is then the new process's. */
  restart(): Promise<void>
}

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 5_000

export interface LogSink {
  /** Where `<name>.log` is appended to; absent: nowhere. */
  readonly folder?: string
  readonly onLine?: (name: string, line: string) => void
}

/** Forks a service and waits until it says that it serves. */
export async function startProcess(spec: ServiceSpec, logs: LogSink): Promise<ServiceProcess> {
  let life = await startLife(spec, logs)
  const { name } = spec
  return {
    name,
    get pid() {
      return life.pid
    },
    get authority() {
      return life.authority
    },
    get details() {
      return life.details
    },
    get ended() {
      return life.ended
    },
    async restart() {
      await life[Symbol.asyncDispose]()
      const listen = life.authority === '' ? {} : { BOMBYX_LISTEN: life.authority }
      life = await startLife({ ...spec, env: { ...spec.env, ...listen } }, logs)
    },
    [Symbol.asyncDispose]: () => life[Symbol.asyncDispose]()
  }
}

type Life = Omit<ServiceProcess, 'name' | 'restart'>

async function startLife(spec: ServiceSpec, logs: LogSink): Promise<Life> {
  const child = fork(fileURLToPath(spec.module), {
    env: { ...spec.env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C in a terminal goes to the parent alone, which stops its services in order.
    detached: true
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const file = openLog(spec.name, logs.folder)
  const lastLines = collectLines(child, (line) => {
    file?.write(`${line}\n`)
    logs.onLine?.(spec.name, line)
  })
  const stop = (): Promise<void> => stopProcess(child, ended).finally(() => file?.end())
  try {
    const { authority = '', details = {} } = await ready(child, spec.name, lastLines)
    return { pid: child.pid ?? 0, authority, details, ended, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function openLog(name: string, folder: string | undefined): WriteStream | undefined {
  return folder === undefined ? undefined : createWriteStream(join(folder, `${name}.log`), { flags: 'a', mode: 0o600 })
}

/** The last few lines, for the message when a service does not start; every line goes to `onLine`. */
function collectLines(child: ChildProcess, onLine: (line: string) => void): readonly string[] {
  const last: string[] = []
  for (const input of [child.stdout, child.stderr]) {
    if (input === null) continue
    createInterface({ input }).on('line', (line) => {
      last.push(line)
      if (last.length > 5) last.shift()
      onLine(line)
    })
  }
  return last
}

async function ready(child: ChildProcess, name: string, lastLines: readonly string[]): Promise<ReadyMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadyMessage>()
  const fail = (message: string): void => reject(new ServiceError('UNAVAILABLE', `${name}: ${message}`))
  const timer = setTimeout(() => fail(`not ready after ${START_LIMIT_MS / 1000} s`), START_LIMIT_MS)
  child.once('error', (error) => fail(error.message))
  child.once('exit', (code) => fail(`ended with status ${code}${lastLines.map((line) => `\n  ${line}`).join('')}`))
  child.on('message', (message: ReadyMessage | FailedMessage) => {
    if (message.kind === 'ready') resolve(message)
    else fail(`${message.code}: ${message.message}`)
  })
  return promise.finally(() => clearTimeout(timer))
}

async function stopProcess(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
  await ended
  clearTimeout(timer)
}
