import { existsSync } from 'node:fs'
import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ed25519PrivateKey, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { type Policy, virtualPolicy } from '../../../attestation/policy.ts'
import { signReceipt } from '../../../attestation/receipt/receipt.ts'
import { encodeVerifierKey } from '../../../attestation/tlog/note-key.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { exportAudit } from '../../../services/audit/export.ts'
import { reappraise } from '../../../services/audit/reappraise.ts'
import { runFileAudit, runLogAudit } from '../../../services/audit/start.ts'
import { type AnchoringWorld, startAnchoringWorld } from '../../fakes/anchored.ts'
import { AuditedLog } from '../../fakes/audited-log.ts'
import { numberedLeaf } from '../../fakes/log.ts'
import { createEvidence, createLabRoot, type Evidence } from '../../fakes/virtual-evidence.ts'

const OTHER_HOST = 'bombyx:host:ffff02030405060708090a0b0c0d0e0f'
let world: AnchoringWorld
let root: VirtualRoot
let policy: Policy
let folder: string
let log: AuditedLog
let blockRoot: Uint8Array

let attested: Evidence
beforeAll(async () => {
  world = await startAnchoringWorld()
  root = await createLabRoot()
  policy = virtualPolicy(root.root.certificate)
  folder = await mkdtemp(join(tmpdir(), 'bombyx-exported-'))
  log = new AuditedLog([], 'log.example/exported')
  const address = await world.deploy(log.key.name)
  for (let at = 0; at < 300; at++) log.leaves.push(numberedLeaf(at))
  const seconds = Math.floor(world.now().getTime() / 1000)
  await world.anchor(address, { treeSize: 300n, rootHash: log.root(), timestamp: seconds }, [])
  attested = await attest({})
  await attest({ subject: OTHER_HOST })
  await world.anchor(address, { treeSize: 302n, rootHash: log.root(), timestamp: seconds }, log.consistency(300))
  log.leaves.push(numberedLeaf(302))
  await world.anchor(address, { treeSize: 303n, rootHash: log.root(), timestamp: seconds }, log.consistency(302))
  log.leaves.push(numberedLeaf(303))
  log.signedAt = seconds + 2
  const { anchors } = await exportAudit({
    ...requestOf(),
    chain: { chains: [world.chain], addresses: [address] },
    folder,
    receipts: [receiptOf(attested)]
  })
  blockRoot = anchors[0]?.block.rootHash ?? new Uint8Array(0)
})
afterAll(() => world[Symbol.asyncDispose]())

function requestOf() {
  return {
    files: log,
    key: log.key,
    isKeyGiven: true,
    seen: [],
    reappraise: async (...given: Parameters<typeof reappraise>) => reappraise(...given),
    now: world.now,
    onProgress: () => {}
  }
}

async function attest(
  keyset: Parameters<typeof createEvidence>[1] extends infer _ ? { readonly subject?: string } : never
): Promise<Evidence> {
  const { seqno, rootHash, genUtime } = await world.chain.latestBlock()
  const challenge = { network: world.chain.networkId, seqno, rootHash, genUtime }
  const evidence = await createEvidence(root, { challenge, keyset })
  log.attest(evidence, policy, { at: world.now() })
  return evidence
}

function receiptOf({ fields }: Evidence, servedAt = Math.floor(world.now().getTime() / 1000)): Uint8Array {
  const hash = new Uint8Array(32)
  const counts = { prompt: 3, cached: 0, completion: 5, reasoning: 0 }
  return signReceipt(
    {
      ...{
        chatId: 'c',
        endpoint: '/v1/chat/completions',
        method: 'POST',
        model: 'm',
        keyId: 'r1',
        n: 0,
        usage: counts
      },
      ...{
        receiptId: hash.slice(16),
        servedAt,
        keysetDigest: sha256(fields.keyset),
        sessionId: hash.slice(16)
      },
      ...{ receivedHash: hash, forwardedHash: hash, returnedHash: hash, salt: hash, requestHash: hash, logIndex: 300 }
    },
    ed25519PrivateKey(sha256(encodeUtf8('receipt')))
  )
}

