import { resolve } from 'node:path'
import type { Address } from '@ton/core'
import type { Command } from 'commander'
import { equalBytes } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import { accountOf, addressOf } from '../../../contracts/escrow/terms.ts'
import { readKeyFile } from '../../../contracts/key-file.ts'
import { walletOf } from '../../../contracts/send.ts'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import type { ServedStatement__Output } from '../../../proto/gen/bombyx/v1/ServedStatement.ts'
import { callStream } from '../../runtime/grpc-client.ts'
import { openChainOf, parseAddress } from '../access/chain.ts'
import { type MarketOptions, marketCommand, withMarket } from '../access/market.ts'
import { type PeriodOptions, periodOf, withPeriod } from '../bill/period.ts'
import {
  printStatements,
  type Stated,
  type StatementView,
  shortModel,
  shortRequest,
  tokensOf,
  USAGE_NAMES,
  usageRecord
} from '../bill/statement-table.ts'
import { print, table } from '../terminal/print.ts'
import type { RecordFields } from '../terminal/records.ts'
import { tonColumn } from '../terminal/ton.ts'

interface StatementOptions extends MarketOptions, PeriodOptions {
  readonly provider?: string
  readonly wallet?: string
  readonly payee?: Address
}

/** Each is in one: together they are all that was delivered. */
const STATES = {
  paid: 'paid',
  vouchered: 'vouchered',
  delivered: 'not vouchered yet',
  'not-charged': 'not charged'
} as const
type State = keyof typeof STATES

interface Served extends Stated, Omit<ServedStatement__Output, 'storedAt'> {
  readonly state: State
}

const VIEW: StatementView<Served> = {
  names: [...USAGE_NAMES, ...['provider', 'host_id', 'state', 'unbillable', 'escrow', 'payee', 'voucher_cumulative']],
  record: (served) => ({ ...usageRecord(served), ...fateRecord(served) }),
  heading: ['HOST', 'REQUEST', 'RECEIPT', 'MODEL', 'TOKENS', 'TON', 'STATE'],
  cells: ({ usage, hostId, state, unbillable }) => [
    hostId.toString('hex').slice(0, 8),
    shortRequest(usage),
    usage.receiptHash === null ? '' : encodeHex(usage.receiptHash).slice(0, 8),
    shortModel(usage.model),
    tokensOf(usage.counts),
    tonColumn(usage.price),
    state === 'not-charged' ? `not charged: ${unbillable}` : state
  ]
}

export function addStatements(earn: Command): void {
  withPeriod(marketCommand(earn, 'statements', 'what was delivered, and what became of each statement'))
    .option('--csv', 'print CSV, nanoTON')
    .option('--provider <name>', 'of one, for the operator')
    .option('--wallet <file>', "what vouchers pay into this key's wallet, and what none pays yet")
    .option('--payee <address>', 'the same by address', parseAddress)
    .addHelpText('after', RECEIPT_HELP)
    .action(async (options: StatementOptions) => {
      const payee = await payeeOf(options)
      const sums = new Sums()
      await withMarket(options, async (market) => {
        await printStatements(sums.over(readServed(market, options, payee)), options, VIEW)
      })
      if (options.csv !== true && options.json !== true) print('', ...sums.lines())
    })
}

const RECEIPT_HELP = `
A receipt goes to the client alone: RECEIPT is the beginning of its SHA-256, which the statement names.
That a voucher covers a statement is its consumer's word; \`earn payouts\` says what the chain paid.`

async function payeeOf({ wallet, payee, data }: StatementOptions): Promise<Uint8Array | undefined> {
  if (payee !== undefined) return accountOf(payee)
  if (wallet === undefined) return undefined
  return accountOf(walletOf(await openChainOf(data), readKeyFile(resolve(wallet))).address)
}

async function* readServed(
  market: MarketClient,
  options: StatementOptions,
  payee: Uint8Array | undefined
): AsyncGenerator<Served, void> {
  const request = { ...periodOf(options), provider: options.provider ?? '' }
  for await (const { storedAt, ...served } of callStream(market, 'ListServedStatements', request)) {
    const isOthers = payee !== undefined && served.voucher !== null && !equalBytes(served.voucher.payee, payee)
    if (isOthers) continue
    const usage = parseUsage(served.statement)
    yield { ...served, usage, storedAt: new Date(Number(storedAt) * 1000), state: stateOf(served) }
  }
}

function stateOf({ unbillable, voucher }: Pick<ServedStatement__Output, 'unbillable' | 'voucher'>): State {
  if (unbillable !== '') return 'not-charged'
  return voucher === null ? 'delivered' : voucher.paid ? 'paid' : 'vouchered'
}

function fateRecord({ provider, hostId, state, unbillable, voucher }: Served): RecordFields {
  const raw = (account: Uint8Array | undefined) => (account === undefined ? null : addressOf(account).toRawString())
  return {
    ...{ provider, host_id: encodeHex(hostId), state, unbillable },
    ...{ escrow: raw(voucher?.escrow), payee: raw(voucher?.payee), voucher_cumulative: voucher?.cumulative ?? null }
  }
}

class Sums {
  readonly #sums = new Map<State, { count: number; price: bigint }>()

  async *over(rows: AsyncIterable<Served>): AsyncGenerator<Served, void> {
    for await (const row of rows) {
      const { count, price } = this.#sums.get(row.state) ?? { count: 0, price: 0n }
      this.#sums.set(row.state, { count: count + 1, price: price + row.usage.price })
      yield row
    }
  }

  lines(): readonly string[] {
    const all = [...this.#sums.values()]
    const count = all.reduce((sum, one) => sum + one.count, 0)
    const price = all.reduce((sum, one) => sum + one.price, 0n)
    const parts = Object.entries(STATES).map(([state, name]) => {
      const one = this.#sums.get(state as State) ?? { count: 0, price: 0n }
      return [`  ${name}`, String(one.count), tonColumn(one.price)]
    })
    return table([['', 'STATEMENTS', 'TON'], ['delivered', String(count), tonColumn(price)], ...parts])
  }
}
