import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { encodeHex } from '../../../attestation/encoding.ts'
import { type BilledUsage, type Reconciliation, reconcile } from '../../../attestation/receipt/reconcile.ts'
import { parseUsage } from '../../../attestation/receipt/usage.ts'
import type { BillLine__Output } from '../../../proto/gen/bombyx/v1/BillLine.ts'
import type { MarketClient } from '../../../proto/gen/bombyx/v1/Market.ts'
import { type KeptRequest, readKeptReceipts } from '../../client/start.ts'
import { callStream, callUnary } from '../../runtime/grpc-client.ts'
import { MARKET_HELP, withMarket } from '../access/market.ts'
import { EXIT, EXIT_HELP } from '../exit.ts'
import { bold, print, printJson, table } from '../terminal/print.ts'
import { type Field, printRecords, toRecord } from '../terminal/records.ts'
import { formatTon, tonColumn } from '../terminal/ton.ts'
import { type BillOptions, billCommand, wishOf } from './options.ts'
import { shortModel } from './statement-table.ts'
import { addBillStatements } from './statements.ts'

const EXAMPLES = `
Examples:
  bombyx bill show                     this month, by day, key and model
  bombyx bill show --from 2026-11-01 --to 2026-12-01 --csv > november.csv
  bombyx bill statements --client .bombyx/client
      Each charge, and whether its receipt is among the client's own.
  bombyx bill reconcile --client .bombyx/client
      Every difference is named, and then the exit status is 10. --own leaves out what other clients of the organisation asked.
${MARKET_HELP}`

const FIELDS: readonly Field[] = [
  { name: 'day', kind: 'text' },
  { name: 'organisation', kind: 'text' },
  { name: 'key_id', kind: 'hex' },
  { name: 'tenant', kind: 'hex' },
  { name: 'model', kind: 'text' },
  { name: 'unbillable', kind: 'text' },
  { name: 'requests', kind: 'amount' },
  { name: 'cancelled', kind: 'amount' },
  { name: 'failed', kind: 'amount' },
  { name: 'prompt_tokens', kind: 'amount' },
  { name: 'cached_tokens', kind: 'amount' },
  { name: 'completion_tokens', kind: 'amount' },
  { name: 'reasoning_tokens', kind: 'amount' },
  { name: 'price', kind: 'amount' }
]

export function addCommand(program: Command): void {
  const bill = program
    .command('bill')
    .description('What was used and what it costs.')
    .addHelpText('after', EXAMPLES + EXIT_HELP)
  addShow(billCommand(bill, 'show', 'totals by day, key and model'))
  addBillStatements(billCommand(bill, 'statements', 'each charge, and the receipt that it is for'))
  addReconcile(billCommand(bill, 'reconcile', "hold the bill's statements against the receipts that a client kept"))
}

function addShow(command: Command): void {
  command.option('--csv', 'print CSV').action(async (options: BillOptions) => {
    await withMarket(options, async (market) => {
      const { lines } = await callUnary(market, 'GetBill', wishOf(options))
      const records = lines.map((line) => toRecord(line, FIELDS))
      printRecords(records, options, { names: FIELDS.map(({ name }) => name), show: () => printLines(lines) })
    })
  })
}

interface ReconcileOptions extends BillOptions {
  readonly client?: string
  readonly own?: true
}

/** Statements are stored some time after their answers: at the ends of a period both sides are looked for this much further. */
const SLACK_SECONDS = 3_600

function addReconcile(command: Command): void {
  command
    .option('--client <folder>', "the client's data folder (default: that of the network on this machine)")
    .option('--own', 'leave out sessions of which this client knows nothing')
    .action(async (options: ReconcileOptions) => {
      const kept = await readKeptReceipts(resolve(options.client ?? join(options.data, 'client')))
      const result = await withMarket(options, (market) => reconcileWith(market, kept, options))
      if (options.json === true) printJson(reconciliationJson(result))
      else printReconciliation(result)
      if (result.differences.length > 0) process.exitCode = EXIT.refused
    })
}

async function reconcileWith(
  market: MarketClient,
  kept: readonly KeptRequest[],
  options: ReconcileOptions
): Promise<Reconciliation> {
  const now = new Date()
  const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1) / 1000
  const [from, to] = [options.from ?? month, options.to ?? Math.ceil(now.getTime() / 1000) + 1]
  const wide = { from: from - SLACK_SECONDS, to: to + SLACK_SECONDS, organisation: options.organisation ?? '' }
  const ours = new Map(kept.map((request) => [request.request, request]))
  const sessions = new Set(kept.map(({ request }) => request.split('-')[0]))
  const billed: BilledUsage[] = []
  const seen = new Set<string>()
  for await (const { statement, unbillable, storedAt } of callStream(market, 'ListStatements', wide)) {
    const usage = parseUsage(statement)
    const request = `${encodeHex(usage.sessionId)}-${usage.n}`
    const inPeriod = Number(storedAt) >= from && Number(storedAt) < to
    if (!inPeriod && !ours.has(request)) continue
    if (options.own === true && !sessions.has(encodeHex(usage.sessionId))) continue
    seen.add(request)
    billed.push({ usage, charged: unbillable === '' })
  }
  const own = kept.filter(({ request, at }) => seen.has(request) || (at >= from && at < to))
  return reconcile(own, billed)
}

function reconciliationJson({ matched, billed, agreed, differences }: Reconciliation) {
  return {
    matched,
    billed: String(billed),
    agreed: String(agreed),
    differences: differences.map((one) => ({ ...one, billed: String(one.billed) }))
  }
}

function printReconciliation({ matched, billed, agreed, differences }: Reconciliation): void {
  print(`${matched} requests agree, ${formatTon(agreed)} TON of ${formatTon(billed)} TON billed`)
  if (differences.length === 0) return
  const rows = differences.map(({ kind, request, billed: price, what }) => [kind, request, tonColumn(price), what])
  print('', ...table([['DIFFERENCE', 'REQUEST', 'TON', 'WHAT'], ...rows]))
}

function printLines(lines: readonly BillLine__Output[]): void {
  if (lines.length === 0) {
    print('nothing was used in this time')
    return
  }
  const rows = lines.map((line) => [
    line.day,
    whoseLine(line),
    shortModel(line.model),
    line.requests,
    String(BigInt(line.promptTokens) + BigInt(line.cachedTokens)),
    String(BigInt(line.completionTokens) + BigInt(line.reasoningTokens)),
    tonColumn(line.price),
    [...brokenOf(line), ...(line.unbillable === '' ? [] : [`not charged: ${line.unbillable}`])].join(', ')
  ])
  print(...table([['DAY', 'WHOSE', 'MODEL', 'REQUESTS', 'IN', 'OUT', 'TON', ''], ...rows]))
  const charged = lines.filter(({ unbillable }) => unbillable === '')
  print('', bold(`to be paid: ${formatTon(charged.reduce((sum, { price }) => sum + BigInt(price), 0n))} TON`))
}

function whoseLine({ organisation, keyId, tenant }: BillLine__Output): string {
  const key = keyId.toString('hex').slice(0, 12)
  if (organisation !== '') return `${organisation} ${key}`
  return tenant.byteLength === 0 ? 'nobody' : `tenant ${tenant.toString('hex').slice(0, 12)}`
}

function brokenOf({ cancelled, failed }: BillLine__Output): readonly string[] {
  return [...(cancelled === '0' ? [] : [`${cancelled} cancelled`]), ...(failed === '0' ? [] : [`${failed} failed`])]
}
