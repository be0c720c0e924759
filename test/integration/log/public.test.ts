import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ed25519PublicBytes, generateEd25519, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { verifyCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { appendLeaves, EMPTY_RANGE, rangeRoot } from '../../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { cosignNote, encodeSignatureLine, parseNote } from '../../../attestation/tlog/note.ts'
import { noteKey } from '../../../attestation/tlog/note-key.ts'
import { parseEntryBundle, parseTile } from '../../../attestation/tlog/tile.ts'
import { verifyConsistency } from '../../../attestation/tlog/verify-proof.ts'
import { exportFromDatabase } from '../../../services/log/start.ts'
import { callUnary } from '../../../services/runtime/grpc-client.ts'
import { createTestDatabase } from '../../fakes/database.ts'
import { appendNumbered, numberedLeaf, policyLeaf, startTestLog, type TestLog } from '../../fakes/log.ts'

const POLICY = encodeUtf8('{"name":"a policy"}')
let databaseUrl: string
let log: TestLog

beforeAll(async () => {
  databaseUrl = await createTestDatabase()
  log = await startTestLog(databaseUrl)
  await appendNumbered(log.client, { first: 1, count: 1000 })
  const entries = [{ sequence: '1', leaf: policyLeaf(POLICY) }]
  await callUnary(log.client, 'Append', { writer: 'p', entries, blobs: [POLICY] })
})
afterAll(() => log[Symbol.asyncDispose]())

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://${log.service.details.http}/${path}`, init)
}

async function bytesAt(path: string): Promise<Uint8Array> {
  const response = await get(path)
  expect(response.status).toBe(200)
  return new Uint8Array(await response.arrayBuffer())
}

describe('over HTTP', () => {
  it('a stranger rebuilds the signed root from entries and from tiles', async () => {
    const { size, root } = verifyCheckpoint(await bytesAt('checkpoint'), log.trust)
    expect(size).toBe(1001n)
    const entries: Uint8Array[] = []
    for (const [at, width] of [256, 256, 256, 233].entries()) {
      const suffix = width === 256 ? '' : `.p/${width}`
      const bundle = parseEntryBundle(await bytesAt(`tile/entries/00${at}${suffix}`), width)
      const tile = parseTile(await bytesAt(`tile/0/00${at}${suffix}`), width)
      for (const [place, entry] of bundle.entries()) expect(leafHash(entry)).toEqual(tile.hash(0, place))
      entries.push(...bundle)
    }
    expect(entries[41]).toEqual(numberedLeaf(42))
    expect(rangeRoot(appendLeaves(EMPTY_RANGE, entries.map(leafHash)))).toEqual(root)
    const top = parseTile(await bytesAt('tile/1/000.p/3'), 3)
    expect(top.hash(0, 0)).toEqual(parseTile(await bytesAt('tile/0/000'), 256).hash(8, 0))
  })

  it.each([
    ['checkpoint', 'text/plain; charset=utf-8', 'public, max-age=1'],
    ['tile/0/000', 'application/octet-stream', 'public, max-age=31536000, immutable'],
    ['tile/0/003.p/5', 'application/octet-stream', 'public, max-age=31536000, immutable'],
    ['tile/entries/003.p/1', 'application/octet-stream', 'public, max-age=31536000, immutable'],
    [`blob/sha256/${encodeHex(sha256(POLICY))}`, 'application/octet-stream', 'public, max-age=31536000, immutable']
  ])('%s has its type and may be kept as long as it is true', async (path, type, caching) => {
    const { status, headers } = await get(path)
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, type, caching])
    expect((await get(path, { method: 'HEAD' })).headers.get('content-type')).toBe(type)
  })

  it.each([
    'tile/0/003',
    'tile/0/003.p/234',
    'tile/0/003.p/0',
    'tile/0/003.p/256',
    'tile/0/004.p/1',
    'tile/0/0',
    'tile/00/000',
    'tile/2/000.p/1',
    'tile/64/000',
    'tile/entries/004.p/1',
    'tile/0/x000/000',
    'blob/sha256/00',
    `blob/sha256/${'0'.repeat(64)}`,
    'checkpoint?x',
    ''
  ])('there is no /%s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })

  it('nothing can be written', async () => {
    expect((await get('checkpoint', { method: 'PUT', body: 'x' })).status).toBe(405)
  })
})