function auditFolder(changes: { readonly log?: string; readonly key?: string; readonly trustedRoot?: string } = {}) {
  return runLogAudit({ log: folder, seen: [], now: world.now, onProgress: () => {}, ...changes })
}

/** A copy of the folder, one file of it changed. */
async function forged(path: string, change: (text: string) => string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'bombyx-forged-'))
  await cp(folder, copy, { recursive: true })
  await writeFile(join(copy, path), change(await readFile(join(copy, path), 'utf8')))
  return copy
}

const RECEIPT = 'receipts/00000000000000000000000000000000.json'
const HOST = 'hosts/000102030405060708090a0b0c0d0e0f.json'

describe('an exported folder', () => {
  it('is a whole log, accepted without a network, its key and block told to be its own word', async () => {
    const report = await auditFolder()
    expect(report.found.kept).toEqual([])
    expect(report).toMatchObject({
      verdict: 'accepted',
      isKeyGiven: false,
      anchors: [{ level: 'merkle', confirmations: 0, heads: 3 }]
    })
    expect(report.counts).toMatchObject({ appraised: 2, beacons: 2 })
  })

  it('is accepted under the key and block that the reader knows, and under no other', async () => {
    const key = encodeVerifierKey(log.key)
    expect(await auditFolder({ key, trustedRoot: encodeHex(blockRoot) })).toMatchObject({
      verdict: 'accepted',
      isKeyGiven: true
    })
    await expect(auditFolder({ trustedRoot: '00'.repeat(32) })).rejects.toMatchObject({ code: 'STATE_PROOF_INVALID' })
    await expect(
      auditFolder({ key: encodeVerifierKey(new AuditedLog([], 'log.example/else').key) })
    ).rejects.toMatchObject({ code: 'CHECKPOINT_ORIGIN_MISMATCH' })
  })

  it('has a bundle for each host and receipt, each accepted by itself', async () => {
    const audited = await runFileAudit({ path: folder })
    expect(audited.map(({ verdict }) => verdict)).toEqual(['accepted', 'accepted', 'accepted'])
    const said = audited.map(({ sentences }) => sentences.join('\n'))
    for (const text of said) {
      expect(text).toContain('SOFTWARE TEE')
      expect(text).toContain('the head of 302 leaves')
      expect(text).toContain('validators')
    }
    expect(said[2]).toContain('3 tokens in and 5 out')
  })

  it('tells the same of one host alone', async () => {
    const alone = await mkdtemp(join(tmpdir(), 'bombyx-alone-'))
    await exportAudit({
      ...requestOf(),
      chain: undefined,
      folder: alone,
      receipts: [],
      host: Buffer.from(OTHER_HOST.slice(12), 'hex')
    })
    expect(await readdir(join(alone, 'hosts'))).toHaveLength(1)
    const report = await auditFolder({ log: alone })
    expect(report).toMatchObject({ verdict: 'accepted', counts: { appraised: 1, skipped: 1 }, anchors: [] })
    expect(await runFileAudit({ path: alone })).toMatchObject([{ verdict: 'accepted' }])
  })

  it('is refused where a file of the chain was changed', async () => {
    const cut = await forged('chain/0.json', (text) =>
      text.replace(/"transactions": \[\s*"[^"]+",/, '"transactions": [')
    )
    expect((await auditFolder({ log: cut })).found.counts).toMatchObject({ ANCHOR_HISTORY_INCOMPLETE: 1 })
    const garbled = await forged('chain/0.json', (text) =>
      text.replace(/("transactions": \[\s*")[^"]{8}/, '$1AAAAAAAA')
    )
    await expect(auditFolder({ log: garbled })).rejects.toMatchObject({ code: 'BOC_MALFORMED' })
    const other = await forged('chain/0.json', (text) =>
      text.replace(/("block": \{[^}]*"root_hash": ")[0-9a-f]{8}/, '$100000000')
    )
    await expect(auditFolder({ log: other })).rejects.toMatchObject({ code: 'STATE_PROOF_INVALID' })
  })
})

describe('a bundle', () => {
  it.each([
    ['is not JSON', (text: string) => text.slice(0, -20), 'AUDIT_FILE_MALFORMED'],
    ['is of another version', (text: string) => text.replace('audit-bundle/1', 'audit-bundle/2'), 'UNIMPLEMENTED'],
    ['has a member more', (text: string) => text.replace('{', '{"more": 1,'), 'AUDIT_FILE_MALFORMED'],
    [
      'has another leaf',
      (text: string) => text.replace(/"leaf": "[^"]+"/, `"leaf": "${Buffer.from(numberedLeaf(1)).toString('base64')}"`),
      'PROOF_INVALID'
    ],
    ['has another index', (text: string) => text.replace('\\nindex 300', '\\nindex 301'), 'PROOF_INVALID'],
    [
      'has a proof cut short',
      (text: string) => text.replace('c2sp.org/tlog-proof@v1', 'c2sp.org/tlog-proof@v2'),
      'PROOF_MALFORMED'
    ],
    ['has a state that is none', (text: string) => text.replace(/("state": ")[^"]{8}/, '$1AAAAAAAA'), 'BOC_MALFORMED']
  ])('that %s is refused', async (_, change, code) => {
    const copy = await forged(HOST, change)
    await expect(runFileAudit({ path: join(copy, HOST) })).rejects.toMatchObject({ code })
  })

  it.each([
    ['before its host was attested', -600],
    ['long after the attestation lapsed', 7 * 86_400]
  ])('whose receipt is of a time %s is refused', async (_, seconds) => {
    const receipt = receiptOf(attested, Math.floor(world.now().getTime() / 1000) + seconds)
    const copy = await forged(RECEIPT, (text) => {
      return JSON.stringify({ ...JSON.parse(text), receipt: Buffer.from(receipt).toString('base64') })
    })
    await expect(runFileAudit({ path: join(copy, RECEIPT) })).rejects.toMatchObject({ code: 'RECEIPT_REFUSED' })
  })

  it('without its evidence is not accepted', async () => {
    const copy = await forged(HOST, (text) => {
      const bundle = JSON.parse(text) as { blobs: string[] }
      return JSON.stringify({ ...bundle, blobs: bundle.blobs.slice(1) })
    })
    const [audited] = await runFileAudit({ path: join(copy, HOST) })
    expect(audited).toMatchObject({ verdict: 'refused', json: { findings: [{ code: 'BLOB_MISSING' }] } })
  })

  it('whose blocks an endpoint confirms says so', async () => {
    const endpoints = [world.local.endpoint]
    const [audited] = await runFileAudit({ path: join(folder, HOST), chain: { network: 'local', endpoints } })
    expect(audited).toMatchObject({ verdict: 'accepted', json: { anchor: { block: { confirmations: 1 } } } })
  })
})

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync)

describe('the page', () => {
  it.skipIf(CHROMIUM === undefined)(
    'is readable in a browser, wide and narrow, and asks nobody for anything (needs Debian’s chromium)',
    async () => {
      const browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox'] })
      try {
        for (const width of [1200, 400]) {
          const page = await browser.newPage({ viewport: { width, height: 900 } })
          const asked: string[] = []
          page.on('request', (request) => asked.push(request.url()))
          await page.goto(pathToFileURL(join(folder, 'index.html')).href)
          expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(
            'Audit of the log log.example/exported'
          )
          expect(await page.getByRole('row').count()).toBe(2 + 2 + 1)
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
          expect(asked).toHaveLength(1)
        }
      } finally {
        await browser.close()
      }
    }
  )

  it('says what was checked, carries nothing that runs, and escapes what strangers wrote', async () => {
    const page = await readFile(join(folder, 'index.html'), 'utf8')
    expect(page).toContain('Accepted: the log log.example/exported')
    expect(page).toContain(`href="${HOST}"`)
    expect(page).toContain('Software TEE')
    expect(page).not.toMatch(/<script|<link|src=|https?:/)
  })
})
