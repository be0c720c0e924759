import type { Cell } from '@ton/core'
import { Blockchain, type BlockchainTransaction, Executor } from '@ton/sandbox'
import { FEES_2025, FEES_2026, type Fees, withFees, withNetworkId } from '../../contracts/fees.ts'

export const FEES = { 2025: FEES_2025, 2026: FEES_2026 } as const satisfies Record<number, Fees>
export type FeeYear = keyof typeof FEES

/** Neither mainnet's nor testnet's. */
export const TEST_NETWORK = -777
/** 1 November 2026, 00:00 UTC; a test moves `chain.now` itself. */
export const TEST_START = 1_793_491_200

// Starting the emulator takes half a second and it keeps nothing between runs, so a test file has one.
let executor: Promise<Executor> | undefined
const configs = new Map<string, Cell>()

/** An empty chain at the fees of a year, its clock at `TEST_START`. */
export async function openSandbox(year: FeeYear = 2026, networkId: number = TEST_NETWORK): Promise<Blockchain> {
  executor ??= Executor.create()
  const chain = await Blockchain.create({ executor: await executor, config: 'slim' })
  const key = `${year} ${networkId}`
  const config = configs.get(key) ?? withNetworkId(withFees(chain.config, FEES[year]), networkId)
  configs.set(key, config)
  chain.setConfig(config)
  chain.now = TEST_START
  return chain
}

export interface Cost {
  readonly operation: string
  readonly year: FeeYear
  readonly gas: bigint
  /** nanoTON, in all and by part. */
  readonly total: bigint
  readonly parts: { readonly import: bigint; readonly gas: bigint; readonly storage: bigint; readonly actions: bigint }
}

/** What an account paid for a transaction, all included. */
export function costOf(operation: string, year: FeeYear, transaction: BlockchainTransaction): Cost {
  const { description, totalFees } = transaction
  if (description.type !== 'generic') throw new TypeError(`a ${description.type} transaction`)
  const { computePhase, actionPhase, storagePhase } = description
  const [gas, gasFees] = computePhase.type === 'vm' ? [computePhase.gasUsed, computePhase.gasFees] : [0n, 0n]
  const storage = storagePhase?.storageFeesCollected ?? 0n
  const actions = actionPhase?.totalFwdFees ?? 0n
  const others = gasFees + storage + (actionPhase?.totalActionFees ?? 0n)
  // What an external message's import costs is in the sum alone.
  const parts = { import: totalFees.coins - others, gas: gasFees, storage, actions }
  return { operation, year, gas, total: totalFees.coins - (actionPhase?.totalActionFees ?? 0n) + actions, parts }
}

/** Prints what operations cost, one a line, in TON. */
export function printCosts(title: string, costs: readonly Cost[]): void {
  const lines = costs.map(({ operation, year, gas, total, parts }) => [
    operation,
    `${year}`,
    `${gas}`,
    ...[total, parts.import, parts.gas, parts.storage, parts.actions].map(formatTon)
  ])
  const table = [['', 'fees of', 'gas', 'TON', 'import', 'gas', 'storage', 'actions'], ...lines]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? []
  const text = table.map((line) => line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join('  '))
  process.stdout.write(`\n${title}\n${text.join('\n')}\n`)
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

function formatTon(nano: bigint): string {
  return `${nano / 1_000_000_000n}.${(nano % 1_000_000_000n).toString().padStart(9, '0')}`
}
