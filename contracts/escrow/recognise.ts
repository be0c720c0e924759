import type { Address, Cell } from '@ton/core'
import type { Chain } from '../chain.ts'
import { ContractError } from '../errors.ts'
import { readHistory } from '../history.ts'
import { readCell } from '../message.ts'
import type { Recognised } from './postings.ts'
import { parseEscrow } from './state.ts'

/** Transactions of a closed escrow that are looked through for the message that deployed it. */
const MOST_BACK = 5_000

/**
 * Whether an account is an escrow, or was one. Its address commits to the code and the terms that it began with, and the code never
 * gives way but to a close. So one that closed is known by the message that deployed it; `unknown` where that is not listed any more.
 */
export async function recogniseEscrow(chain: Chain, address: Address): Promise<Recognised> {
  const { code, data } = await chain.account(address)
  const [codeCell, dataCell] = [code && readCell(code), data && readCell(data)]
  const found = readKind(address, codeCell, dataCell)
  if (found === 'open') return 'escrow'
  if (found === 'other') return 'other'
  const { transactions, missing } = await readHistory(chain, address, MOST_BACK)
  const wasDeployed = transactions.some(({ inMessage }) => {
    return readKind(address, inMessage?.init?.code, inMessage?.init?.data) === 'open'
  })
  if (wasDeployed) return 'escrow'
  return missing === undefined ? 'other' : 'unknown'
}

/** `gone`: closed, or without code. */
function readKind(
  address: Address,
  code: Cell | null | undefined,
  data: Cell | null | undefined
): 'open' | 'gone' | 'other' {
  if (code == null || data == null) return 'gone'
  try {
    return parseEscrow(address, { code, data }).kind === 'open' ? 'open' : 'gone'
  } catch (error) {
    if (error instanceof ContractError) return 'other'
    throw error
  }
}
