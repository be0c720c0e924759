import { join } from 'node:path'
import { constant, hex, list, nullable, object, type Read, text, unixTime } from '../../attestation/appraisal/shape.ts'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import { readIfThere, writeWhole } from '../runtime/stored-files.ts'
import { readAuditFile } from './audit-bundle.ts'
import { type ChainRecord, chainRecordShape } from './chain-record.ts'

const MANIFEST = 'audit.json'
const EXPORT_FORMAT = 'bombyx/audit-export/1'
const MAX_MANIFEST_BYTES = 1 << 16
/** A contract's transactions of ten years, and the blocks that a million challenges name. */
const MAX_RECORD_BYTES = 1 << 30
export const READABLE = 0o644

const manifestShape = object({
  format: constant(EXPORT_FORMAT),
  logKey: text('^[^\\n]+$', 512),
  /** Only this host's evidence is in the folder. */
  host: nullable(hex(16)),
  exportedAt: unixTime,
  /** Paths of chain records, one a contract. */
  chains: list(text('^chain/[0-9]{1,2}\\.json$', 16), 16)
})

/** What is in a folder that `bombyx audit export` wrote, beside the log's own files. */
export interface ExportManifest extends Read<typeof manifestShape> {}

export interface Exported {
  readonly manifest: ExportManifest
  readonly chains: readonly ChainRecord[]
}

export async function writeManifest(folder: string, manifest: Omit<ExportManifest, 'format'>): Promise<void> {
  const document = manifestShape.write({ ...manifest, format: EXPORT_FORMAT })
  await writeWhole(join(folder, MANIFEST), encodeUtf8(`${JSON.stringify(document, null, 1)}\n`), READABLE)
}

export async function writeChainRecord(file: string, record: ChainRecord): Promise<void> {
  await writeWhole(file, encodeUtf8(`${JSON.stringify(chainRecordShape.write(record), null, 1)}\n`), READABLE)
}

/** Undefined for a folder that is only a log's files. Throws `AUDIT_FILE_MALFORMED`. */
export async function readExport(folder: string): Promise<Exported | undefined> {
  const bytes = await readIfThere(join(folder, MANIFEST))
  if (bytes === undefined) return undefined
  const manifest = readAuditFile(manifestShape, bytes, MAX_MANIFEST_BYTES)
  const chains: ChainRecord[] = []
  for (const path of manifest.chains) {
    const record = (await readIfThere(join(folder, path))) ?? new Uint8Array(0)
    chains.push(readAuditFile(chainRecordShape, record, MAX_RECORD_BYTES))
  }
  return { manifest, chains }
}
