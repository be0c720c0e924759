import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bombyxV1 } from '../../../proto/load.ts'
import { startProcess } from '../../../services/runtime/child-process.ts'
import { callUnary, connect } from '../../../services/runtime/grpc-client.ts'
import type { FailedMessage, ReadyMessage } from '../../../services/runtime/process.ts'
import { createTestDatabase } from '../../fakes/database.ts'

const MAIN = fileURLToPath(new URL('../../../services/market/main.ts', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bombyx-process-'))
})
afterAll(() => rm(folder, { recursive: true }))

interface Started {
  readonly child: ChildProcess
  readonly message: ReadyMessage | FailedMessage
  readonly errors: readonly string[]
}

/** Forks the market, which is a service like the others, and waits for its first message. */
async function start(env: Readonly<Record<string, string>>): Promise<Started> {
  const execArgv = ['--disable-warning=ExperimentalWarning']
  const child = fork(MAIN, {
    env: { PATH: process.env['PATH'], ...env },
    execArgv,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc']
  })
  const errors: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  const [message] = (await once(child, 'message')) as [Started['message']]
  return { child, message, errors }
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  return child.exitCode ?? ((await once(child, 'exit')) as [number | null])[0]
}

describe('the process of a service', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('says where it serves, and ends cleanly on %s', async (signal) => {
    const { child, message, errors } = await start({ DATABASE_URL: await createTestDatabase() })
    expect(message).toMatchObject({
      kind: 'ready',
      name: 'market',
      authority: expect.stringMatching(/^127\.0\.0\.1:\d+$/)
    })
    const client = await connect(bombyxV1.Metering, (message as ReadyMessage).authority!)
    await expect(callUnary(client, 'StoreUsage', {})).resolves.toEqual({ progress: [], refused: [] })
    client.close()
    child.kill(signal)
    expect(await exitCode(child)).toBe(0)
    const lines = errors
      .join('')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { message: string })
    expect(lines.map((line) => line.message)).toEqual(['ready', 'stopping'])
  })

  it('that was killed starts again at its address', async () => {
    const module = new URL('../../../services/network/chain/main.ts', import.meta.url)
    const env = { BOMBYX_CHAIN_DATA: join(folder, 'chain') }
    await using chain = await startProcess({ name: 'chain', module, env }, {})
    const [before, { endpoint, faucet }] = [chain.pid, chain.details]
    process.kill(before, 'SIGKILL')
    await chain.ended
    await chain.restart()
    expect(chain.pid).not.toBe(before)
    expect(chain.details).toMatchObject({ endpoint, faucet })
  })

  it('ends with its parent', async () => {
    const { child } = await start({ DATABASE_URL: await createTestDatabase() })
    child.disconnect()
    expect(await exitCode(child)).toBe(0)
  })

  it('brings its own database where none is named, and leaves none behind', async () => {
    const data = join(folder, 'data')
    const { child, message } = await start({ BOMBYX_DATA: data })
    expect(message.kind).toBe('ready')
    const second = await start({ BOMBYX_DATA: data })
    expect(second.message).toMatchObject({ kind: 'failed', code: 'DATA_FOLDER_IN_USE' })
    expect(await exitCode(second.child)).toBe(1)
    child.kill('SIGTERM')
    expect(await exitCode(child)).toBe(0)
    const third = await start({ BOMBYX_DATA: data })
    expect(third.message.kind).toBe('ready')
    third.child.kill('SIGTERM')
    expect(await exitCode(third.child)).toBe(0)
  })

  it('serves metrics where it is told to', async () => {
    const database = { DATABASE_URL: await createTestDatabase() }
    const { child, message } = await start({ ...database, BOMBYX_METRICS_LISTEN: '127.0.0.1:0' })
    const metrics = (message as ReadyMessage).details?.['metrics']
    expect(await (await fetch(`http://${metrics}/metrics`)).text()).toContain('bombyx_usage_statements_total')
    child.kill('SIGTERM')
    expect(await exitCode(child)).toBe(0)
  })

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['an address that is none', { BOMBYX_LISTEN: 'nowhere' }, 'CONFIG_INVALID'],
    ['an address that others can reach, without TLS', { BOMBYX_LISTEN: '0.0.0.0:0' }, 'CONFIG_INVALID'],
    ['a token file that is not there', { BOMBYX_TOKENS: '/nowhere/tokens' }, 'CONFIG_INVALID'],
    ['a log level that is none', { BOMBYX_LOG_LEVEL: 'loud' }, 'CONFIG_INVALID'],
    ['a database that does not answer', { DATABASE_URL: 'postgresql://x:sesame@127.0.0.1:1/x' }, 'DATABASE_UNAVAILABLE']
  ])('ends with status 1 and one line about %s', async (_what, env, code) => {
    const { child, message, errors } = await start({ DATABASE_URL: await createTestDatabase(), ...env })
    expect(message).toMatchObject({ kind: 'failed', name: 'market', code })
    expect(await exitCode(child)).toBe(1)
    expect(errors.join('')).toMatch(new RegExp(`^bombyx market: ${code}: [^\n]+\n$`))
    expect(errors.join('')).not.toContain('sesame')
  })
})
