import { equalBytes } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { rangeRoot } from '../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../attestation/tlog/hash.ts'
import { rangeNodes } from '../../attestation/tlog/node-id.ts'
import { rootAt } from '../../attestation/tlog/prove.ts'
import { tileHashReader } from '../../attestation/tlog/tile.ts'
import { type Bell, createBell } from '../runtime/bell.ts'
import type { Database } from '../runtime/database.ts'
import type { Lease } from '../runtime/lease.ts'
import { holdLease } from '../runtime/lease.ts'
import type { Logger } from '../runtime/log.ts'
import { growTree, type TreeEdge } from './edge.ts'
import type { HeadSigner } from './signer.ts'
import { type LogStore, WAITING_CHANNEL } from './store.ts'
import { damaged, readEdge, readWholeTiles, type StoredTree, type TreeStore } from './tree-store.ts'

export interface SequencerContext {
  readonly database: Database
  readonly store: LogStore
  readonly trees: TreeStore
  readonly signer: HeadSigner
  readonly now: () => Date
  readonly refreshMs: number
  readonly leaseMs: number
  readonly logger: Logger
  readonly count: (leaves: number) => void
}

interface Tree {
  readonly edge: TreeEdge
  readonly root: Uint8Array
}

const POLL_MS = 5000

/**
 * Gives leaves their places, one replica at a time: takes what waits, integrates it, stores it, and only then signs the head.
 * Whatever fails, it starts again from what is stored.
 */
export async function startSequencer(context: SequencerContext): Promise<AsyncDisposable> {
  const { database, logger, leaseMs } = context
  const bell = createBell()
  await using stack = new AsyncDisposableStack()
  stack.use(await database.listen(WAITING_CHANNEL, () => bell.ring()))
  const lease = { database, name: 'log sequencer', logger, ttlMs: leaseMs }
  stack.use(holdLease(lease, (held, signal) => sequence(context, held, bell, signal)))
  const started = stack.move()
  return { [Symbol.asyncDispose]: () => started.disposeAsync() }
}

async function sequence(context: SequencerContext, lease: Lease, bell: Bell, signal: AbortSignal): Promise<void> {
  const { signer, refreshMs, now, logger } = context
  let tree = await openTree(context, lease)
  let signedAt = await signer.sign(lease, headOf(tree))
  const tell = createTeller(logger)
  logger.info('sequencing', { size: String(tree.edge.range.size), seq: String(lease.fence) })
  while (!signal.aborted) {
    const grown = await integrateWaiting(context, lease, tree)
    const isDue = now().getTime() - signedAt >= refreshMs
    if (grown !== undefined || isDue) {
      tree = grown ?? tree
      signedAt = await signer.sign(lease, headOf(tree))
      tell(headOf(tree))
    } else {
      const untilDue = signedAt + refreshMs - now().getTime()
      await bell.wait(Math.max(1, Math.min(POLL_MS, untilDue)), signal)
    }
  }
}

async function integrateWaiting(
  { trees, count }: SequencerContext,
  lease: Lease,
  { edge }: Tree
): Promise<Tree | undefined> {
  const batches = await trees.readWaiting()
  if (batches.length === 0) return undefined
  const leafHashes = batches.flatMap(({ leaves }) => leaves.map(leafHash))
  const grown = growTree(edge, leafHashes)
  const tree = { size: grown.edge.range.size, root: grown.root }
  await trees.integrate(lease, { batches, leafHashes, firstIndex: edge.range.size, tiles: grown.tiles, tree })
  count(leafHashes.length)
  return { edge: grown.edge, root: grown.root }
}

const TELL_EVERY_MS = 250

/** A line for a head that has grown; under load, four a second. */
function createTeller(logger: Logger): (head: StoredTree) => void {
  let told = { size: -1n, at: Number.NEGATIVE_INFINITY }
  return ({ size, root }) => {
    const at = performance.now()
    if (size === told.size || at - told.at < TELL_EVERY_MS) return
    told = { size, at }
    logger.info('checkpoint signed', { size: String(size), root: encodeHex(root) })
  }
}

function headOf({ edge, root }: Tree): StoredTree {
  return { size: edge.range.size, root }
}

/**
 * The stored tree, once it is known to be the one that was signed:
 *
 * 1. its tiles fold to its stored root
 * 2. its last leaf is the last one in its tiles
 * 3. every head that is known to be signed, the newest stored one and the one in this key's memory, is a head of it
 *
 * Throws `LOG_STATE_INVALID`.
 */
async function openTree({ store, trees, signer }: SequencerContext, lease: Lease): Promise<Tree> {
  const stored = await trees.openTree(lease, signer.identity)
  const edge = await readEdge(store, stored.size)
  if (!equalBytes(rangeRoot(edge.range), stored.root)) throw damaged('the tiles do not fold to the stored root')
  await checkLastLeaf(trees, edge)
  for (const head of await signer.signedHeads()) {
    if (head.size > stored.size) throw damaged(`a head of size ${head.size} is signed, the tree has ${stored.size}`)
    if (!equalBytes(head.root, await rootBefore(store, head.size, stored.size))) {
      throw damaged(`the signed head of size ${head.size} is not one of the stored tree`)
    }
  }
  return { edge, root: stored.root }
}

async function checkLastLeaf(trees: TreeStore, { range }: TreeEdge): Promise<void> {
  const last = await trees.lastLeaf()
  if ((last?.index ?? -1n) !== range.size - 1n) throw damaged('the last leaf is not the last one of the tree')
  // A tree of odd size ends in its last leaf's own hash.
  const hash = range.hashes.at(-1)
  if (last === undefined || hash === undefined || (range.size & 1n) === 0n) return
  if (!equalBytes(hash, leafHash(last.leaf))) throw damaged('the last leaf has not the hash that the tree has')
}

async function rootBefore(store: LogStore, size: bigint, treeSize: bigint): Promise<Uint8Array> {
  const tiles = await readWholeTiles(store, rangeNodes(size), treeSize)
  return rootAt(
    size,
    tileHashReader((level, index) => {
      const tile = tiles.get(`${level}/${index}`)
      if (tile === undefined) throw damaged(`tile ${level}/${index} is missing`)
      return tile
    })
  )
}
