import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import type { Policy } from '../../../attestation/policy.ts'
import { virtualPolicy } from '../../../attestation/policy.ts'
import type { VirtualRoot } from '../../../attestation/virtual/root.ts'
import { parseAccusation, verifyAccusation } from '../../../services/audit/accusation.ts'
import type { AuditCode } from '../../../services/audit/findings.ts'
import { auditLog, type LogAuditRequest } from '../../../services/audit/log-audit.ts'
import { reappraise } from '../../../services/audit/reappraise.ts'
import { explainLog } from '../../../services/audit/report.ts'
import { type AuditState, openAuditState, stateInMemory } from '../../../services/audit/state.ts'
import { AuditedLog } from '../../fakes/audited-log.ts'
import { numberedLeaf } from '../../fakes/log.ts'
import { createEvidence, createLabRoot, type Evidence, NOW } from '../../fakes/virtual-evidence.ts'

let root: VirtualRoot
let policy: Policy
let evidence: Evidence

beforeAll(async () => {
  root = await createLabRoot()
  policy = virtualPolicy(root.root.certificate)
  evidence = await createEvidence(root)
})

/** 300 leaves, the 40th an attestation: a full tile and a partial one. */
function honestLog(size = 300): AuditedLog {
  const log = new AuditedLog(Array.from({ length: 40 }, (_, at) => numberedLeaf(at)))
  log.attest(evidence, policy)
  while (log.leaves.length < size) log.leaves.push(numberedLeaf(log.leaves.length))
  return log
}

async function audit(log: AuditedLog, changes: Partial<LogAuditRequest> = {}) {
  const { report } = await auditLog({
    files: log,
    key: log.key,
    isKeyGiven: true,
    seen: [],
    state: stateInMemory(),
    chain: undefined,
    reappraise: async (bytes, leaf, blobs) => reappraise(bytes, leaf, blobs),
    now: () => NOW,
    onProgress: () => {},
    ...changes
  })
  return report
}

async function openState(log: AuditedLog): Promise<AuditState> {
  return openAuditState(await mkdtemp(join(tmpdir(), 'bombyx-audit-')), log.key)
}

describe('an honest log', () => {
  it('is accepted, its leaves counted and its evidence appraised again', async () => {
    const report = await audit(honestLog())
    expect(report.found).toEqual({ kept: [], counts: {} })
    expect(report).toMatchObject({ verdict: 'accepted', heads: 1, anchors: [] })
    expect(report.counts).toMatchObject({ appraised: 1, leaves: { attestation: 1, quarantine: 299, unreadable: 0 } })
    expect(report.head.checkpoint.size).toBe(300n)
  })

  it.each([0, 1, 255, 256, 257, 512, 513])('of %i leaves is accepted', async (size) => {
    const log = new AuditedLog(Array.from({ length: size }, (_, at) => numberedLeaf(at)))
    expect(await audit(log)).toMatchObject({ verdict: 'accepted' })
  })

  it('is accepted when it has grown, against every head that was seen before', async () => {
    const log = honestLog(41)
    await using state = await openState(log)
    for (const size of [41, 256, 300, 513, 700]) {
      while (log.leaves.length < size) log.leaves.push(numberedLeaf(log.leaves.length))
      expect((await audit(log, { state })).found.kept).toEqual([])
    }
    const seen = [1, 255, 256, 257, 699].map((size) => log.sign({ size }))
    const report = await audit(log, { state, seen })
    expect(report).toMatchObject({ verdict: 'accepted', heads: 9 })
  })

  it('is looked into for one host alone, when only that one is asked for', async () => {
    const report = await audit(honestLog(), { host: new Uint8Array(16) })
    expect(report.counts).toMatchObject({ appraised: 0, skipped: 1 })
  })
})

type Lie = (log: AuditedLog) => unknown

