import { beginCell, type Cell, loadTransaction, type Transaction } from '@ton/core'
import { parseFolded, unfoldsWithin } from './state-proof/boc.ts'

/** Mainnet lets a message have 2^21 bits in 2^13 cells, and whoever wants send one to any account. */
const MOST = { bytes: 1 << 20, cells: 1 << 14 }
/** Cells that are walked; the messages of our contracts and wallets have a few. */
const MOST_WALKED = 1 << 12

/**
 * Reads a transaction from outside. What a stranger sent is left out (its message has neither init nor body then) where that
 * unfolds too far to be walked: otherwise one message would hide an account's transactions. Throws for what is none.
 */
export function readTransaction(boc: Uint8Array): Transaction {
  const [root, ...others] = parseFolded(boc, MOST)
  if (root === undefined || others.length > 0) throw new TypeError('one cell is wanted')
  if (unfoldsWithin([root], MOST_WALKED)) return loadTransaction(root.beginParse())
  const light = withoutContent(root)
  if (!unfoldsWithin([light], MOST_WALKED)) throw new TypeError(`it unfolds to more than ${MOST_WALKED} cells`)
  return { ...loadTransaction(light.beginParse()), raw: root, hash: () => root.hash() }
}

/** `^[ in_msg:(Maybe ^(Message Any)) out_msgs:… ]` is a transaction's first reference. */
function withoutContent(root: Cell): Cell {
  const [messages, ...rest] = root.refs
  const [received, ...sent] = messages?.refs ?? []
  const hasReceived = messages?.beginParse().preloadBit() === true
  if (messages === undefined || received === undefined || !hasReceived) throw new TypeError('nothing was received')
  return rebuild(root, [rebuild(messages, [headOf(received), ...sent]), ...rest])
}

/** An internal message up to its init, with none, and an empty body. */
function headOf(message: Cell): Cell {
  const slice = message.beginParse()
  if (slice.loadBit()) throw new TypeError('the message is external')
  slice.skip(3)
  slice.loadMaybeAddress()
  slice.loadMaybeAddress()
  slice.loadCoins()
  if (slice.loadBit()) throw new TypeError('the message carries another currency')
  slice.loadCoins()
  slice.loadCoins()
  slice.skip(64 + 32)
  const head = message.bits.substring(0, message.bits.length - slice.remainingBits)
  return beginCell().storeBits(head).storeBit(false).storeBit(false).endCell()
}

function rebuild({ bits }: Cell, refs: readonly Cell[]): Cell {
  const builder = beginCell().storeBits(bits)
  for (const ref of refs) builder.storeRef(ref)
  return builder.endCell()
}
