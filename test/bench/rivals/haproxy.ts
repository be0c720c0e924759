import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Haproxy extends AsyncDisposable {
  readonly authority: string
  readonly pid: number
}

const ATTEMPTS = 50

/** The version that is installed; undefined where there is none (Debian: `apt-get install haproxy`). */
export function haproxyVersion(): string | undefined {
  try {
    return /version (\S+)/.exec(execFileSync('haproxy', ['-v'], { encoding: 'utf8' }))?.[1]
  } catch {
    return undefined
  }
}

/** One hop by haproxy to an HTTP engine, in the foreground and with nothing but forwarding set up. */
export async function startHaproxy(upstream: string): Promise<Haproxy> {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-bench-'))
  const port = await freePort()
  const file = join(folder, 'haproxy.cfg')
  await writeFile(file, configuration(port, upstream))
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  await accepting(port)
  return {
    authority: `127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true, force: true })
    }
  }
}

function configuration(port: number, upstream: string): string {
  return `defaults
  mode http
  timeout connect 5s
  timeout client 10m
  timeout server 10m
  option http-no-delay
  http-reuse always
  maxconn 4096
frontend bench
  bind 127.0.0.1:${port}
  default_backend engine
backend engine
  server engine ${upstream}
`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function accepting(port: number): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const accepted = await once(socket, 'connect').then(
      () => true,
      () => false
    )
    socket.destroy()
    if (accepted) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('haproxy does not listen')
}