/** What an operator does, and the code by which it is found. */
const LIES: readonly (readonly [string, AuditCode, Lie])[] = [
  [
    'serves other leaves than those that it signed',
    'ROOT_MISMATCH',
    (log) => {
      const note = log.sign()
      log.leaves[7] = numberedLeaf(9_999)
      log.lies.set('checkpoint', note)
    }
  ],
  [
    'serves hashes that are not its leaves’',
    'TILE_MISMATCH',
    (log) => log.lies.set('tile/0/000', new Uint8Array(8192))
  ],
  [
    'serves hashes above its leaves that are not theirs',
    'TILE_MISMATCH',
    (log) => log.lies.set('tile/1/000.p/1', new Uint8Array(32))
  ],
  ['withholds leaves that it signed', 'LEAVES_LOST', (log) => log.lies.set('tile/entries/000', null)],
  ['writes what nobody can read', 'LEAF_UNREADABLE', (log) => log.leaves.push(encodeUtf8('{"kind":"secret"}'))],
  [
    'says that a host is good which is not',
    'VERDICT_MISMATCH',
    (log) => {
      const at = new Date(NOW.getTime() + 30 * 86_400_000)
      log.attest(evidence, policy, { at, changes: { result: GOOD } })
    }
  ],
  [
    'says that a good host is bad',
    'VERDICT_MISMATCH',
    (log) => log.attest(evidence, policy, { changes: { result: { ...GOOD, status: 'contraindicated' } } })
  ],
  [
    'gives a host more time than its evidence',
    'VERDICT_MISMATCH',
    (log) => log.attest(evidence, policy, { changes: { expiresAt: new Date(NOW.getTime() + 9e9) } })
  ],
  ['keeps no evidence', 'BLOB_MISSING', (log) => log.blobs.clear()],
  [
    'serves other evidence than it names',
    'BLOB_MISMATCH',
    (log) => {
      for (const digest of log.blobs.keys()) log.lies.set(`blob/sha256/${digest}`, encodeUtf8('{}'))
    }
  ],
  [
    'names evidence that nobody can read',
    'EVIDENCE_UNREADABLE',
    (log) => log.attest(evidence, policy, { changes: { evidenceDigest: log.addBlob(encodeUtf8('{}')) } })
  ],
  [
    'names a policy that nobody can read',
    'EVIDENCE_UNREADABLE',
    (log) => log.attest(evidence, policy, { changes: { policyDigest: log.addBlob(encodeUtf8('{}')) } })
  ],
  [
    'writes an attestation that is younger than the head that has it',
    'LEAF_POSTDATED',
    (log) => {
      log.attest(evidence, policy)
      log.signedAt = NOW.getTime() / 1000 - 600
    }
  ]
]

const GOOD = { status: 'affirming', tee: 'virtual', tcbStatus: 'UpToDate', advisories: [], devices: [] } as const

describe('an operator who', () => {
  it.each(LIES)('%s is found out: %s', async (_, code, lie) => {
    const log = honestLog()
    lie(log)
    const report = await audit(log)
    expect(report.verdict).toBe('refused')
    expect(Object.keys(report.found.counts)).toContain(code)
  })

  it('serves other leaves is not told to have been compared with anything', async () => {
    const log = honestLog()
    log.lies.set('checkpoint', log.like(log.leaves.with(7, numberedLeaf(9_999))).sign())
    const report = await audit(log)
    const said = explainLog(report).join('\n')
    expect([report.isRebuilt, said.includes('do not give the root'), said.includes('gives the root')]).toEqual([
      false,
      true,
      false
    ])
  })

  it('writes a leaf later than it says is found out by the heads that did not have it', async () => {
    const log = honestLog()
    const before = log.sign({ at: NOW.getTime() / 1000 + 7_200 })
    log.attest(evidence, policy)
    log.signedAt = NOW.getTime() / 1000 + 7_300
    const report = await audit(log, { seen: [before] })
    expect(report.found.kept).toMatchObject([{ code: 'LEAF_BACKDATED', leaf: '300' }])
  })

  it('sets back its clock is found out', async () => {
    const log = honestLog()
    const report = await audit(log, { seen: [log.sign({ size: 200, at: NOW.getTime() / 1000 + 9_999 })] })
    expect(Object.keys(report.found.counts)).toContain('HEAD_BACKDATED')
  })
})

