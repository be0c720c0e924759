import { type Cell, loadMessage } from '@ton/core'
import { ContractError } from '../errors.ts'
import { type BocLimits, parseBoc } from '../state-proof/boc.ts'

/** An external message to an account of workchain 0. */
export interface ExternalMessage {
  readonly cell: Cell
  /** The account's 256-bit address. */
  readonly key: Uint8Array
}

// As mainnet's configuration parameter 43 has them.
export const MESSAGE_LIMITS: BocLimits = { bytes: 65_535, cells: 8_192 }
const MOST_DEPTH = 512

/** Reads a BoC that a stranger sent. MESSAGE_MALFORMED: too large, too deep, no BoC of one root, or no such message. */
export function parseExternal(boc: Uint8Array): ExternalMessage {
  try {
    const roots = parseBoc(boc, MESSAGE_LIMITS)
    const [cell] = roots
    if (cell === undefined || roots.length > 1) throw malformed(`it has ${roots.length} roots`)
    if (cell.depth() > MOST_DEPTH || cell.level() > 0) throw malformed('it is too deep, or pruned')
    const { info } = loadMessage(cell.beginParse())
    if (info.type !== 'external-in') throw malformed(`it is ${info.type}`)
    if (info.dest.workChain !== 0) throw malformed('it is for the masterchain, which has no accounts here')
    return { cell, key: info.dest.hash }
  } catch (cause) {
    if (cause instanceof ContractError && cause.code === 'MESSAGE_MALFORMED') throw cause
    throw malformed(cause instanceof ContractError ? cause.message : 'it cannot be read', cause)
  }
}

function malformed(why: string, cause?: unknown): ContractError {
  return new ContractError('MESSAGE_MALFORMED', `failed to parse external message: ${why}`, { cause })
}
