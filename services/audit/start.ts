import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decodeHex } from '../../attestation/encoding.ts'
import { type NoteKey, parseVerifierKey } from '../../attestation/tlog/note-key.ts'
import { openChain } from '../../contracts/chain.ts'
import type { ChainSettings } from '../runtime/chain-config.ts'
import { ServiceError } from '../runtime/errors.ts'
import { parseAddress } from './anchor-history.ts'
import { recordedAddress, recordedChain } from './chain-record.ts'
import { exportAudit } from './export.ts'
import { type Exported, readExport } from './export-manifest.ts'
import { auditLog, type ChainQuestion, type LogAuditRequest } from './log-audit.ts'
import { isUrl, openLogFiles } from './log-files.ts'
import { reappraise } from './reappraise.ts'
import type { LogReport } from './report.ts'
import { logFolderName, openAuditState, readSeenFile, stateInMemory } from './state.ts'
import { type LateRules, watchLog } from './watch.ts'

export { type FileAudited, type FileAuditOptions, runFileAudit } from './file-audit.ts'
export type { AuditFinding, AuditVerdict } from './findings.ts'
export { explainLog, type LogReport, logReportToJson } from './report.ts'
export type { LateRules } from './watch.ts'

/** Files of heads that the client of a data folder has seen of a log. */
export function clientSeenFiles(clientFolder: string, key: string): readonly string[] {
  const folder = join(clientFolder, logFolderName(parseVerifierKey(key)))
  return ['seen.1.jsonl', 'seen.jsonl'].map((name) => join(folder, name)).filter(existsSync)
}

/** What a person names, as text. */
export interface LogAuditOptions {
  /** URL or folder of the log's public files. */
  readonly log: string
  /** Its C2SP verifier key; may be absent for a folder that `bombyx audit export` wrote. */
  readonly key?: string
  /** Files of heads that others saw: a client's `seen.jsonl`, or a note. */
  readonly seen: readonly string[]
  /** Where what was done is kept; absent: nothing is. */
  readonly state?: string
  /** Absent: no chain is asked, unless the folder has what one said. */
  readonly chain?: ChainOptions
  /** Root hash of the block that the contract's state is proven from, hex, from a source of the caller's. */
  readonly trustedRoot?: string
  /** Begins at the first leaf, whatever was done before; heads that were seen stay. */
  readonly again?: boolean
  /** 16 bytes of hex: only this host's attestations are looked into. */
  readonly host?: string
  readonly now: () => Date
  readonly onProgress: (done: bigint, total: bigint) => void
  readonly signal?: AbortSignal
}

export interface ChainOptions {
  readonly network: ChainSettings['network']
  /** JSON-RPC; the first is asked everything, the others for the block. */
  readonly endpoints: readonly string[]
  readonly apiKey?: string
  readonly addresses: readonly string[]
}

/** Audits a whole log: see `auditLog`. */
export async function runLogAudit(options: LogAuditOptions): Promise<LogReport> {
  const request = await openRequest(options)
  await using state = options.state === undefined ? stateInMemory() : await openAuditState(options.state, request.key)
  if (options.again === true) await state.discardProgress()
  return (await auditLog({ ...request, state })).report
}

/** Audits a log into a folder: see `exportAudit`. */
export async function runExport(
  options: LogAuditOptions,
  { folder, receipts }: { readonly folder: string; readonly receipts: readonly Uint8Array[] }
): Promise<LogReport> {
  return exportAudit({ ...(await openRequest(options)), folder, receipts })
}

export interface WatchOptions extends Omit<Parameters<typeof watchLog>[0], 'audit' | 'now'> {
  readonly rules: LateRules
}

/** Audits a log again and again: see `watchLog`. */
export async function runWatch(options: LogAuditOptions, watch: WatchOptions): Promise<void> {
  const request = await openRequest({ ...options, signal: watch.signal })
  await using state = options.state === undefined ? stateInMemory() : await openAuditState(options.state, request.key)
  const audit = async (): Promise<LogReport> => (await auditLog({ ...request, state })).report
  await watchLog({ ...watch, audit, now: options.now })
}

async function openRequest(options: LogAuditOptions): Promise<Omit<LogAuditRequest, 'state'>> {
  const { log, now, onProgress, signal } = options
  const exported = isUrl(log) ? undefined : await readExport(log)
  const key = readKey(options.key ?? exported?.manifest.logKey)
  const notes = await Promise.all(options.seen.map(readSeenFile))
  const host = options.host === undefined ? (exported?.manifest.host ?? undefined) : readHost(options.host)
  const chain = options.chain === undefined ? recordedQuestion(exported) : liveQuestion(options.chain)
  const root = options.trustedRoot === undefined ? {} : { trustedRoot: decodeHex(options.trustedRoot, 32) }
  return {
    files: openLogFiles(log),
    key,
    isKeyGiven: options.key !== undefined,
    seen: notes.flat(),
    chain: chain && { ...chain, ...root },
    ...(host === undefined ? {} : { host }),
    reappraise: async (bytes, leaf, blobs) => reappraise(bytes, leaf, blobs),
    now,
    onProgress,
    ...(signal === undefined ? {} : { signal })
  }
}

function readKey(text: string | undefined): NoteKey {
  if (text === undefined)
    throw new ServiceError('ARGUMENT_INVALID', "the log's verifier key is wanted, from a source that you trust")
  const key = parseVerifierKey(text)
  if (key.type !== 'ed25519') throw new ServiceError('ARGUMENT_INVALID', "the log's key is of a cosignature")
  return key
}

function liveQuestion({ network, endpoints, apiKey, addresses }: ChainOptions): ChainQuestion {
  const key = apiKey === undefined ? {} : { apiKey }
  return {
    chains: endpoints.map((endpoint) => openChain({ network, endpoint, ...key })),
    addresses: addresses.map(parseAddress)
  }
}

function recordedQuestion(exported: Exported | undefined): ChainQuestion | undefined {
  if (exported === undefined || exported.chains.length === 0) return undefined
  return { chains: [recordedChain(exported.chains)], addresses: exported.chains.map(recordedAddress) }
}

function readHost(text: string): Uint8Array {
  return decodeHex(text.slice(text.lastIndexOf(':') + 1), 16)
}
