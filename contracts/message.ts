import { type Address, beginCell, type Cell, external, type Message, type StateInit, storeMessage } from '@ton/core'
import { parseBoc } from './state-proof/boc.ts'

/**
 * The hash by which an external message is found again whatever its sender or a validator changed of its form (TEP-467):
 * source none, import fee 0, no state init, body in a reference. Undefined for a message that is not external and inward.
 */
export function normalizedMessageHash(message: Message): Uint8Array | undefined {
  if (message.info.type !== 'external-in') return undefined
  const info = { type: 'external-in', dest: message.info.dest, importFee: 0n } as const
  const normalized = beginCell().store(storeMessage({ info, init: null, body: message.body }, { forceRef: true }))
  return normalized.endCell().hash()
}

/** A contract's code or data, as long as the chain lets them be. */
const ACCOUNT_LIMITS = { bytes: 2 * 1024 * 1024, cells: 65_536 }

/** The cell of a BoC with one root; undefined where it is anything else. */
export function readCell(boc: Uint8Array): Cell | undefined {
  try {
    const roots = parseBoc(boc, ACCOUNT_LIMITS)
    return roots.length === 1 ? roots[0] : undefined
  } catch {
    return undefined
  }
}

/** The BoC of an external message, with the state init that deploys its account where it is given. */
export function encodeExternal(dest: Address, body: Cell, init?: StateInit): Uint8Array {
  const message = external({ to: dest, body, ...(init === undefined ? {} : { init }) })
  return beginCell().store(storeMessage(message)).endCell().toBoc()
}
