import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OpenAI } from 'openai'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noteKey } from '../../attestation/tlog/note-key.ts'
import { startProxy } from '../../services/client/start.ts'
import { openLogKey } from '../../services/log/start.ts'
import { openProviderToken } from '../../services/network/local/provider-token.ts'
import { PLANE_SERVICES, type Plane, startPlane } from '../../services/network/start.ts'
import { openVirtualTee } from '../../services/network/virtual/tee.ts'
import { type ServiceProcess, startProcess } from '../../services/runtime/child-process.ts'
import { formsOf, processTree, scanMemory } from './memory.ts'
import { MODEL, waitForModel } from './network.ts'
import { startWiretap, type Wiretap } from './wiretap.ts'

/**
 * One word in the prompt, which the engine repeats in its answer. It must be in no process between client and guest, and in
 * nothing that they write or send. The processes that may know it are the scan's own proof that it finds what is there.
 */
const CANARY = `canary${randomBytes(12).toString('hex')}`
const BETWEEN = ['verifier', 'registry', 'market', 'relay'] as const

let stack: AsyncDisposableStack
let dataFolder: string
let plane: Plane
let hosts: readonly ServiceProcess[]
let wires: readonly Wiretap[]
let answer = ''

beforeAll(async () => {
  stack = new AsyncDisposableStack()
  dataFolder = await mkdtemp(join(tmpdir(), 'bombyx-canary-'))
  stack.defer(() => rm(dataFolder, { recursive: true, force: true }))
  const env = { PATH: process.env.PATH ?? '' }
  const logs = { folder: dataFolder }
  const logKeyFile = join(dataFolder, 'log-key.pem')
  const { publicKey } = await openLogKey(logKeyFile)
  const logKey = noteKey('localhost/canary', 'ed25519', publicKey)
  const tee = await openVirtualTee(dataFolder, new Date(), { machines: 'single', logKey })
  const relayWire = stack.use(await startWiretap(() => plane.processes.get('relay')?.authority ?? ''))
  const registryWire = stack.use(await startWiretap(() => plane.processes.get('registry')?.authority ?? ''))
  wires = [relayWire, registryWire]
  const verifierEnv = {
    BOMBYX_POLICY: tee.policyFile,
    BOMBYX_COLLATERAL_DIR: tee.collateralFolder,
    BOMBYX_SIGNING_KEY: join(dataFolder, 'key')
  }
  plane = stack.use(
    await startPlane({
      services: PLANE_SERVICES,
      env: (name) => ({
        ...env,
        BOMBYX_LOG_LEVEL: 'debug',
        BOMBYX_AUTHORITIES: relayWire.authority,
        ...(name === 'verifier' ? verifierEnv : {}),
        ...(name === 'log' ? { BOMBYX_LOG_ORIGIN: logKey.name, BOMBYX_LOG_KEY: logKeyFile } : {})
      }),
      listen: {},
      dataFolder,
      logs,
      onReady: () => {}
    })
  )
  const engine = stack.use(
    await startProcess(
      { name: 'engine', module: module('network/engine/main.ts'), env: { ...env, BOMBYX_MODEL: MODEL } },
      logs
    )
  )
  const token = await openProviderToken(dataFolder, plane.processes.get('registry')?.authority ?? '')
  hosts = await Promise.all(
    tee.platformFiles.map(async (platform, index) => {
      const hostEnv = {
        ...env,
        BOMBYX_LOG_LEVEL: 'debug',
        BOMBYX_REGISTRY: registryWire.authority,
        BOMBYX_RELAYS: relayWire.authority,
        BOMBYX_ENROLMENT_TOKEN: token,
        BOMBYX_COLLECTOR: `virtual:${platform}`,
        BOMBYX_DEVICES: `virtual:${tee.deviceFiles[index]}`,
        BOMBYX_MODEL: MODEL,
        BOMBYX_WEIGHTS: '00'.repeat(32),
        VLLM_URL: `http://${engine.authority}`
      }
      return stack.use(
        await startProcess({ name: `host-${index}`, module: module('host/main.ts'), env: hostEnv }, logs)
      )
    })
  )
  await waitForModel(relayWire.authority, MODEL)
  const proxy = stack.use(
    await startProxy({
      relays: [relayWire.authority],
      policy: tee.policy,
      listen: '127.0.0.1:0',
      hostNames: [],
      origins: []
    })
  )
  const openai = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'unused', maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: `Repeat after me: ${CANARY}` }]
  const whole = await openai.chat.completions.create({ model: MODEL, messages })
  answer = whole.choices[0]?.message.content ?? ''
  const stream = await openai.chat.completions.create({ model: MODEL, messages, stream: true })
  for await (const _ of stream);
})

