import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import type { NoteKey } from '../../attestation/tlog/note-key.ts'
import { encodeAccusation } from './accusation.ts'
import type { AnchorHistory } from './anchor-history.ts'
import type { AuditFinding } from './findings.ts'
import { isoTime, type SignedHead } from './heads.ts'
import type { RebuiltTree } from './rebuilt-tree.ts'
import type { AuditState } from './state.ts'

export interface HeadCheckContext {
  readonly state: AuditState
  readonly key: NoteKey
  readonly newest: SignedHead
  /** The newest head's. */
  readonly tree: RebuiltTree
}

/**
 * Every head that was ever signed and seen, against the tree that the log serves now: each must be what that tree was at its
 * size. Two that contradict each other are kept with the proof of it; a head with leaves that are served no more is kept too.
 */
export async function checkHeads(
  heads: readonly SignedHead[],
  context: HeadCheckContext
): Promise<readonly AuditFinding[]> {
  const { newest, tree } = context
  const findings: AuditFinding[] = []
  for (const head of heads) {
    const { size, root } = head.checkpoint
    if (size > newest.checkpoint.size || size === 0n) continue
    const own = await tree.rootAt(size)
    if (!equalBytes(own, root)) findings.push(await accuse(head, own, context))
  }
  const largest = heads.at(-1)
  if (largest === undefined || largest.checkpoint.size <= newest.checkpoint.size) return findings
  return [...findings, await reportLost(largest, context)]
}

async function accuse(first: SignedHead, otherRoot: Uint8Array, context: HeadCheckContext): Promise<AuditFinding> {
  const { state, key, newest, tree } = context
  const { size, root } = first.checkpoint
  const proof = await tree.proveFrom(size)
  const accusation = encodeAccusation({ key, first: first.note, second: newest.note, otherRoot, proof })
  const name = `fork-${encodeHex(sha256(first.note, newest.note)).slice(0, 16)}`
  const files = [
    await state.writeEvidence(`${name}.json`, accusation),
    await state.writeEvidence(`${name}-first.note`, first.note),
    await state.writeEvidence(`${name}-second.note`, newest.note)
  ]
  const message = `it signed ${encodeHex(root)} as the root of ${size} leaves, and its head of ${newest.checkpoint.size} has ${encodeHex(otherRoot)} there`
  return { code: 'LOG_FORKED', message, files }
}

async function reportLost(
  { checkpoint, note }: SignedHead,
  { state, newest }: HeadCheckContext
): Promise<AuditFinding> {
  const name = `lost-${encodeHex(sha256(note, newest.note)).slice(0, 16)}`
  const files = [
    await state.writeEvidence(`${name}-first.note`, note),
    await state.writeEvidence(`${name}-second.note`, newest.note)
  ]
  const message = `it signed a tree of ${checkpoint.size} leaves, and serves one of ${newest.checkpoint.size}`
  return { code: 'LEAVES_LOST', message, files }
}

/** Every head that the contract took, against the tree that the log serves now. */
export async function checkAnchors(
  history: AnchorHistory,
  context: HeadCheckContext
): Promise<readonly AuditFinding[]> {
  const { newest, state, tree } = context
  const findings: AuditFinding[] = []
  const keep = async (transaction: number): Promise<readonly string[]> => {
    const boc = history.transactions[transaction] ?? new Uint8Array(0)
    const name = `anchor-${encodeHex(sha256(boc, newest.note)).slice(0, 16)}`
    return [await state.writeEvidence(`${name}.boc`, boc), await state.writeEvidence(`${name}.note`, newest.note)]
  }
  for (const { head, at, transaction } of history.heads) {
    const what = `${history.address} has taken ${encodeHex(head.rootHash)} as the root of ${head.treeSize} leaves at ${isoTime(at)}`
    if (head.treeSize > newest.checkpoint.size) {
      const message = `${what}, and the log serves ${newest.checkpoint.size} leaves`
      findings.push({ code: 'LEAVES_LOST', message, files: await keep(transaction) })
      continue
    }
    const own = await tree.rootAt(head.treeSize)
    if (equalBytes(own, head.rootHash)) continue
    const message = `${what}, and the log's tree has ${encodeHex(own)} there`
    findings.push({ code: 'ANCHOR_MISMATCH', message, files: await keep(transaction) })
  }
  return findings
}
