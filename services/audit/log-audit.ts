import type { Address } from '@ton/core'
import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { type LogTrust, verifyCheckpoint } from '../../attestation/tlog/checkpoint.ts'
import type { NoteKey } from '../../attestation/tlog/note-key.ts'
import { ServiceError } from '../runtime/errors.ts'
import { type AnchorHistory, type AuditChain, readAnchorHistory } from './anchor-history.ts'
import { createBeaconCheck, withoutChain } from './beacons.ts'
import { createBlobSource } from './blobs.ts'
import { type AuditFinding, addFindings, verdictOf } from './findings.ts'
import { checkAnchors, checkHeads } from './head-checks.ts'
import { collectHeads, headName, isoTime, type SignedHead, timedHeads } from './heads.ts'
import { auditLeaf, type LeafContext } from './leaf-audit.ts'
import type { LogFiles } from './log-files.ts'
import { type RebuiltTree, rebuiltTree, TileChanged } from './rebuilt-tree.ts'
import type { AnchorSummary, LogReport } from './report.ts'
import type { AuditState, Progress } from './state.ts'
import { createTimeline, type TimedHead } from './times.ts'
import { auditUpperTiles, type Walked, walk } from './walk.ts'

/** Where the chain is asked. */
export interface ChainQuestion {
  /** The first is asked everything, the others for the block: three make it `cross-checked`. */
  readonly chains: readonly AuditChain[]
  readonly addresses: readonly Address[]
  /** Root hash of the block that the first endpoint proves from, from a source of the caller's. */
  readonly trustedRoot?: Uint8Array
}

export interface LogAuditRequest {
  readonly files: LogFiles
  readonly key: NoteKey
  /** Somebody named it; else it came with the files. */
  readonly isKeyGiven: boolean
  /** Notes that others saw. */
  readonly seen: readonly Uint8Array[]
  readonly state: AuditState
  readonly chain: ChainQuestion | undefined
  /** Only this host's attestations are looked into; the tree is whole in any case. */
  readonly host?: Uint8Array
  readonly reappraise: LeafContext['reappraise']
  /** Is told of every attestation that is looked into, in no order. */
  readonly onAttestation?: LeafContext['onAttestation']
  readonly now: () => Date
  readonly onProgress: (done: bigint, total: bigint) => void
  readonly signal?: AbortSignal
}

/** What an audit leaves to whoever goes on from it. */
export interface LogAudit {
  readonly report: LogReport
  readonly histories: readonly AnchorHistory[]
  /** Undefined where the leaves do not give the root that the log signed. */
  readonly tree: RebuiltTree | undefined
}

/**
 * Audits a log:
 *
 * 1. the chain first, so that what it has cannot be newer than what the log is asked for
 * 2. the log's newest head, signed by the key that is trusted
 * 3. every leaf: see `walk` and `auditLeaf`
 * 4. the root that the leaves give, against the head's
 * 5. every head that was ever seen, and every one that was anchored, against the tree
 *
 * What the log or the chain says wrong is a finding. Throws for what cannot be read (`TILE_MALFORMED`, `NOTE_MALFORMED`, …), for a
 * head that the log has not signed, and where nobody answers.
 */
export async function auditLog(request: LogAuditRequest): Promise<LogAudit> {
  const started = performance.now()
  const { files, key, state, chain } = request
  const trust: LogTrust = { origin: key.name, publicKey: key.publicKey, witnesses: [], minimumWitnesses: 0 }
  const histories = chain === undefined ? [] : await readHistories(chain, key)
  const newest = await readHead(files, trust)
  const notes = [...(await state.readHeads()), ...request.seen]
  const known = collectHeads([...notes, newest.note], trust)
  await rememberHeads(known.heads, request)
  const timeline = createTimeline([...timedHeads(known.heads), ...histories.flatMap(anchoredTimes)])
  const { walked, isRebuilt, findings } = await rebuild(newest, timeline, request)
  const tree = isRebuilt ? rebuiltTree(files, walked) : undefined
  const compared = tree && (await compareHeads(known.heads, histories, { state, key, newest, tree }))
  const more = [
    ...histories.flatMap((history) => history.findings),
    ...known.findings,
    ...findings,
    ...(compared ?? [])
  ]
  const found = addFindings(walked.found, more)
  const report: LogReport = {
    verdict: verdictOf(found),
    key,
    isKeyGiven: request.isKeyGiven,
    from: files.name,
    head: newest,
    isRebuilt,
    heads: known.heads.length,
    counts: walked.counts,
    anchors: histories.map((history) => summarize(history, chain)),
    found,
    elapsedMs: performance.now() - started
  }
  return { report, histories, tree }
}

/** A contract is retired when a key is lost. */
const MOST_CONTRACTS = 16

/** With the contracts that others were retired for. */
async function readHistories(
  { chains, addresses, trustedRoot }: ChainQuestion,
  key: NoteKey
): Promise<readonly AnchorHistory[]> {
  const originHash = sha256(encodeUtf8(key.name))
  const histories: AnchorHistory[] = []
  const wanted = [...addresses]
  const asked = new Set<string>()
  // Whose contract it is names the next one, as often as they like.
  for (let next = wanted.shift(); next !== undefined; next = wanted.shift()) {
    if (asked.has(next.toRawString())) continue
    asked.add(next.toRawString())
    if (asked.size > MOST_CONTRACTS) {
      throw new ServiceError('UNIMPLEMENTED', `more than ${MOST_CONTRACTS} contracts, each in favour of another`)
    }
    const question = { address: next, originHash, chains, ...(trustedRoot === undefined ? {} : { trustedRoot }) }
    const history = await readAnchorHistory(question)
    histories.push(history)
    if (history.state.successor !== null) wanted.push(history.state.successor)
  }
  return histories
}