describe('an operator who rewrites history', () => {
  it.each([
    ['in a full tile, told to another', 256, 100],
    ['at the first leaf', 1, 0],
    ['of the newest head', 300, 299],
    ['inside the partial tile', 290, 280]
  ])('%s is found out by a head that somebody saw, and the proof stands alone', async (_, size, changed) => {
    const log = honestLog()
    const seen = log.sign({ size })
    const rewritten = log.like(log.leaves.with(changed, numberedLeaf(77_777)))
    await using state = await openState(log)
    const report = await audit(rewritten, { seen: [seen], state })
    expect(report.verdict).toBe('refused')
    const fork = report.found.kept.find(({ code }) => code === 'LOG_FORKED')
    const [file = '', first = '', second = ''] = fork?.files ?? []
    const { first: older, second: newer } = verifyAccusation(parseAccusation(new Uint8Array(await readFile(file))))
    expect([older.size, newer.size]).toEqual([BigInt(size), 300n])
    expect(encodeHex(older.root)).not.toBe(encodeHex(rewritten.root(size)))
    expect([new Uint8Array(await readFile(first)), new Uint8Array(await readFile(second))]).toEqual([
      seen,
      rewritten.sign()
    ])
  })

  it.each([100, 299])('at leaf %i is found out by the auditor’s own memory', async (changed) => {
    const log = honestLog()
    await using state = await openState(log)
    expect(await audit(log, { state })).toMatchObject({ verdict: 'accepted' })
    const rewritten = log.like([...log.leaves.with(changed, numberedLeaf(77_777)), numberedLeaf(300)])
    for (const _ of ['at once', 'and again']) {
      const { counts } = (await audit(rewritten, { state })).found
      expect(counts).toMatchObject({ LOG_FORKED: 1 })
    }
  })

  it.each([40, 256, 299])('by dropping all leaves after %i is found out, and both heads are kept', async (size) => {
    const log = honestLog()
    await using state = await openState(log)
    await audit(log, { state })
    const shrunk = log.like(log.leaves.slice(0, size))
    const report = await audit(shrunk, { state })
    const lost = report.found.kept.find(({ code }) => code === 'LEAVES_LOST')
    expect(report.verdict).toBe('refused')
    const [first = '', second = ''] = lost?.files ?? []
    expect([new Uint8Array(await readFile(first)), new Uint8Array(await readFile(second))]).toEqual([
      log.sign(),
      shrunk.sign()
    ])
  })
})

describe('heads that others saw', () => {
  it('are passed over where the log has not signed them: anyone could accuse it', async () => {
    const log = honestLog()
    const stranger = new AuditedLog([numberedLeaf(1)], 'log.example/stranger')
    const report = await audit(log, { seen: [stranger.sign(), encodeUtf8('no note')] })
    expect(report).toMatchObject({ verdict: 'accepted', found: { counts: { SEEN_UNSIGNED: 1 } } })
  })
})

describe('what cannot be read', () => {
  it.each([
    ['NOTE_MALFORMED', 'checkpoint', encodeUtf8('hello\n')],
    ['NOTE_MALFORMED', 'checkpoint', new Uint8Array(1 << 18)],
    ['TILE_MALFORMED', 'tile/entries/000', new Uint8Array(100).fill(255)],
    ['TILE_MALFORMED', 'tile/entries/000', new Uint8Array(0)],
    ['TILE_MALFORMED', 'tile/0/000', new Uint8Array(8191)],
    ['TILE_MALFORMED', 'tile/0/001.p/44', new Uint8Array(9000)],
    ['TILE_MALFORMED', 'tile/1/000.p/1', new Uint8Array(33)]
  ])('%s: %s', async (code, path, bytes) => {
    const log = honestLog()
    log.lies.set(path, bytes)
    await expect(audit(log)).rejects.toMatchObject({ code, kind: 'input' })
  })

  it('a head of somebody else is refused', async () => {
    const log = honestLog()
    log.lies.set('checkpoint', new AuditedLog([], 'log.example/stranger').sign())
    await expect(audit(log)).rejects.toMatchObject({ code: 'CHECKPOINT_ORIGIN_MISMATCH' })
  })
})
