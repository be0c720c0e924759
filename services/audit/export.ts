import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decodeUtf8, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { parseReceipt, type Receipt } from '../../attestation/receipt/receipt.ts'
import { encodeLogProof } from '../../attestation/tlog/log-proof.ts'
import { encodeVerifierKey } from '../../attestation/tlog/note-key.ts'
import type { MasterchainBlock } from '../../contracts/chain.ts'
import { EMPTY_CHAIN_HASH, nextChainHash } from '../../contracts/log-anchor/storage.ts'
import { ServiceError } from '../runtime/errors.ts'
import { writeWhole } from '../runtime/stored-files.ts'
import type { AnchorHistory, AuditChain } from './anchor-history.ts'
import { type AuditBundle, encodeAuditBundle } from './audit-bundle.ts'
import { blobPath } from './blobs.ts'
import { type ChainRecord, recordChain } from './chain-record.ts'
import { READABLE, writeChainRecord, writeManifest } from './export-manifest.ts'
import type { SeenAttestation } from './leaf-audit.ts'
import { auditLog, type LogAudit, type LogAuditRequest } from './log-audit.ts'
import type { LogFiles } from './log-files.ts'
import { type PageHost, renderPage } from './page.ts'
import { type LogReport, logReportToJson } from './report.ts'
import { type AuditState, stateInMemory } from './state.ts'

export interface ExportRequest extends Omit<LogAuditRequest, 'state' | 'onAttestation'> {
  readonly folder: string
  /** Receipts that get a bundle with their host's attestation. */
  readonly receipts: readonly Uint8Array[]
}

/** A bundle carries at most so many transactions: an older anchor than that bounds its leaf from a later head. */
const MOST_TRANSACTIONS = 256

/**
 * Audits a log and writes into a folder all that it read: the log's files in their own layout, `chain/` what the chain said,
 * `hosts/` a bundle of each host's newest attestation, `receipts/`, `report.json` and a page, `index.html`. Whoever has the folder
 * audits it without a network. The checkpoint is written last.
 */
export async function exportAudit(request: ExportRequest): Promise<LogReport> {
  const { folder, files, key, host, now } = request
  const wanted = request.receipts.map((bytes) => parseReceipt(bytes))
  const kept = keepAttestations(wanted)
  const beacons = new Map<number, MasterchainBlock>()
  const audit = await auditLog({
    ...request,
    files: recordFiles(files, folder),
    state: evidenceState(folder),
    chain: request.chain && {
      ...request.chain,
      chains: request.chain.chains.map((chain) => recordBlocks(chain, beacons))
    },
    onAttestation: kept.add
  })
  const { report, histories } = audit
  const records = histories.flatMap((history) => recordOf(history, request, beacons) ?? [])
  for (const [at, record] of records.entries())
    await writeInto(folder, `chain/${at}.json`, (file) => writeChainRecord(file, record))
  const bundles: Bundling = { audit, files, request, record: records.at(-1) }
  const hosts: PageHost[] = []
  for (const attestation of kept.newest()) {
    const name = `hosts/${encodeHex(attestation.leaf.host)}.json`
    const bundle = await makeBundle(attestation, null, bundles)
    if (bundle !== undefined) await writeFile(folder, name, encodeAuditBundle(bundle))
    hosts.push({ attestation, count: kept.count(attestation), file: bundle === undefined ? undefined : name })
  }
  for (const receipt of wanted) await writeReceipt(receipt, kept, bundles)
  const exportedAt = now()
  await writeFile(folder, 'report.json', encodeUtf8(`${JSON.stringify(logReportToJson(report), null, 1)}\n`))
  await writeFile(folder, 'index.html', encodeUtf8(renderPage({ report, hosts, exportedAt })))
  const chains = records.map((_, at) => `chain/${at}.json`)
  await writeManifest(folder, { logKey: encodeVerifierKey(key), host: host ?? null, exportedAt, chains })
  await writeFile(folder, 'checkpoint', report.head.note)
  return report
}

/** Everything that is read lands in the folder; the head comes last, by other hands. */
function recordFiles(files: LogFiles, folder: string): LogFiles {
  return {
    name: files.name,
    read: async (path) => {
      const bytes = await files.read(path)
      if (bytes !== undefined && path !== 'checkpoint') await writeFile(folder, path, bytes)
      return bytes
    }
  }
}

function recordBlocks(chain: AuditChain, beacons: Map<number, MasterchainBlock>): AuditChain {
  return {
    ...chain,
    blockBySeqno: async (seqno) => {
      const block = await chain.blockBySeqno(seqno)
      beacons.set(seqno, block)
      return block
    }
  }
}

function evidenceState(folder: string): AuditState {
  return {
    ...stateInMemory(),
    writeEvidence: async (name, bytes) => {
      await writeFile(folder, `evidence/${name}`, bytes)
      return `evidence/${name}`
    }
  }
}

