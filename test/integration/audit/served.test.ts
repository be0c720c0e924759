import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { encodePolicy, virtualPolicy } from '../../../attestation/policy.ts'
import { encodeVerifierKey, noteKey } from '../../../attestation/tlog/note-key.ts'
import { runLogAudit } from '../../../services/audit/start.ts'
import { exportFromDatabase } from '../../../services/log/start.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { AuditedLog } from '../../fakes/audited-log.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { appendNumbered, numberedLeaf, policyLeaf, startTestLog, type TestLog } from '../../fakes/log.ts'
import { createLabRoot } from '../../fakes/virtual-evidence.ts'
import { bombyx } from '../cli/run.ts'

let databaseUrl: string
let log: TestLog
let key: string
let policy: Uint8Array

beforeAll(async () => {
  databaseUrl = await createTestDatabase()
  log = await startTestLog(databaseUrl)
  key = encodeVerifierKey(noteKey(log.trust.origin, 'ed25519', log.trust.publicKey))
  policy = encodePolicy(virtualPolicy((await createLabRoot()).root.certificate))
  await appendNumbered(log.client, { first: 1, count: 600 })
  await callUnary(log.client, 'Append', {
    writer: 'p',
    entries: [{ sequence: '1', leaf: policyLeaf(policy) }],
    blobs: [policy]
  })
})
afterAll(() => log[Symbol.asyncDispose]())

const folderOf = (name: string) => mkdtemp(join(tmpdir(), `bombyx-${name}-`))
const common = { seen: [], now: () => new Date(), onProgress: () => {} } as const

describe('the log service', () => {
  it('is audited over HTTP, goes on being so as it grows, and gives the same from its exported files', async () => {
    const state = await folderOf('state')
    const url = `http://${log.service.details.http}`
    expect(await runLogAudit({ ...common, log: url, key, state })).toMatchObject({
      verdict: 'accepted',
      counts: { leaves: { quarantine: 600, policy: 1 } }
    })
    await appendNumbered(log.client, { first: 601, count: 300 })
    const grown = await runLogAudit({ ...common, log: url, key, state })
    expect(grown).toMatchObject({ verdict: 'accepted', heads: 2, counts: { leaves: { quarantine: 900, policy: 1 } } })
    const files = await folderOf('files')
    await exportFromDatabase({ url: databaseUrl }, files)
    const { counts, found } = await runLogAudit({ ...common, log: files, key, state })
    expect([counts, found]).toEqual([grown.counts, grown.found])
  })
})

/** Serves an audited log over HTTP, each file a little late, and tells which were asked for. */
async function serve(audited: AuditedLog, lateMs: number): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').slice(1)
    asked.push(path)
    await delay(lateMs)
    const body = await audited.read(path)
    response.writeHead(body === undefined ? 404 : 200).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const MAIN = fileURLToPath(new URL('../../../services/cli/main.ts', import.meta.url))

describe('an audit that is killed', () => {
  it('goes on from where it stopped, and comes to the same', async () => {
    const audited = new AuditedLog(Array.from({ length: 256 * 70 + 9 }, (_, at) => numberedLeaf(at)))
    const { url, asked } = await serve(audited, 120)
    const state = await folderOf('killed')
    const args = ['audit', 'log', '--log', url, '--log-key', encodeVerifierKey(audited.key), '--state', state, '--json']
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], { stdio: 'ignore' })
    const exited = once(child, 'exit')
    const stored = async () =>
      (await readdir(state, { recursive: true })).some((name) => name.endsWith('progress.json'))
    while (child.exitCode === null && !(await stored())) await delay(20)
    child.kill('SIGKILL')
    expect((await exited)[1]).toBe('SIGKILL')
    asked.length = 0
    const { status, stdout } = await bombyx(args)
    expect([status, JSON.parse(stdout)]).toMatchObject([
      0,
      { verdict: 'accepted', leaves: { quarantine: 256 * 70 + 9 } }
    ])
    const first = asked.find((path) => path.startsWith('tile/entries/')) ?? ''
    expect(Number(first.slice('tile/entries/'.length, 'tile/entries/'.length + 3))).toBeGreaterThan(0)
  })
})

