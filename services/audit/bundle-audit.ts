import { parseBundle } from '../../attestation/bundle.ts'
import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { parseReceipt, type Receipt, verifyReceipt } from '../../attestation/receipt/receipt.ts'
import type { VerifiedCheckpoint } from '../../attestation/tlog/checkpoint.ts'
import { leafHash } from '../../attestation/tlog/hash.ts'
import { type LogLeaf, parseLeaf } from '../../attestation/tlog/leaf.ts'
import { parseLogProof, verifyLogProof } from '../../attestation/tlog/log-proof.ts'
import { type NoteKey, parseVerifierKey } from '../../attestation/tlog/note-key.ts'
import { verifyInclusion } from '../../attestation/tlog/verify-proof.ts'
import { type AuditChain, readAnchorHistory } from './anchor-history.ts'
import type { AuditBundle } from './audit-bundle.ts'
import { type BeaconCheck, createBeaconCheck, withoutChain } from './beacons.ts'
import { recordedAddress, recordedChain } from './chain-record.ts'
import { type AuditVerdict, addFindings, type Found, NOTHING_FOUND, verdictOf } from './findings.ts'
import { isoTime } from './heads.ts'
import { auditLeaf, type LeafAudited } from './leaf-audit.ts'
import { reappraise } from './reappraise.ts'
import type { AnchorSummary } from './report.ts'
import { CLOCK_SKEW_SECONDS, createTimeline, type TimeBounds } from './times.ts'

export interface BundleQuestion {
  readonly bundle: AuditBundle
  /** The log's key, from a source of the caller's; absent: the one that the bundle names. */
  readonly key?: NoteKey
  /** Endpoints that are asked for the blocks; none: no network. */
  readonly chains: readonly AuditChain[]
  /** Root hash of the block that the state is proven from, from a source of the caller's. */
  readonly trustedRoot?: Uint8Array
}

/** What was checked of one leaf, and what was found. */
export interface BundleReport {
  readonly verdict: AuditVerdict
  readonly key: NoteKey
  readonly isKeyGiven: boolean
  readonly leaf: LogLeaf
  readonly leafIndex: bigint
  readonly checkpoint: VerifiedCheckpoint
  /** Names in the checkpoint's other signature lines: whose keys they are, the caller has to know. */
  readonly cosigners: readonly string[]
  readonly audited: LeafAudited
  readonly bounds: TimeBounds
  readonly anchor: AnchorSummary | undefined
  readonly isBlockGiven: boolean
  readonly receipt: Receipt | undefined
  readonly found: Found
}

/**
 * Checks a bundle, without a network:
 *
 * 1. the leaf is in a tree that the log's key has signed
 * 2. the contract's state is proven from a block's hash, its transactions lead to it, and the first of them took a head that has the leaf
 * 3. the leaf itself: as in a whole log (`auditLeaf`)
 * 4. the receipt, if there is one, is of a time at which the attestation held, signed by a key of the attested keyset, and names this
 *    leaf
 *
 * Throws for what cannot be read and for what proves nothing (`PROOF_INVALID`, `NOTE_UNSIGNED`, `STATE_PROOF_INVALID`, …).
 */
export async function auditBundle(question: BundleQuestion): Promise<BundleReport> {
  const { bundle } = question
  const key = question.key ?? parseVerifierKey(bundle.logKey)
  const trust = { origin: key.name, publicKey: key.publicKey, witnesses: [], minimumWitnesses: 0 }
  const logProof = parseLogProof(encodeUtf8(bundle.proof))
  const checkpoint = verifyLogProof(logProof, bundle.leaf, trust)
  const anchored = await auditAnchor(question, key, logProof.leafIndex)
  const timeline = createTimeline([
    ...(checkpoint.timestamp === null
      ? []
      : [
          {
            size: checkpoint.size,
            at: Number(checkpoint.timestamp),
            by: 'log' as const,
            what: `the log's head of ${isoTime(checkpoint.timestamp)}`
          }
        ]),
    ...(anchored?.times ?? [])
  ])
  const blobs = new Map(bundle.blobs.map((blob) => [encodeHex(sha256(blob)), blob]))
  const fetch = async (digest: Uint8Array) => {
    const bytes = blobs.get(encodeHex(digest))
    if (bytes !== undefined) return { kind: 'there', bytes } as const
    const finding = { code: 'BLOB_MISSING', message: `the bundle does not hold ${encodeHex(digest)}` } as const
    return { kind: 'wrong', finding } as const
  }
  const audited = await auditLeaf(bundle.leaf, logProof.leafIndex, {
    fetch,
    fetchShared: fetch,
    reappraise: async (bytes, leaf, named) => reappraise(bytes, leaf, named),
    checkBeacon: beaconCheck(question, anchored?.chain),
    bounds: timeline,
    host: undefined
  })
  const leaf = parseLeaf(bundle.leaf)
  const found = addFindings(NOTHING_FOUND, [...(anchored?.findings ?? []), ...audited.findings])
  return {
    verdict: verdictOf(found),
    key,
    isKeyGiven: question.key !== undefined,
    leaf,
    leafIndex: logProof.leafIndex,
    checkpoint,
    cosigners: cosignersOf(logProof.checkpoint, key),
    audited,
    bounds: timeline(logProof.leafIndex),
    anchor: anchored?.summary,
    isBlockGiven: question.trustedRoot !== undefined,
    receipt:
      bundle.receipt === null
        ? undefined
        : auditReceipt(bundle.receipt, leaf, { blobs, leafIndex: logProof.leafIndex }),
    found
  }
}

