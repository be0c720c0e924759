import { resolve } from 'node:path'
import type { Command } from 'commander'
import { equalBytes, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { requestName } from '../../../attestation/receipt/reconcile.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import { type KeptRequest, readKeptReceipts } from '../../client/start.ts'
import { callStream } from '../../runtime/grpc-client.ts'
import { withMarket } from '../access/market.ts'
import { bold, print } from '../terminal/print.ts'
import { formatTon, tonColumn } from '../terminal/ton.ts'
import { type BillOptions, wishOf } from './options.ts'
import {
  printStatements,
  type Stated,
  type StatementView,
  shortModel,
  shortRequest,
  tokensOf,
  USAGE_NAMES,
  usageRecord
} from './statement-table.ts'

interface StatementOptions extends BillOptions {
  readonly client?: string
}

/** Whether the receipt that the statement names is among the client's own; `none`: it names none. */
type Kept = 'yes' | 'no' | 'another' | 'none'

interface Charge extends Stated {
  readonly unbillable: string
  readonly keyId: Uint8Array
  /** Of the receipt that was kept. */
  readonly receiptId: string | undefined
  /** Undefined: no folder was named. */
  readonly kept: Kept | undefined
}

const NAMES = [...USAGE_NAMES, 'key_id', 'tenant', 'unbillable']

export function addBillStatements(command: Command): void {
  command
    .option('--csv', 'print CSV, nanoTON')
    .option('--client <folder>', "a client's data folder: is the receipt of each charge there?")
    .addHelpText('after', RECEIPT_HELP)
    .action(async (options: StatementOptions) => {
      const kept = options.client === undefined ? undefined : await readKeptReceipts(resolve(options.client))
      let [charged, count] = [0n, 0]
      const tally = async function* (charges: AsyncIterable<Charge>): AsyncGenerator<Charge, void> {
        for await (const charge of charges) {
          count++
          if (charge.unbillable === '') charged += charge.usage.price
          yield charge
        }
      }
      await withMarket(options, async (market) => {
        await printStatements(tally(readCharges(market, options, kept)), options, viewOf(kept !== undefined))
      })
      if (options.csv === true || options.json === true || count === 0) return
      print('', bold(`to be paid: ${formatTon(charged)} TON, for ${count} requests`))
    })
}

const RECEIPT_HELP = `
RECEIPT is the beginning of the SHA-256 that the statement names, as its provider sees it.
KEPT is the beginning of the id of the receipt that was kept; or no, another (than the one that is named), none (is named).
In CSV and JSON kept is yes, no, another or none, and receipt_id the id.`

function viewOf(isCompared: boolean): StatementView<Charge> {
  return {
    names: isCompared ? [...NAMES, 'receipt_id', 'kept'] : NAMES,
    record: ({ receiptId, kept, ...charge }) => ({
      ...usageRecord(charge),
      ...{ key_id: encodeHex(charge.keyId), tenant: encodeHex(charge.usage.tenant), unbillable: charge.unbillable },
      ...(isCompared ? { receipt_id: receiptId ?? null, kept: kept ?? null } : {})
    }),
    heading: ['KEY', 'MODEL', 'TOKENS', 'TON', 'REQUEST', 'RECEIPT', ...(isCompared ? ['KEPT'] : []), 'FINISH'],
    cells: ({ usage, keyId, unbillable, kept, receiptId }) => [
      keyId.byteLength === 0 ? 'none' : encodeHex(keyId).slice(0, 8),
      shortModel(usage.model),
      tokensOf(usage.counts),
      tonColumn(usage.price),
      shortRequest(usage),
      usage.receiptHash === null ? '' : encodeHex(usage.receiptHash).slice(0, 8),
      ...(kept === undefined ? [] : [kept === 'yes' ? (receiptId ?? '').slice(0, 8) : kept]),
      unbillable === '' ? usage.finish : `not charged: ${unbillable}`
    ]
  }
}

async function* readCharges(
  market: MarketClient,
  options: StatementOptions,
  kept: readonly KeptRequest[] | undefined
): AsyncGenerator<Charge, void> {
  const own = kept && new Map(kept.map((request) => [request.request, request]))
  for await (const { statement, unbillable, keyId, storedAt } of callStream(
    market,
    'ListStatements',
    wishOf(options)
  )) {
    const usage = parseUsage(statement)
    const receipt = own?.get(requestName(usage))?.receipt
    yield {
      ...{ usage, unbillable, keyId, storedAt: new Date(Number(storedAt) * 1000) },
      receiptId: receipt && encodeHex(receipt.receiptId),
      kept: own && keptOf(usage.receiptHash, receipt)
    }
  }
}

function keptOf(named: Uint8Array | null, receipt: KeptRequest['receipt']): Kept {
  if (named === null) return 'none'
  if (receipt === undefined) return 'no'
  return equalBytes(named, sha256(receipt.bytes)) ? 'yes' : 'another'
}