/** A log's files in a folder, some of them not what they should be. */
async function written(changes: Readonly<Record<string, Uint8Array>> = {}): Promise<string> {
  const audited = new AuditedLog([numberedLeaf(1), numberedLeaf(2)])
  const folder = await folderOf('written')
  for (const path of ['checkpoint', 'tile/0/000.p/2', 'tile/entries/000.p/2']) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), changes[path] ?? (await audited.read(path)) ?? '')
  }
  return folder
}

describe('bombyx audit', () => {
  const KEY = encodeVerifierKey(new AuditedLog().key)
  const other = new AuditedLog([numberedLeaf(1), numberedLeaf(3)])
  it.each([
    ['accepts a log', 0, {}, /^Accepted/],
    ['refuses other leaves', 10, { checkpoint: other.sign() }, /ROOT_MISMATCH/],
    ['refuses a head of no log', 10, { checkpoint: new AuditedLog([], 'else').sign() }, /CHECKPOINT_ORIGIN_MISMATCH/],
    ['cannot read a note', 30, { checkpoint: encodeUtf8('x') }, /NOTE_MALFORMED/],
    ['cannot read a tile', 30, { 'tile/0/000.p/2': new Uint8Array(63) }, /TILE_MALFORMED/],
    ['cannot read leaves', 30, { 'tile/entries/000.p/2': new Uint8Array(1).fill(9) }, /TILE_MALFORMED/]
  ] as const)('%s: exit status %i', async (_, expected, changes, words) => {
    const state = await folderOf('state')
    const args = ['audit', 'log', '--log', await written(changes), '--log-key', KEY, '--state', state]
    const { status, stdout, stderr } = await bombyx(args)
    expect([status, stdout + stderr]).toEqual([expected, expect.stringMatching(words)])
  })

  it('wants a key, and says what it lacks', async () => {
    const { status, stderr } = await bombyx(['audit', 'log', '--log', await written()])
    expect([status, stderr]).toEqual([30, expect.stringContaining('verifier key')])
  })

  it('checks the proof of a fork, which needs nothing but itself', async () => {
    const [first, second] = [
      new AuditedLog([numberedLeaf(1), numberedLeaf(2)]),
      new AuditedLog([numberedLeaf(1), numberedLeaf(9), numberedLeaf(3)])
    ]
    const state = await folderOf('forked')
    const seen = join(state, 'seen.note')
    await writeFile(seen, first.sign())
    const { url } = await serve(second, 0)
    const { status, stdout } = await bombyx([
      'audit',
      'log',
      '--log',
      url,
      '--log-key',
      KEY,
      '--seen',
      seen,
      '--state',
      state,
      '--json'
    ])
    const { findings } = JSON.parse(stdout) as {
      readonly findings: { readonly code: string; readonly files: string[] }[]
    }
    expect([status, findings.map(({ code }) => code)]).toEqual([10, ['LOG_FORKED']])
    const file = findings[0]?.files[0] ?? ''
    expect(await bombyx(['audit', 'bundle', file])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('two histories')
    })
    const forged = (await readFile(file, 'utf8')).replace(
      /"other_root":"[^"]+"/,
      `"other_root":"${Buffer.alloc(32).toString('base64')}"`
    )
    await writeFile(file, forged)
    expect(await bombyx(['audit', 'bundle', file])).toMatchObject({
      status: 10,
      stderr: expect.stringContaining('PROOF_INVALID')
    })
  })

  it('does not know other documents', async () => {
    const file = join(await folderOf('other'), 'x.json')
    await writeFile(file, '{"format":"bombyx/audit-bundle/9"}')
    expect((await bombyx(['audit', 'bundle', file])).status).toBe(20)
    await writeFile(file, '{}')
    expect((await bombyx(['audit', 'bundle', file])).status).toBe(30)
  })
})