async function readHead(files: LogFiles, trust: LogTrust): Promise<SignedHead> {
  const note = await files.read('checkpoint')
  if (note === undefined) throw new ServiceError('NOT_FOUND', `there is no checkpoint at ${files.name}`)
  return { note, checkpoint: verifyCheckpoint(note, trust) }
}

/** Before anything is compared: a head that contradicts another must not be forgotten by a crash. */
async function rememberHeads(heads: readonly SignedHead[], { state, key, now }: LogAuditRequest): Promise<void> {
  const trust = { origin: key.name, publicKey: key.publicKey, witnesses: [], minimumWitnesses: 0 }
  const own = new Set(collectHeads(await state.readHeads(), trust).heads.map(({ checkpoint }) => headName(checkpoint)))
  for (const { checkpoint, note } of heads) {
    if (!own.has(headName(checkpoint))) await state.appendHead(note, now())
  }
}

function anchoredTimes({ heads, address }: AnchorHistory): readonly TimedHead[] {
  return heads.map(({ head, at }) => ({
    size: head.treeSize,
    at,
    by: 'chain',
    what: `the head of ${head.treeSize} leaves that ${address} took at ${isoTime(at)}`
  }))
}

interface Rebuilt {
  readonly walked: Walked
  /** The leaves give the root that the log signed. */
  readonly isRebuilt: boolean
  readonly findings: readonly AuditFinding[]
}

type Timeline = ReturnType<typeof createTimeline>

/** Goes on from the last audit; where the log is another one since, from its first leaf. */
async function rebuild(newest: SignedHead, timeline: Timeline, request: LogAuditRequest): Promise<Rebuilt> {
  const { state } = request
  const progress = await state.readProgress()
  const from = progress.tree.size
  if (from <= newest.checkpoint.size) {
    const rebuilt = await rebuildFrom(progress, newest, { timeline, request })
    if (rebuilt.isRebuilt || from === 0n) return rebuilt
  }
  await state.discardProgress()
  const message = `what was read before, up to leaf ${from}, is no part of the log that is served now: it was read again from the first leaf`
  const rebuilt = await rebuildFrom(await state.readProgress(), newest, { timeline, request })
  return { ...rebuilt, findings: [{ code: 'STATE_DISCARDED', message }, ...rebuilt.findings] }
}

interface Rebuilding {
  readonly timeline: Timeline
  readonly request: LogAuditRequest
}

async function rebuildFrom(
  progress: Progress,
  newest: SignedHead,
  { timeline, request }: Rebuilding
): Promise<Rebuilt> {
  const { size, root } = newest.checkpoint
  const { files, state, onProgress, signal } = request
  const from = progress.tree.size
  const leafContext = leafContextOf(timeline, request)
  const walked = await walk(size, progress, {
    files,
    state,
    auditLeaf: (leaf, index) => auditLeaf(leaf, index, leafContext),
    onProgress,
    signal
  })
  if (walked.missing !== undefined) return { walked, isRebuilt: false, findings: [walked.missing] }
  const leaves = lastTile(walked)
  const own = walked.tree.root(size, leaves)
  if (!equalBytes(own, root)) {
    const name = `root-${encodeHex(sha256(newest.note)).slice(0, 16)}.note`
    const files = [await state.writeEvidence(name, newest.note)]
    const message = `its leaves give ${encodeHex(own)}, and it signed ${encodeHex(root)} as the root of ${size}`
    return { walked, isRebuilt: false, findings: [{ code: 'ROOT_MISMATCH', message, files }] }
  }
  const read = walked.tree.reader(leaves)
  const upper = await auditUpperTiles(files, { size, from }, (level, index) => read({ level, index }))
  return { walked, isRebuilt: true, findings: upper }
}

function lastTile({ last }: Walked) {
  return () => {
    if (last === undefined) throw new TypeError('no tile after the full ones')
    return last
  }
}

function leafContextOf(timeline: Timeline, request: LogAuditRequest): LeafContext {
  const { files, chain, host, reappraise, onAttestation } = request
  const [first] = chain?.chains ?? []
  return {
    onAttestation,
    ...createBlobSource(files),
    reappraise,
    checkBeacon: first === undefined ? withoutChain : createBeaconCheck(first),
    bounds: timeline,
    host
  }
}

async function compareHeads(
  heads: readonly SignedHead[],
  histories: readonly AnchorHistory[],
  context: Parameters<typeof checkHeads>[1]
): Promise<readonly AuditFinding[]> {
  try {
    const findings = [...(await checkHeads(heads, context))]
    for (const history of histories) findings.push(...(await checkAnchors(history, context)))
    return findings
  } catch (error) {
    if (!(error instanceof TileChanged)) throw error
    return [{ code: 'TILE_MISMATCH', message: error.message }]
  }
}

function summarize({ heads, ...rest }: AnchorHistory, chain: ChainQuestion | undefined): AnchorSummary {
  const { address, level, block, confirmations } = rest
  const last = heads.at(-1)
  return {
    address,
    level,
    block,
    confirmations,
    network: chain?.chains[0]?.network ?? '',
    networkId: chain?.chains[0]?.networkId ?? 0,
    heads: heads.length,
    newest: last === undefined ? undefined : { size: last.head.treeSize, at: last.at }
  }
}
