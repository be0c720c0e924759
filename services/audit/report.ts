import { encodeHex } from '../../attestation/encoding.ts'
import type { JsonValue } from '../../attestation/jcs.ts'
import { encodeVerifierKey, type NoteKey } from '../../attestation/tlog/note-key.ts'
import type { AnchorHistory, ChainLevel } from './anchor-history.ts'
import { AUDIT_FINDINGS, type AuditCode, type AuditVerdict, type Found } from './findings.ts'
import type { SignedHead } from './heads.ts'
import { isoTime } from './heads.ts'
import type { LeafCounts } from './leaf-audit.ts'

/** What an audit of a whole log checked, and what it found. */
export interface LogReport {
  readonly verdict: AuditVerdict
  readonly key: NoteKey
  /** Somebody named it; else it came with the files. */
  readonly isKeyGiven: boolean
  /** Where the files came from. */
  readonly from: string
  readonly head: SignedHead
  /** The leaves gave the root that the log signed; else no head was compared with anything. */
  readonly isRebuilt: boolean
  /** Different heads that were compared with the tree. */
  readonly heads: number
  readonly counts: LeafCounts
  /** One for each contract; none where no chain was asked. */
  readonly anchors: readonly AnchorSummary[]
  readonly found: Found
  readonly elapsedMs: number
}

/** How far trust in the chain's word reaches; `none`: it was not asked. */
export type ReportLevel = ChainLevel | 'none'

export type AnchorSummary = Omit<AnchorHistory, 'heads' | 'transactions' | 'findings' | 'proof' | 'state'> & {
  readonly network: string
  readonly networkId: number
  readonly heads: number
  /** The newest head that it took. */
  readonly newest: { readonly size: bigint; readonly at: number } | undefined
}

const LEVELS: readonly ReportLevel[] = ['none', 'api', 'cross-checked', 'merkle']

/** The lowest of what was reached for each contract. */
export function levelOf(anchors: readonly AnchorSummary[]): ReportLevel {
  if (anchors.length === 0) return 'none'
  return LEVELS.find((level) => anchors.some((anchor) => anchor.level === level)) ?? 'none'
}

/** The report as JSON, snake_case, times in unix seconds, bytes in hex, sizes as decimal strings. */
export function logReportToJson(report: LogReport): JsonValue {
  const { verdict, key, from, head, heads, counts, anchors, found, elapsedMs } = report
  return {
    v: 1,
    kind: 'log',
    verdict,
    level: levelOf(anchors),
    validator_signatures: 'not checked',
    log: { origin: key.name, key: encodeVerifierKey(key), key_from: report.isKeyGiven ? 'caller' : 'files', from },
    head: {
      size: String(head.checkpoint.size),
      root: encodeHex(head.checkpoint.root),
      timestamp: head.checkpoint.timestamp === null ? null : Number(head.checkpoint.timestamp)
    },
    rebuilt: report.isRebuilt,
    heads_checked: report.isRebuilt ? heads : 0,
    leaves: { ...counts.leaves },
    appraised_again: counts.appraised,
    skipped: counts.skipped,
    beacons_checked: counts.beacons,
    anchors: anchors.map(anchorToJson),
    findings: findingsToJson(found),
    finding_counts: { ...found.counts },
    elapsed_ms: Math.round(elapsedMs)
  }
}

export function findingsToJson({ kept }: Found): JsonValue {
  return kept.map(({ code, leaf, message, files }) => ({
    code,
    weight: AUDIT_FINDINGS[code],
    leaf: leaf ?? null,
    message,
    files: [...(files ?? [])]
  }))
}

export function anchorToJson(anchor: AnchorSummary): JsonValue {
  return {
    network: anchor.network,
    network_id: anchor.networkId,
    address: anchor.address.toRawString(),
    level: anchor.level,
    block: {
      seqno: anchor.block.seqno,
      root_hash: encodeHex(anchor.block.rootHash),
      gen_utime: anchor.block.genUtime,
      confirmations: anchor.confirmations
    },
    heads: anchor.heads,
    newest: anchor.newest === undefined ? null : { size: String(anchor.newest.size), at: anchor.newest.at }
  }
}