async function auditAnchor({ bundle, chains, trustedRoot }: BundleQuestion, key: NoteKey, leafIndex: bigint) {
  const { anchor, leaf } = bundle
  if (anchor === null) return undefined
  const chain = recordedChain([anchor.chain])
  const history = await readAnchorHistory({
    address: recordedAddress(anchor.chain),
    originHash: sha256(encodeUtf8(key.name)),
    chains: [chain, ...chains],
    ...(trustedRoot === undefined ? {} : { trustedRoot }),
    chainHashBefore: anchor.chainHashBefore
  })
  const [first] = history.heads
  if (first === undefined) throw new AttestationError('PROOF_INVALID', 'none of the transactions has anchored anything')
  const { treeSize, rootHash } = first.head
  verifyInclusion({ leafIndex, treeSize, leafHash: leafHash(leaf), root: rootHash, proof: anchor.proof })
  const what = `the head of ${treeSize} leaves that ${history.address} took at ${isoTime(first.at)}`
  const { address, level, block, confirmations, heads } = history
  const summary: AnchorSummary = {
    address,
    level,
    block,
    confirmations,
    network: chain.network,
    networkId: chain.networkId,
    heads: heads.length,
    newest: { size: treeSize, at: first.at }
  }
  return {
    chain,
    summary,
    times: [{ size: treeSize, at: first.at, by: 'chain', what } as const],
    findings: history.findings
  }
}

/** A live endpoint's word on blocks comes before the recorded one's. */
function beaconCheck({ chains }: BundleQuestion, recorded: AuditChain | undefined): BeaconCheck {
  const chain = chains[0] ?? recorded
  return chain === undefined ? withoutChain : createBeaconCheck(chain)
}

interface ReceiptPlace {
  readonly blobs: ReadonlyMap<string, Uint8Array>
  readonly leafIndex: bigint
}

/** What a host accepted before its attestation lapsed may end within a quarter of an hour. */
const MOST_SECONDS_AFTER = 900

/** Time, signature, keyset and place in the log; what was asked and answered only the client knows, whose hashes are in it. */
function auditReceipt(bytes: Uint8Array, leaf: LogLeaf, { blobs, leafIndex }: ReceiptPlace): Receipt {
  const evidence = leaf.kind === 'attestation' ? blobs.get(encodeHex(leaf.evidenceDigest)) : undefined
  if (leaf.kind !== 'attestation' || evidence === undefined) {
    throw new AttestationError('RECEIPT_REFUSED', 'a receipt needs the attestation of its host')
  }
  const { keyset } = parseBundle(evidence)
  if (!equalBytes(keyset.digest, leaf.keysetDigest)) throw new AttestationError('RECEIPT_REFUSED', 'of another keyset')
  const own = parseReceipt(bytes)
  const [from, until] = [leaf.appraisedAt, leaf.expiresAt].map((date) => date.getTime() / 1000) as [number, number]
  if (own.servedAt < from - CLOCK_SKEW_SECONDS || own.servedAt > until + CLOCK_SKEW_SECONDS + MOST_SECONDS_AFTER) {
    throw new AttestationError('RECEIPT_REFUSED', 'of a time at which the attestation did not hold')
  }
  const place = own.logIndex === null ? {} : { logIndex: leafIndex }
  return verifyReceipt(bytes, {
    keyset,
    sessionId: own.sessionId,
    n: own.n,
    requestContentHash: own.receivedHash,
    responseContentHash: own.returnedHash,
    ...place
  })
}

function cosignersOf(note: Uint8Array, key: NoteKey): readonly string[] {
  const lines = new TextDecoder().decode(note).split('\n')
  const names = lines.flatMap((line) => /^— ([^ ]+) /.exec(line)?.[1] ?? [])
  return [...new Set(names)].filter((name) => name !== key.name)
}
