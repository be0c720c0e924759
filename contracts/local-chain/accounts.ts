import { type BitBuilder, type BitString, beginCell, type Cell } from '@ton/core'
import { type CellDigest, digestCell, pruneCell } from './cell-hash.ts'
import { beginNode, bitAt, firstDifference } from './label.ts'

/*
 * `ShardAccounts` (HashmapAugE 256 ShardAccount DepthBalanceInfo) as a persistent tree of digests: changing one account makes
 * new nodes on its path alone, so that the dictionaries of recent blocks share the rest and proofs can be made at any of
 * them. Account cells themselves stay on disk.
 */

export interface AccountEntry {
  /** The account's 256-bit address. */
  readonly key: Uint8Array
  /** Of the `Account` cell. */
  readonly account: CellDigest
  readonly lastTransaction: { readonly hash: Uint8Array; readonly lt: bigint }
  /** nanoTON */
  readonly balance: bigint
  /** Where the journal has the BoC of its `ShardAccount`. */
  readonly at: { readonly position: number; readonly length: number }
}

interface Leaf extends CellDigest {
  readonly kind: 'leaf'
  readonly entry: AccountEntry
  readonly from: number
}

interface Fork extends CellDigest {
  readonly kind: 'fork'
  /** Any key below: its bits `from` to `to` are the label. */
  readonly key: Uint8Array
  readonly from: number
  readonly to: number
  readonly left: Accounts
  readonly right: Accounts
  readonly balance: bigint
}

/** A node, and so the dictionary below it; undefined is the empty dictionary. */
export type Accounts = Leaf | Fork

const KEY_BITS = 256

export function findAccount(root: Accounts | undefined, key: Uint8Array): AccountEntry | undefined {
  let node = root
  while (node?.kind === 'fork') {
    if (firstDifference(node.key, key, node.from, node.to) < node.to) return undefined
    node = bitAt(key, node.to) === 0 ? node.left : node.right
  }
  return node !== undefined && Buffer.compare(node.entry.key, key) === 0 ? node.entry : undefined
}

export function setAccount(root: Accounts | undefined, entry: AccountEntry, from = 0): Accounts {
  if (root === undefined) return createLeaf(entry, from)
  const [key, end] = root.kind === 'leaf' ? [root.entry.key, KEY_BITS] : [root.key, root.to]
  const split = firstDifference(key, entry.key, root.from, end)
  if (split === KEY_BITS) return createLeaf(entry, root.from)
  if (split < end) {
    const [fresh, old] = [createLeaf(entry, split + 1), moveNode(root, split + 1)]
    const isRight = bitAt(entry.key, split) === 1
    return createFork({ from: root.from, to: split, left: isRight ? old : fresh, right: isRight ? fresh : old })
  }
  const fork = root as Fork
  const next = fork.to + 1
  return bitAt(entry.key, fork.to) === 0
    ? createFork({ ...fork, left: setAccount(fork.left, entry, next) })
    : createFork({ ...fork, right: setAccount(fork.right, entry, next) })
}

/** The dictionary of these accounts, in ascending order of their keys, each once: every node is made once. */
export function buildAccounts(entries: readonly AccountEntry[], from = 0): Accounts | undefined {
  const [first, last] = [entries[0], entries.at(-1)]
  if (first === undefined || last === undefined) return undefined
  if (entries.length === 1) return createLeaf(first, from)
  // Of sorted keys the first and the last differ soonest.
  const to = firstDifference(first.key, last.key, from, KEY_BITS)
  const middle = entries.findIndex(({ key }) => bitAt(key, to) === 1)
  const left = buildAccounts(entries.slice(0, middle), to + 1)
  const right = buildAccounts(entries.slice(middle), to + 1)
  if (left === undefined || right === undefined) throw new TypeError('keys are in ascending order, each once')
  return createFork({ from, to, left, right })
}

/** Without one account: a deleted account has no entry. */
export function removeAccount(root: Accounts | undefined, key: Uint8Array): Accounts | undefined {
  if (root === undefined || findAccount(root, key) === undefined) return root
  if (root.kind === 'leaf') return undefined
  const isRight = bitAt(key, root.to) === 1
  const child = removeAccount(isRight ? root.right : root.left, key)
  const sibling = isRight ? root.left : root.right
  if (child === undefined) return moveNode(sibling, root.from)
  return createFork({ ...root, left: isRight ? sibling : child, right: isRight ? child : sibling })
}

export function totalBalance(root: Accounts | undefined): bigint {
  if (root === undefined) return 0n
  return root.kind === 'leaf' ? root.entry.balance : root.balance
}