/** The report in sentences for people, the verdict first. */
export function explainLog(report: LogReport): readonly string[] {
  const { key, head, heads, counts, anchors, found } = report
  const { size, timestamp } = head.checkpoint
  const { attestation } = counts.leaves
  const signed = timestamp === null ? 'without a time' : `signed at ${isoTime(timestamp)}`
  return [
    VERDICTS[report.verdict](key.name),
    ...(report.isKeyGiven ? [] : [explainKey(key)]),
    `Its newest head has ${plural(size, 'leaf', 'leaves')}, ${signed}. ${report.isRebuilt ? REBUILT : NOT_REBUILT}`,
    ...(report.isRebuilt ? [explainHeads(heads)] : []),
    `${counts.appraised} of ${plural(attestation, 'attestation')} ${attestation === 1 ? 'was' : 'were'} appraised again from the log's own evidence, collateral and policy, as of the time that the leaf names, and gave the leaf that is in the log${counts.skipped === 0 ? '' : `; ${counts.skipped} of other hosts were passed over`}.`,
    ...anchors.flatMap((anchor) => explainAnchor(anchor, report)),
    ...(anchors.length === 0 ? [WITHOUT_CHAIN] : [SIGNATURES_LATER]),
    ...explainCounts(found),
    ...explainFindings(found)
  ]
}

const VERDICTS = {
  accepted: (name) => `Accepted: the log ${name} is what it says it is, as far as this audit reaches.`,
  refused: (name) => `REFUSED: the log ${name} is not what it says it is.`,
  unsupported: (name) => `Unfinished: nothing was found against the log ${name}, but not everything could be checked.`
} as const satisfies Record<AuditVerdict, (name: string) => string>

const REBUILT = 'Every leaf was read and the tree rebuilt from them; it gives the root that the log signed.'
const NOT_REBUILT =
  'The leaves that it serves do not give the root that it signed, so there is no tree to hold any other head against.'

function explainHeads(heads: number): string {
  const subject = heads === 1 ? 'The one head' : `The ${heads} heads`
  return `${subject} that it signed and that this auditor knows of, or was given, ${heads === 1 ? 'is' : 'are'} what the tree was at that size, unless a finding says otherwise.`
}

const WITHOUT_CHAIN =
  'No chain was asked: whether everybody is told the same log, and when its leaves were written, rests on its own word and on the heads that were given.'
export const SIGNATURES_LATER =
  "That the block is the network's own is what its validators' signatures would show; they are not checked, which is a later level."

export function explainKey(key: NoteKey): string {
  return `The log's key came with the files: compare it with what you know of the log. It is ${encodeVerifierKey(key)}.`
}

function explainAnchor(anchor: AnchorSummary, { counts: { beacons }, isRebuilt }: LogReport): readonly string[] {
  const { heads, newest } = anchor
  const reach =
    newest === undefined
      ? 'It has taken no head yet'
      : `The newest has ${newest.size} leaves, taken at ${isoTime(newest.at)}`
  return [
    explainState(anchor),
    `Its chain hash commits to ${plural(heads, 'head')}, all of which were read${isRebuilt ? ' and compared with the tree' : ''}. ${reach}.`,
    ...(beacons === 0
      ? []
      : [
          `${plural(beacons, 'attestation')} name${beacons === 1 ? 's' : ''} a block that is really that block of the chain: the evidence is not older.`
        ])
  ]
}

/** What the contract's state rests on. */
export function explainState({ network, address, level, block, confirmations }: AnchorSummary): string {
  const names = {
    api: `Level api: the state of the contract ${address} on ${network} is one endpoint's word`,
    'cross-checked': `Level cross-checked: ${confirmations} endpoints agree on the block, and one of them tells the state of the contract ${address} on ${network}`,
    merkle: `Level merkle: the state of the contract ${address} on ${network} is proven from the root hash of masterchain block ${block.seqno}`
  } as const satisfies Record<ChainLevel, string>
  const source =
    confirmations === 0
      ? 'That hash came with the files: compare it with a source of your own'
      : `${plural(confirmations, 'endpoint')} gave that block as ${encodeHex(block.rootHash)}`
  return `${names[level]}. ${source}.`
}

export function explainFindings({ kept }: Found): readonly string[] {
  return kept.map(({ code, leaf, message, files = [] }) => {
    const where = leaf === undefined ? '' : ` leaf ${leaf}:`
    return `${code}:${where} ${message}.${files.length === 0 ? '' : ` Kept: ${files.join(', ')}`}`
  })
}

function explainCounts({ kept, counts }: Found): readonly string[] {
  const total = (Object.keys(counts) as AuditCode[]).reduce((sum, code) => sum + (counts[code] ?? 0), 0)
  if (total === 0) return ['Nothing was found.']
  return total === kept.length ? [] : [`${total} findings, of which the first ${kept.length} follow.`]
}

function plural(count: number | bigint, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 || count === 1n ? one : many}`
}