function recordOf(history: AnchorHistory, { chain }: ExportRequest, beacons: ReadonlyMap<number, MasterchainBlock>) {
  const network = chain?.chains[0]?.network
  return network === undefined ? undefined : recordChain(history, network, [...beacons.values()])
}

interface Kept {
  readonly add: (attestation: SeenAttestation) => void
  /** One a host. */
  readonly newest: () => readonly SeenAttestation[]
  readonly count: (of: SeenAttestation) => number
  readonly forReceipt: (receipt: Receipt) => SeenAttestation | undefined
}

/** Of each host the newest attestation, and those that receipts are about. */
function keepAttestations(receipts: readonly Receipt[]): Kept {
  const hosts = new Map<string, { newest: SeenAttestation; count: number }>()
  const forReceipts = new Map<Receipt, SeenAttestation>()
  return {
    add: (attestation) => {
      const host = encodeHex(attestation.leaf.host)
      const known = hosts.get(host)
      const isNewest = known === undefined || attestation.index > known.newest.index
      hosts.set(host, { newest: isNewest ? attestation : known.newest, count: (known?.count ?? 0) + 1 })
      for (const receipt of receipts) if (isAbout(receipt, attestation)) forReceipts.set(receipt, attestation)
    },
    newest: () => [...hosts.values()].map(({ newest }) => newest).toSorted((a, b) => Number(a.index - b.index)),
    count: ({ leaf }) => hosts.get(encodeHex(leaf.host))?.count ?? 0,
    forReceipt: (receipt) => forReceipts.get(receipt)
  }
}

function isAbout({ logIndex, keysetDigest }: Receipt, { index, leaf }: SeenAttestation): boolean {
  return encodeHex(keysetDigest) === encodeHex(leaf.keysetDigest) && (logIndex === null || BigInt(logIndex) === index)
}

interface Bundling {
  readonly audit: LogAudit
  readonly files: LogFiles
  readonly request: ExportRequest
  readonly record: ChainRecord | undefined
}

async function writeReceipt(receipt: Receipt, kept: Kept, bundles: Bundling): Promise<void> {
  const attestation = kept.forReceipt(receipt)
  const id = encodeHex(receipt.receiptId)
  const bundle = attestation && (await makeBundle(attestation, receipt.bytes, bundles))
  if (bundle === undefined) throw new ServiceError('NOT_FOUND', `the log has no attestation that receipt ${id} names`)
  await writeFile(bundles.request.folder, `receipts/${id}.json`, encodeAuditBundle(bundle))
}

/** Undefined where the log is not what it signed, or does not hold what the leaf names. */
async function makeBundle(
  { index, bytes, leaf }: SeenAttestation,
  receipt: Uint8Array | null,
  bundles: Bundling
): Promise<Omit<AuditBundle, 'format'> | undefined> {
  const { audit, files, request } = bundles
  const { tree, report } = audit
  if (tree === undefined) return undefined
  const digests = [leaf.evidenceDigest, leaf.collateralDigest, leaf.policyDigest]
  const blobs = await Promise.all(digests.map((digest) => files.read(blobPath(digest))))
  const held = blobs.filter((blob) => blob !== undefined)
  if (held.length < blobs.length) return undefined
  const proof = await tree.proveLeaf(index, tree.size)
  const logProof = encodeLogProof({ leafIndex: index, proof, checkpoint: report.head.note, extra: null })
  return {
    logKey: encodeVerifierKey(request.key),
    leaf: bytes,
    proof: decodeUtf8(logProof),
    blobs: held,
    anchor: await anchorOf(index, leaf.challenge.seqno, bundles),
    receipt
  }
}

/** The first head with the leaf that the contract took, as far as its transactions are few enough to carry along. */
async function anchorOf(
  index: bigint,
  seqno: number,
  { audit: { histories, tree }, record }: Bundling
): Promise<AuditBundle['anchor']> {
  const history = histories.at(-1)
  if (history === undefined || record === undefined || tree === undefined) return null
  const { heads, transactions } = history
  const at = heads.findIndex(
    ({ head, transaction }) => head.treeSize > index && transactions.length - transaction <= MOST_TRANSACTIONS
  )
  const first = heads[at]
  if (first === undefined || first.head.treeSize > tree.size) return null
  return {
    chain: {
      ...record,
      transactions: transactions.slice(first.transaction),
      beacons: record.beacons.filter((block) => block.seqno === seqno)
    },
    chainHashBefore: heads.slice(0, at).reduce((hash, { head }) => nextChainHash(hash, head), EMPTY_CHAIN_HASH),
    proof: await tree.proveLeaf(index, first.head.treeSize)
  }
}

function writeFile(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  return writeInto(folder, path, (file) => writeWhole(file, bytes, READABLE))
}

async function writeInto(folder: string, path: string, write: (file: string) => Promise<void>): Promise<void> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await write(file)
}
