import { type Builder, beginCell, type Cell } from '@ton/core'
import type { CellDigest } from './cell-hash.ts'
import { beginNode, bitAt, firstDifference } from './label.ts'

/** One transaction of a block. */
export interface BlockTransaction {
  /** The account's 256-bit address. */
  readonly account: Uint8Array
  readonly lt: bigint
  readonly cell: Cell
  /** nanoTON */
  readonly totalFees: bigint
}

/** How one account changed in a block. */
export interface AccountChange {
  readonly key: Uint8Array
  readonly before: CellDigest
  readonly after: CellDigest
}

interface Item {
  readonly key: Uint8Array
  readonly coins: bigint
  readonly storeValue: (node: Builder) => void
}

/** The cell of `ShardAccountBlocks` (HashmapAugE 256 AccountBlock CurrencyCollection): every transaction of a block by account and time. */
export function encodeAccountBlocks(
  changes: readonly AccountChange[],
  transactions: readonly BlockTransaction[]
): Cell {
  const items = changes.map((change) => {
    const own = transactions.filter(({ account }) => Buffer.compare(account, change.key) === 0)
    return { key: change.key, coins: sumFees(own), storeValue: (node: Builder) => storeAccountBlock(node, change, own) }
  })
  const cell = beginCell().storeBit(items.length > 0)
  if (items.length > 0) cell.storeRef(buildNode(items, { from: 0, keyBits: 256 }).endCell())
  return storeCoins(cell, sumFees(transactions)).endCell()
}

/** `acc_trans#5 account_addr:bits256 transactions:(HashmapAug 64 ^Transaction CurrencyCollection) state_update:^(HASH_UPDATE Account)` */
function storeAccountBlock(node: Builder, change: AccountChange, transactions: readonly BlockTransaction[]): void {
  const items = transactions.map(({ lt, cell, totalFees }) => ({
    key: timeKey(lt),
    coins: totalFees,
    storeValue: (leaf: Builder) => void leaf.storeRef(cell)
  }))
  node
    .storeUint(5, 4)
    .storeBuffer(Buffer.from(change.key))
    .storeBuilder(buildNode(items, { from: 0, keyBits: 64 }))
    .storeRef(encodeHashUpdate(change))
}

/** `update_hashes#72 old_hash:bits256 new_hash:bits256` */
function encodeHashUpdate({ before, after }: AccountChange): Cell {
  return beginCell().storeUint(0x72, 8).storeBuffer(before.hash).storeBuffer(after.hash).endCell()
}

interface Place {
  readonly from: number
  readonly keyBits: number
}

/** The node of a dictionary of one item or more. */
function buildNode(items: readonly Item[], { from, keyBits }: Place): Builder {
  const [first, ...others] = items
  if (first === undefined) throw new TypeError('a dictionary node has at least one item')
  const to = others.reduce((end, { key }) => Math.min(end, firstDifference(first.key, key, from, keyBits)), keyBits)
  const node = beginCell().storeBits(beginNode(first.key, from, to, keyBits).build())
  if (to === keyBits) {
    storeCoins(node, first.coins)
    first.storeValue(node)
    return node
  }
  for (const side of [0, 1]) {
    const below = items.filter(({ key }) => bitAt(key, to) === side)
    node.storeRef(buildNode(below, { from: to + 1, keyBits }).endCell())
  }
  return storeCoins(
    node,
    items.reduce((sum, { coins }) => sum + coins, 0n)
  )
}

function timeKey(lt: bigint): Uint8Array {
  const key = Buffer.alloc(8)
  key.writeBigUInt64BE(lt)
  return key
}

/** `currencies$_ grams:Grams other:ExtraCurrencyCollection`, without extra currencies. */
export function storeCoins(cell: Builder, coins: bigint): Builder {
  return cell.storeCoins(coins).storeBit(0)
}

const sumFees = (transactions: readonly BlockTransaction[]): bigint =>
  transactions.reduce((sum, { totalFees }) => sum + totalFees, 0n)
