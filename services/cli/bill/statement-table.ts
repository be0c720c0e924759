import { encodeHex } from '../../../attestation/encoding.ts'
import { requestName } from '../../../attestation/receipt/reconcile.ts'
import type { TokenCounts, UsageStatement } from '../../../attestation/receipt/usage.ts'
import { formatCsv } from '../terminal/csv.ts'
import { bold, dim, print, printJson, table } from '../terminal/print.ts'
import type { FormatOptions, RecordFields } from '../terminal/records.ts'

/** A usage statement as a market gave it. */
export interface Stated {
  readonly usage: UsageStatement
  readonly storedAt: Date
}

export interface StatementView<Row extends Stated> {
  readonly names: readonly string[]
  readonly record: (row: Row) => RecordFields
  /** Of the columns after the time. */
  readonly heading: readonly string[]
  readonly cells: (row: Row) => readonly string[]
}

/** What of a statement is in every record. */
export const USAGE_NAMES = [
  ...['stored_at', 'request', 'receipt_hash', 'model', 'finish', 'prompt_tokens', 'cached_tokens'],
  ...['completion_tokens', 'reasoning_tokens', 'price', 'epoch', 'seq']
] as const

export function usageRecord({ usage, storedAt }: Stated): RecordFields {
  const { counts, receiptHash, epoch } = usage
  return {
    stored_at: storedAt.toISOString(),
    request: requestName(usage),
    receipt_hash: receiptHash === null ? null : encodeHex(receiptHash),
    model: usage.model,
    finish: usage.finish,
    prompt_tokens: counts.prompt,
    cached_tokens: counts.cached,
    completion_tokens: counts.completion,
    reasoning_tokens: counts.reasoning,
    price: String(usage.price),
    epoch: encodeHex(epoch),
    seq: usage.seq
  }
}

/** Rows that people are shown; more of them are in CSV and JSON. */
const MOST_SHOWN = 1000
const MODEL_WIDTH = 20

/** CSV goes out as the statements come; a table has the newest, in the order of storing, a day below its date. */
export async function printStatements<Row extends Stated>(
  rows: AsyncIterable<Row>,
  { csv, json }: FormatOptions,
  view: StatementView<Row>
): Promise<void> {
  if (csv === true) {
    print(...formatCsv(view.names, []))
    for await (const row of rows) print(...formatCsv(view.names, [view.record(row)]).slice(1))
    return
  }
  const kept: Row[] = []
  let left = 0
  for await (const row of rows) {
    kept.push(row)
    if (json === true || kept.length <= 2 * MOST_SHOWN) continue
    left += kept.splice(0, MOST_SHOWN).length
  }
  if (json === true) printJson(kept.map((row) => ({ ...view.record(row) })))
  else printTable(kept.slice(-MOST_SHOWN), left + Math.max(0, kept.length - MOST_SHOWN), view)
}

function printTable<Row extends Stated>(rows: readonly Row[], left: number, view: StatementView<Row>): void {
  if (rows.length === 0) {
    print('nothing in this time')
    return
  }
  const cells = rows.map((row) => [row.storedAt.toISOString().slice(11, 19), ...view.cells(row)])
  const [heading = '', ...lines] = table([['UTC', ...view.heading], ...cells])
  if (left > 0) print(dim(`${left} before these: --csv has them all`))
  print(heading)
  let day = ''
  for (const [index, row] of rows.entries()) {
    const own = row.storedAt.toISOString().slice(0, 10)
    if (own !== day) print(bold(own))
    day = own
    print(lines[index] ?? '')
  }
}

/** Session and number, as people tell requests apart. */
export function shortRequest({ sessionId, n }: UsageStatement): string {
  return `${encodeHex(sessionId).slice(0, 8)}-${n}`
}

export function shortModel(model: string): string {
  return model.length <= MODEL_WIDTH ? model : `${model.slice(0, MODEL_WIDTH - 1)}…`
}

export function tokensOf({ prompt, cached, completion, reasoning }: TokenCounts): string {
  return String(prompt + cached + completion + reasoning)
}
