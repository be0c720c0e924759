import { resolve } from 'node:path'
import type { Command } from 'commander'
import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { requestName } from '../../attestation/receipt/reconcile.ts'
import { parseUsage } from '../../attestation/receipt/usage.ts'
import type { MarketClient } from '../../proto/gen/bombyx/v1/Market.ts'
import { type KeptRequest, readKeptReceipts } from '../client/start.ts'
import { callStream } from '../runtime/grpc-client.ts'
import { type BillOptions, wishOf } from './bill-options.ts'
import { withMarket } from './market-access.ts'
import { bold, print } from './print.ts'
import { ton, tonColumn } from './records.ts'
import {
  printStatements,
  type Stated,
  type StatementView,
  shortModel,
  shortRequest,
  tokensOf,
  USAGE_NAMES,
  usageRecord
} from './statements.ts'

interface Billed extends Stated {
  /** Empty: nobody knows of a key. */
  readonly keyId: Uint8Array
  /** Empty: to be paid. */
  readonly unbillable: string
  /** Of the receipt that a client kept and the statement names; absent: that client has it not. */
  readonly receiptId: string | undefined
}

const VIEW: StatementView<Billed> = {
  names: [...USAGE_NAMES, 'key_id', 'unbillable', 'receipt_id'],
  record: (billed) => ({
    ...usageRecord(billed),
    ...{ key_id: encodeHex(billed.keyId), unbillable: billed.unbillable, receipt_id: billed.receiptId ?? null }
  }),
  heading: ['KEY', 'REQUEST', 'RECEIPT', 'MODEL', 'FINISH', 'TOKENS', 'TON', 'CHARGED'],
  cells: ({ usage, keyId, unbillable, receiptId }) => [
    encodeHex(keyId).slice(0, 8),
    shortRequest(usage),
    receiptId?.slice(0, 12) ?? 'not here',
    shortModel(usage.model),
    usage.finish,
    tokensOf(usage.counts),
    tonColumn(usage.price),
    unbillable === '' ? 'yes' : `no: ${unbillable}`
  ]
}

export function addBillStatements(command: Command): void {
  command
    .option('--csv', 'print CSV, nanoTON')
    .option('--client <folder>', "the client's data folder (default: that of the network on this machine)")
    .addHelpText('after', RECEIPT_HELP)
    .action(async (options: BillOptions & { readonly client?: string }) => {
      const kept = await readKeptReceipts(resolve(options.client ?? `${options.data}/client`))
      const ours = new Map(kept.map((request) => [request.request, request]))
      let charged = 0n
      const counted = async function* (rows: AsyncIterable<Billed>): AsyncGenerator<Billed, void> {
        for await (const row of rows) {
          if (row.unbillable === '') charged += row.usage.price
          yield row
        }
      }
      await withMarket(options, (market) => printStatements(counted(readBilled(market, options, ours)), options, VIEW))
      if (options.csv !== true && options.json !== true) print('', bold(`to be paid: ${ton(charged)}`))
    })
}

const RECEIPT_HELP = `
RECEIPT is the one that the client of the folder kept and the charge names by its hash; \`bill reconcile\` holds all figures against it.`

async function* readBilled(
  market: MarketClient,
  options: BillOptions,
  ours: ReadonlyMap<string, KeptRequest>
): AsyncGenerator<Billed, void> {
  for await (const { statement, unbillable, keyId, storedAt } of callStream(
    market,
    'ListStatements',
    wishOf(options)
  )) {
    const usage = parseUsage(statement)
    const receipt = ours.get(requestName(usage))?.receipt
    const isNamed =
      receipt !== undefined && usage.receiptHash !== null && equalBytes(usage.receiptHash, sha256(receipt.bytes))
    const receiptId = isNamed ? encodeHex(receipt.receiptId) : undefined
    yield { usage, unbillable, keyId, storedAt: new Date(Number(storedAt) * 1000), receiptId }
  }
}