afterAll(() => stack.disposeAsync())

function module(path: string): URL {
  return new URL(`../../services/${path}`, import.meta.url)
}

/** Empty for a process that ended since it was listed. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8')
  } catch {
    return ''
  }
}

describe('a word in prompt and answer', () => {
  it('came back, so there was something to find', () => {
    expect(answer).toContain(CANARY)
  })

  it.each(['utf8', 'utf16le', 'hex', 'base64'] as const)(
    'is found when it lies in something longer as %s',
    (encoding) => {
      for (const before of ['', 'a', 'ab', 'abc']) {
        const text = `${before}${CANARY}, and more`
        const bytes =
          encoding === 'utf16le' ? Buffer.from(text, encoding) : Buffer.from(Buffer.from(text).toString(encoding))
        expect([...formsOf(CANARY).values()].some((form) => bytes.includes(form))).toBe(true)
      }
    }
  )

  it('is found by the scan where it may be: in the guest and at the client', () => {
    const found = hosts.flatMap(({ pid }) => scanMemory(pid, CANARY))
    expect(found.length).toBeGreaterThan(0)
    expect(scanMemory(process.pid, CANARY).length).toBeGreaterThan(0)
  })

  it.each(BETWEEN)('is not in the memory of the %s', (name) => {
    const pid = plane.processes.get(name)?.pid ?? Number.NaN
    expect(scanMemory(pid, CANARY)).toEqual([])
  })

  it('is not in the memory of the database', () => {
    const ours = processTree(process.pid)
    const postgres = ours.filter((pid) => commandOf(pid).startsWith('postgres'))
    expect(postgres.length).toBeGreaterThan(2)
    expect(postgres.flatMap((pid) => scanMemory(pid, CANARY))).toEqual([])
  })

  it('is in no packet to or from relay and registry', () => {
    for (const wire of wires) {
      const bytes = wire.recorded()
      expect(bytes.byteLength).toBeGreaterThan(1_000)
      expect([...formsOf(CANARY)].filter(([, form]) => bytes.includes(form))).toEqual([])
    }
  })

  it('is in no row', async () => {
    const client = new Client({ connectionString: plane.databaseUrl })
    await client.connect()
    try {
      const { rows: tables } = await client.query<{ name: string }>(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
      )
      let rowCount = 0
      for (const { name } of tables) {
        const { rows } = await client.query<{ text: string }>(`select t::text as text from ${name} t`)
        rowCount += rows.length
        const forms = [...formsOf(CANARY).values()].map((form) => form.toString('latin1'))
        for (const { text } of rows) expect(forms.filter((form) => text.includes(form))).toEqual([])
      }
      expect(rowCount).toBeGreaterThan(4)
    } finally {
      await client.end()
    }
  })

  it('is in no file: no log, no table, no journal', () => {
    const files = readdirSync(dataFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(files.some(({ name }) => name === 'relay.log')).toBe(true)
    const forms = [...formsOf(CANARY).values()]
    const holding = files.filter((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name))
      return forms.some((form) => bytes.includes(form))
    })
    expect(holding.map(({ name }) => name)).toEqual([])
  })
})