/** Which cells a written-out dictionary holds in full; the others are pruned. */
export interface Kept {
  readonly path: (key: Uint8Array, from: number, to: number) => boolean
  /** The cell of an account, or undefined to prune it. */
  readonly account: (entry: AccountEntry) => Cell | undefined
}

/** What proves that `key` has its entry, or has none: the nodes on its path, without the account's own cell. */
export function keepPath(key: Uint8Array): Kept {
  return {
    path: (label, from, to) => firstDifference(label, key, from, to) >= to,
    account: () => undefined
  }
}

/** The cell of `ShardAccounts`, with whatever is not kept pruned. */
export function encodeAccounts(root: Accounts | undefined, kept: Kept): Cell {
  const cell = beginCell().storeBit(root !== undefined)
  if (root !== undefined) cell.storeRef(encodeNode(root, kept))
  return storeDepthBalance(cell, totalBalance(root)).endCell()
}

/** The digest of the same cell. */
export function digestAccounts(root: Accounts | undefined): CellDigest {
  const bits = storeDepthBalance(beginCell().storeBit(root !== undefined), totalBalance(root)).asCell().bits
  return digestCell(bits, root === undefined ? [] : [root])
}

function encodeNode(node: Accounts, kept: Kept): Cell {
  const cell = beginCell().storeBits(nodeBits(node))
  if (node.kind === 'leaf') return cell.storeRef(kept.account(node.entry) ?? pruneCell(node.entry.account)).endCell()
  for (const child of [node.left, node.right])
    cell.storeRef(isKept(node, child, kept) ? encodeNode(child, kept) : pruneCell(child))
  return cell.endCell()
}

// A node is kept when the way down to it, its parent's label and its side, is on the path; its own label may leave it.
function isKept(parent: Fork, child: Accounts, kept: Kept): boolean {
  return kept.path(keyOf(child), parent.from, parent.to + 1)
}

function createLeaf(entry: AccountEntry, from: number): Leaf {
  const digest = digestCell(leafBits(entry, from), [entry.account])
  return { kind: 'leaf', entry, from, ...digest }
}

function createFork({ from, to, left, right }: Pick<Fork, 'from' | 'to' | 'left' | 'right'>): Fork {
  const key = keyOf(left)
  const balance = totalBalance(left) + totalBalance(right)
  const digest = digestCell(forkBits(key, { from, to }, balance), [left, right])
  return { kind: 'fork', key, from, to, left, right, balance, ...digest }
}

function moveNode(node: Accounts, from: number): Accounts {
  return node.kind === 'leaf' ? createLeaf(node.entry, from) : createFork({ ...node, from })
}

const keyOf = (node: Accounts): Uint8Array => (node.kind === 'leaf' ? node.entry.key : node.key)

function nodeBits(node: Accounts): BitString {
  return node.kind === 'leaf' ? leafBits(node.entry, node.from) : forkBits(node.key, node, node.balance)
}

/** Label, extra, then `account_descr$_ account:^Account last_trans_hash:bits256 last_trans_lt:uint64`. */
function leafBits({ key, balance, lastTransaction }: AccountEntry, from: number): BitString {
  const bits = beginNode(key, from, KEY_BITS, KEY_BITS)
  writeDepthBalance(bits, balance)
  bits.writeBuffer(Buffer.from(lastTransaction.hash))
  bits.writeUint(lastTransaction.lt, 64)
  return bits.build()
}

function forkBits(
  key: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  balance: bigint
): BitString {
  const bits = beginNode(key, from, to, KEY_BITS)
  writeDepthBalance(bits, balance)
  return bits.build()
}

/** `depth_balance$_ split_depth:(#<= 30) balance:CurrencyCollection`; no account here has a depth or extra currencies. */
function writeDepthBalance(bits: BitBuilder, balance: bigint): void {
  bits.writeUint(0, 5)
  bits.writeCoins(balance)
  bits.writeBit(0)
}

function storeDepthBalance(cell: ReturnType<typeof beginCell>, balance: bigint): ReturnType<typeof beginCell> {
  return cell.storeUint(0, 5).storeCoins(balance).storeBit(0)
}

/** `account_none$0`, what an address without an account has. */
export const NO_ACCOUNT: Cell = beginCell().storeBit(0).endCell()

/** Cells in full: a whole dictionary. */
export function keepAll(readAccount: (entry: AccountEntry) => Cell): Kept {
  return { path: () => true, account: readAccount }
}
