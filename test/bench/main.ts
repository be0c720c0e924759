import { parseArgs } from 'node:util'
import type { Result } from './compare.ts'
import { shareTwoCores } from './cores.ts'
import { printTable } from './print.ts'
import { seededRandom } from './random.ts'
import { NotHere, type Row, type RowContext } from './row.ts'
import { ROWS } from './rows/index.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean' },
    seed: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  }
})

if (values.help === true) write(`npm run bench -- [--only NAME]… [--quick] [--seed N]\n\n${names(ROWS)}\n`)
else await bench(chosen(values.only ?? []))

async function bench(rows: readonly Row[]): Promise<void> {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed)
  write(`Bombyx figures, ${new Date().toISOString()}, Node ${process.version}, ${shareTwoCores()}, seed ${seed}\n`)
  if (values.quick === true) write('--quick: rounds are few and short, the figures mean little.\n')
  const results: Result[] = []
  for (const row of rows) results.push(...(await runRow(row, { seed, quick: values.quick === true })))
  if (rows.length > 1) write(`\n${printTable(results)}\n`)
}

async function runRow(row: Row, wish: { readonly seed: number; readonly quick: boolean }): Promise<readonly Result[]> {
  write(`\n${row.title} (${row.name})\n`)
  const context: RowContext = { quick: wish.quick, random: seededRandom(wish.seed), progress: progressOf(row) }
  try {
    const { results, notes } = await row.run(context)
    write(`${printTable(results)}\n`)
    for (const note of notes) write(`  ${note}\n`)
    return results
  } catch (error) {
    if (!(error instanceof NotHere)) throw error
    write(`  skipped: ${error.message}\n`)
    return []
  }
}

function progressOf({ name }: Row): RowContext['progress'] {
  return (done, of) => {
    if (process.stderr.isTTY) process.stderr.write(`\r  ${name}: round ${done} of ${of}${done === of ? '\n' : ''}`)
  }
}

function chosen(only: readonly string[]): readonly Row[] {
  const unknown = only.find((name) => !ROWS.some((row) => row.name === name))
  if (unknown !== undefined) throw new TypeError(`no row ${unknown}; there are:\n${names(ROWS)}`)
  return only.length === 0 ? ROWS : ROWS.filter(({ name }) => only.includes(name))
}

function names(rows: readonly Row[]): string {
  return rows.map(({ name, title }) => `  ${name.padEnd(16)} ${title}`).join('\n')
}

function write(text: string): void {
  process.stdout.write(text)
}
