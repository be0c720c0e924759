import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeHex, encodeHex } from '../../attestation/encoding.ts'
import type { JsonValue } from '../../attestation/jcs.ts'
import { type NoteKey, parseVerifierKey } from '../../attestation/tlog/note-key.ts'
import { openChain } from '../../contracts/chain.ts'
import { ServiceError } from '../runtime/errors.ts'
import { ACCUSATION_FORMAT, parseAccusation, verifyAccusation } from './accusation.ts'
import { BUNDLE_FORMAT, formatOf, MAX_BUNDLE_BYTES, parseAuditBundle } from './audit-bundle.ts'
import { auditBundle } from './bundle-audit.ts'
import { bundleReportToJson, explainBundle } from './bundle-report.ts'
import type { AuditVerdict } from './findings.ts'
import { isoTime } from './heads.ts'
import { explainKey } from './report.ts'
import type { ChainOptions } from './start.ts'

export interface FileAuditOptions {
  /** A bundle, an accusation, or a folder that `bombyx audit export` wrote. */
  readonly path: string
  /** C2SP verifier key, from a source of the caller's. */
  readonly key?: string
  readonly trustedRoot?: string
  /** Endpoints to ask for blocks; absent: no network. */
  readonly chain?: Omit<ChainOptions, 'addresses'>
}

/** One file that was checked. */
export interface FileAudited {
  readonly file: string
  readonly verdict: AuditVerdict
  readonly json: JsonValue
  /** The verdict first. */
  readonly sentences: readonly string[]
}

const BUNDLE_FOLDERS = ['hosts', 'receipts']

/** Checks a file, or each bundle of a folder. NOT_FOUND where there is none. */
export async function runFileAudit(options: FileAuditOptions): Promise<readonly FileAudited[]> {
  const files = (await stat(options.path)).isDirectory() ? await bundlesIn(options.path) : [options.path]
  if (files.length === 0) throw new ServiceError('NOT_FOUND', `there is no bundle in ${options.path}`)
  const audited: FileAudited[] = []
  for (const file of files) audited.push(await auditFile(file, options))
  return audited
}

async function bundlesIn(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  for (const name of BUNDLE_FOLDERS) {
    const names = await readdir(join(folder, name)).catch(() => [])
    found.push(
      ...names
        .filter((one) => one.endsWith('.json'))
        .toSorted()
        .map((one) => join(folder, name, one))
    )
  }
  return found
}

async function auditFile(file: string, options: FileAuditOptions): Promise<FileAudited> {
  const { size } = await stat(file)
  if (size > MAX_BUNDLE_BYTES) throw new ServiceError('AUDIT_FILE_MALFORMED', `${file} has ${size} bytes`)
  const bytes = new Uint8Array(await readFile(file))
  const format = formatOf(bytes)
  const key = options.key === undefined ? undefined : parseVerifierKey(options.key)
  if (format === ACCUSATION_FORMAT) return { file, ...auditAccusation(bytes, key) }
  if (format === undefined || !format.startsWith('bombyx/')) {
    throw new ServiceError('AUDIT_FILE_MALFORMED', `${file} is no document of an audit`)
  }
  if (format !== BUNDLE_FORMAT)
    throw new ServiceError('UNIMPLEMENTED', `${file} is a ${format}, which this version does not know`)
  const { network, endpoints = [], apiKey } = options.chain ?? {}
  const chains =
    network === undefined
      ? []
      : endpoints.map((endpoint) => openChain({ network, endpoint, ...(apiKey === undefined ? {} : { apiKey }) }))
  const report = await auditBundle({
    bundle: parseAuditBundle(bytes),
    chains,
    ...(key === undefined ? {} : { key }),
    ...(options.trustedRoot === undefined ? {} : { trustedRoot: decodeHex(options.trustedRoot, 32) })
  })
  return { file, verdict: report.verdict, json: bundleReportToJson(report), sentences: explainBundle(report) }
}

/** An accusation that holds is accepted: it is the log that is not. */
function auditAccusation(bytes: Uint8Array, key: NoteKey | undefined): Omit<FileAudited, 'file'> {
  const accusation = parseAccusation(bytes)
  const { first, second } = verifyAccusation({ ...accusation, key: key ?? accusation.key })
  const { name } = key ?? accusation.key
  const [size, root, other] = [first.size, encodeHex(first.root), encodeHex(accusation.otherRoot)]
  const when = (at: bigint | null): string => (at === null ? '' : ` (${isoTime(at)})`)
  return {
    verdict: 'accepted',
    json: {
      v: 1,
      kind: 'accusation',
      verdict: 'accepted',
      log: { origin: name },
      size: String(size),
      root,
      other_root: other
    },
    sentences: [
      `Accepted: the log ${name} has told two histories. This accusation holds.`,
      ...(key === undefined ? [explainKey(accusation.key)] : []),
      `It signed ${root} as the root of ${size} leaves${when(first.timestamp)}, and a tree of ${second.size} leaves${when(second.timestamp)} which had the root ${other} when it had ${size}.`
    ]
  }
}
