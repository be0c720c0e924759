import { setTimeout as delay } from 'node:timers/promises'
import { type Address, Cell, loadMessage } from '@ton/core'
import { equalBytes, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { verifyConsistency } from '../../../attestation/tlog/verify-proof.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { ContractError } from '../../../contracts/errors.ts'
import type { SigningKey } from '../../../contracts/key-file.ts'
import { LogAnchor } from '../../../contracts/log-anchor/log-anchor.ts'
import { type AnchorOrder, encodeBody, hashToSign } from '../../../contracts/log-anchor/messages.ts'
import { parseAnchorTransaction } from '../../../contracts/log-anchor/transaction.ts'
import { encodeExternal, normalizedMessageHash } from '../../../contracts/message.ts'
import type { Database } from '../../runtime/database.ts'
import { codeOf, ServiceError } from '../../runtime/errors.ts'
import { holdLease, type Lease } from '../../runtime/lease.ts'
import type { Logger } from '../../runtime/log.ts'
import { unixSeconds } from '../../runtime/time.ts'
import type { Heads } from '../heads.ts'
import type { Prover } from '../prover.ts'
import type { StoredCheckpoint } from '../store.ts'
import { type AnchorStep, planAnchor } from './plan.ts'
import type { AnchorMessage, AnchorStore, Outcome } from './store.ts'

export interface AnchorContext {
  readonly database: Database
  readonly store: AnchorStore
  readonly chain: Chain
  readonly address: Address
  readonly key: SigningKey
  readonly origin: string
  readonly heads: Heads
  readonly prover: Prover
  readonly now: () => Date
  readonly intervalMs: number
  readonly pollMs: number
  readonly leaseMs: number
  readonly logger: Logger
  readonly count: (outcome: Outcome['state']) => void
}

/**
 * Puts the log's heads on chain, one replica at a time. The queue is one row: a message is stored before it is sent, so a crash
 * anywhere sends the same bytes again. A chain that is halted or out of reach is waited for.
 */
export function startAnchorer(context: AnchorContext): AsyncDisposable {
  const { database, address, logger, leaseMs, pollMs } = context
  const lease = { database, name: `log anchorer ${address.toRawString()}`, logger, ttlMs: leaseMs }
  return holdLease(lease, async (held, signal) => {
    let isChecked = false
    while (!signal.aborted) {
      try {
        if (!isChecked) await checkTerms(context)
        isChecked = true
        await takeStep(context, held)
      } catch (error) {
        if (codeOf(error) === 'LEASE_LOST') throw error
        logger.warn('no step towards an anchor', codeFields(error), error)
      }
      await delay(pollMs, undefined, { signal }).catch(() => {})
    }
  })
}

/** An anchor of another log, network or key would take nothing that is sent: found out before anything is signed. */
async function checkTerms({ chain, address, origin, key }: AnchorContext): Promise<void> {
  const { networkId, originHash, anchorKey } = await chain.open(LogAnchor.at(address)).getTerms()
  const isOurs =
    networkId === chain.networkId &&
    equalBytes(originHash, sha256(encodeUtf8(origin))) &&
    equalBytes(anchorKey, key.publicKey)
  if (!isOurs) throw new ServiceError('CONFIG_INVALID', `${address} anchors another log, or for another key or network`)
}

async function takeStep(context: AnchorContext, lease: Lease): Promise<void> {
  const { chain, address, store, heads, now, intervalMs } = context
  const checkpoint = heads.known()
  if (checkpoint === undefined || checkpoint.size === 0n) return
  // In this order: the contract's state is then not older than the block.
  const block = await chain.latestBlock()
  const contract = await chain.open(LogAnchor.at(address)).getHead()
  const open = await store.readOpen(address.toRawString())
  const head = { size: checkpoint.size, timestamp: unixSeconds(checkpoint.signedAt) }
  const view = { now: unixSeconds(now()), contract, block, open, head }
  const step = planAnchor(view, { interval: intervalMs / 1000 })
  if (open !== undefined) return followUp(context, lease, { step, open })
  if (step.kind === 'sign') await sign(context, lease, { step, checkpoint, oldRoot: contract.rootHash })
}

/** What becomes of a message that was signed. */
async function followUp(
  { chain, address, store, now, logger, count }: AnchorContext,
  lease: Lease,
  { step, open }: { readonly step: AnchorStep; readonly open: AnchorMessage }
): Promise<void> {
  if (step.kind === 'resend') return chain.sendBoc(open.message)
  const outcome = step.kind === 'lapse' ? ({ state: 'lapsed' } as const) : await findOutcome(chain, address, open)
  if (outcome === undefined) return
  await store.settle(lease, address.toRawString(), outcome, now())
  count(outcome.state)
  const fields = { address: address.toRawString(), seq: String(open.seqno), size: String(open.size) }
  if (outcome.state === 'anchored') logger.info('anchored', { ...fields, root: encodeHex(open.root) })
  else if (outcome.state === 'lapsed') logger.warn('anchor message lapsed', fields)
  else logger.error('anchor message refused', { ...fields, state: outcome.state })
}

/** The seqno has moved. Undefined while the endpoint that said so does not show its transaction yet. */
async function findOutcome(chain: Chain, address: Address, open: AnchorMessage): Promise<Outcome | undefined> {
  const transaction = await chain.findTransaction(address, open.messageHash, open.sinceLt)
  if (transaction !== undefined) {
    const { kind } = parseAnchorTransaction(transaction)
    const state = kind === 'anchored' ? 'anchored' : 'refused'
    return { state, lt: transaction.lt, hash: new Uint8Array(transaction.hash()) }
  }
  const { genUtime } = await chain.latestBlock()
  // Somebody else has the key: the contract has taken another order in its place.
  return genUtime > open.validUntil + FOUND_LIMIT ? { state: 'superseded' } : undefined
}

/** Endpoints index transactions late, but not this late. */
const FOUND_LIMIT = 600

interface Signing {
  readonly step: Extract<AnchorStep, { kind: 'sign' }>
  readonly checkpoint: StoredCheckpoint
  /** That the contract has. */
  readonly oldRoot: Uint8Array
}

async function sign(
  { chain, address, key, store, prover, now }: AnchorContext,
  lease: Lease,
  { step: { seqno, oldSize, validUntil }, checkpoint, oldRoot }: Signing
): Promise<void> {
  const { size, root } = checkpoint
  const proof = oldSize === 0n ? [] : await prover.proveConsistency(oldSize, size)
  // A head on chain that is none of this log's would make every anchor fail, and cost gas: this throws PROOF_INVALID.
  if (oldSize > 0n) verifyConsistency({ size1: oldSize, size2: size, root1: oldRoot, root2: root, proof })
  const timestamp = unixSeconds(checkpoint.signedAt)
  const head = { treeSize: size, rootHash: root, timestamp, proof }
  const order: AnchorOrder = { kind: 'anchor', networkId: chain.networkId, seqno, validUntil, ...head }
  const message = encodeExternal(address, encodeBody({ order, signature: key.sign(hashToSign(address, order)) }))
  const messageHash = hashOf(message)
  const sinceLt = (await chain.account(address)).lastTransaction?.lt ?? 0n
  const signed = { seqno, size, root, timestamp, validUntil, message, messageHash, sinceLt }
  await store.insert(lease, address.toRawString(), signed, now())
  await chain.sendBoc(message)
}

function hashOf(boc: Uint8Array): Uint8Array {
  const [root] = Cell.fromBoc(Buffer.from(boc))
  const hash = root === undefined ? undefined : normalizedMessageHash(loadMessage(root.beginParse()))
  if (hash === undefined) throw new TypeError('not an external message')
  return hash
}

function codeFields(error: unknown): { readonly code?: string; readonly reason?: string } {
  return error instanceof ContractError ? { code: error.code, reason: error.message } : {}
}