describe('as files', () => {
  it('it is the same bytes, and a second run writes only what is new', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bombyx-export-'))
    expect(await exportFromDatabase({ url: databaseUrl }, folder)).toMatchObject({ treeSize: 1001n })
    const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
    const paths = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    expect(paths.sort()).toEqual(
      [
        `blob/sha256/${encodeHex(sha256(POLICY))}`,
        'checkpoint',
        ...['0', 'entries'].flatMap((kind) => [
          `tile/${kind}/000`,
          `tile/${kind}/001`,
          `tile/${kind}/002`,
          `tile/${kind}/003.p/233`
        ]),
        'tile/1/000.p/3'
      ].sort()
    )
    for (const path of paths) expect(new Uint8Array(await readFile(join(folder, path)))).toEqual(await bytesAt(path))
    expect(await exportFromDatabase({ url: databaseUrl }, folder)).toMatchObject({ files: 1 })
  })
})

describe('a witness', () => {
  /** As C2SP tlog-witness says: keeps the newest head, checks the proof from it. */
  async function startWitness(start: { size: bigint; root: Uint8Array } = { size: 0n, root: new Uint8Array(32) }) {
    const privateKey = generateEd25519()
    const key = noteKey('witness.example/w', 'cosignature', ed25519PublicBytes(privateKey))
    let known = start
    const statuses: number[] = []
    const server = createServer(async (request, response) => {
      const chunks: Uint8Array[] = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks).toString('utf8')
      const split = body.indexOf('\n\n')
      const [old = '', ...hashes] = body.slice(0, split).split('\n')
      const note = encodeUtf8(body.slice(split + 2))
      const head = verifyCheckpoint(note, { ...trust, minimumWitnesses: 0 })
      const answer = (status: number, text: string) => {
        statuses.push(status)
        response.writeHead(status).end(text)
      }
      if (old !== `old ${known.size}`) return answer(409, `${known.size}\n`)
      const proof = hashes.map((hash) => new Uint8Array(Buffer.from(hash, 'base64')))
      if (known.size > 0n) {
        const sizes = { size1: known.size, size2: head.size }
        verifyConsistency({ ...sizes, root1: known.root, root2: head.root, proof })
      }
      known = head
      const line = cosignNote(parseNote(note).text, key.name, privateKey, 1_700_000_000n)
      return answer(200, encodeSignatureLine(line))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return { witness: { key, url }, statuses, close: () => server.close() }
  }
  let trust: TestLog['trust']

  it('is asked for every head, whose publication waits for it', async () => {
    const witness = await startWitness()
    const config = { witnesses: [witness.witness], minimumWitnesses: 1, refreshMs: 500 }
    await using witnessed = await startTestLog(await createTestDatabase(), config)
    trust = { ...witnessed.trust, witnesses: [witness.witness.key], minimumWitnesses: 1 }
    await appendNumbered(witnessed.client, { first: 1, count: 300 })
    await appendNumbered(witnessed.client, { first: 301, count: 300 })
    const { checkpoint } = await callUnary(witnessed.client, 'GetCheckpoint', {})
    expect(verifyCheckpoint(checkpoint, trust)).toMatchObject({
      size: 600n,
      witnesses: [{ name: 'witness.example/w' }]
    })
    const time = async () => {
      const newest = await callUnary(witnessed.client, 'GetCheckpoint', {})
      return verifyCheckpoint(newest.checkpoint, trust).timestamp ?? 0n
    }
    // A new time keeps the witness's line.
    const first = await time()
    await expect.poll(time).toBeGreaterThan(first)
    expect(witness.statuses.filter((status) => status !== 200)).toEqual([])
    witness.close()
  })

  it('that knows another size than the log remembers is asked again from there', async () => {
    const url = await createTestDatabase()
    await using plain = await startTestLog(url)
    await appendNumbered(plain.client, { first: 1, count: 10 })
    trust = plain.trust
    const { size, root } = verifyCheckpoint((await callUnary(plain.client, 'GetCheckpoint', {})).checkpoint, trust)
    const witness = await startWitness({ size, root })
    await appendNumbered(plain.client, { first: 11, count: 10 })
    await plain[Symbol.asyncDispose]()
    await using witnessed = await startTestLog(url, { key: plain.config.key, witnesses: [witness.witness] })
    const cosigned = async () => {
      const { checkpoint } = await callUnary(witnessed.client, 'GetCheckpoint', {}).catch(() => ({
        checkpoint: undefined
      }))
      return checkpoint === undefined ? 0 : parseNote(checkpoint).signatures.length
    }
    await expect.poll(cosigned).toBe(3)
    expect(witness.statuses).toEqual([409, 200])
    witness.close()
  })
})
