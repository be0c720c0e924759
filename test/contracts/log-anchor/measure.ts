import { internal } from '@ton/sandbox'
import type { HashReader } from '../../../attestation/tlog/node-id.ts'
import { rootAt } from '../../../attestation/tlog/prove.ts'
import { type Cost, costOf, type FeeYear, openSandbox, TEST_START } from '../sandbox.ts'
import { FAUCET, placeLog, stateWith } from './anchored-log.ts'

const TEN_MINUTES = 600

/** Anchors a tree of `to` leaves ten minutes after one of `from`, and gives the bill. Throws where the anchor is not taken. */
export async function costsBetween(
  from: bigint,
  to: bigint,
  { year, reader }: { readonly year: FeeYear; readonly reader: HashReader }
): Promise<Cost> {
  const chain = await openSandbox(year)
  const head = { treeSize: from, rootHash: rootAt(from, reader), timestamp: TEST_START }
  const log = await placeLog(chain, stateWith(head), { reader })
  // An account that was placed has its rent counted from its first transaction on.
  await chain.sendMessage(internal({ from: FAUCET, to: log.address, value: 1n }))
  chain.now = TEST_START + TEN_MINUTES
  const order = await log.order(to)
  const sent = await log.send(order)
  if (sent.exitCode !== 0 || sent.kind !== 'run') throw new Error(`${from} to ${to}: exit code ${sent.exitCode}`)
  return costOf(`${from} to ${to} leaves, ${order.proof.length} hashes`, year, sent.transaction)
}
