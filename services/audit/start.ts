import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decodeHex } from '../../attestation/encoding.ts'
import { parseVerifierKey } from '../../attestation/tlog/note-key.ts'
import { openChain } from '../../contracts/chain.ts'
import type { ChainSettings } from '../runtime/chain-config.ts'
import { ServiceError } from '../runtime/errors.ts'
import { parseAddress } from './anchor-history.ts'
import { auditLog, type ChainQuestion, type LogAudit } from './log-audit.ts'
import { openLogFiles } from './log-files.ts'
import { reappraise } from './reappraise.ts'
import { logFolderName, openAuditState, readSeenFile, stateInMemory } from './state.ts'

export type { AuditVerdict } from './findings.ts'
export type { LogAudit } from './log-audit.ts'
export { explainLog, type LogReport, logReportToJson } from './report.ts'

/** Files of heads that the client of a data folder has seen of a log. */
export function clientSeenFiles(clientFolder: string, key: string): readonly string[] {
  const folder = join(clientFolder, logFolderName(parseVerifierKey(key)))
  return ['seen.1.jsonl', 'seen.jsonl'].map((name) => join(folder, name)).filter(existsSync)
}

/** What a person names, as text. */
export interface LogAuditOptions {
  /** URL or folder of the log's public files. */
  readonly log: string
  /** Its C2SP verifier key. */
  readonly key: string
  /** Files of heads that others saw: a client's `seen.jsonl`, or a note. */
  readonly seen: readonly string[]
  /** Where what was done is kept; absent: nothing is. */
  readonly state?: string
  /** Absent: no chain is asked. */
  readonly chain?: ChainOptions
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
  /** Root hash of the block, hex, from a source of the caller's. */
  readonly trustedRoot?: string
}

/** Audits a whole log: see `auditLog`. */
export async function runLogAudit(options: LogAuditOptions): Promise<LogAudit> {
  const key = parseVerifierKey(options.key)
  if (key.type !== 'ed25519') throw new ServiceError('ARGUMENT_INVALID', "the log's key is of a cosignature")
  const notes = await Promise.all(options.seen.map(readSeenFile))
  await using state = options.state === undefined ? stateInMemory() : await openAuditState(options.state, key)
  return await auditLog({
    files: openLogFiles(options.log),
    key,
    seen: notes.flat(),
    state,
    chain: options.chain && openQuestion(options.chain),
    ...(options.host === undefined ? {} : { host: readHost(options.host) }),
    reappraise: async (bytes, leaf, blobs) => reappraise(bytes, leaf, blobs),
    now: options.now,
    onProgress: options.onProgress,
    ...(options.signal === undefined ? {} : { signal: options.signal })
  })
}

function openQuestion({ network, endpoints, apiKey, addresses, trustedRoot }: ChainOptions): ChainQuestion {
  const key = apiKey === undefined ? {} : { apiKey }
  return {
    chains: endpoints.map((endpoint) => openChain({ network, endpoint, ...key })),
    addresses: addresses.map(parseAddress),
    ...(trustedRoot === undefined ? {} : { trustedRoot: decodeHex(trustedRoot, 32) })
  }
}

function readHost(text: string): Uint8Array {
  return decodeHex(text.slice(text.lastIndexOf(':') + 1), 16)
}
