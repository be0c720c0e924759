import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { standing } from '../compare.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const LEAVES = 10_000_000
const LIMIT = 300 * 1024 * 1024
const run = promisify(execFile)

export const logMemoryRow: Row = {
  name: 'log-memory',
  title: "The log's memory with a tree of 10^7 leaves",
  async run({ quick, random, progress }) {
    const leaves = quick ? LEAVES / 10 : LEAVES
    const grow = async () => {
      const module = fileURLToPath(new URL('../log/grow.ts', import.meta.url))
      const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', module, String(leaves)])
      return { operations: leaves, figures: { rss: Number(stdout) } }
    }
    const targets = [{ name: 'log', run: grow }]
    const rounds = await runRounds(targets, { rounds: quick ? 1 : 3, warmup: 0, random, progress })
    return {
      results: [
        standing(rounds, { label: 'log, 10^7 leaves', ours: 'log', by: 'rss', unit: 'bytes', ask: { atMost: LIMIT } })
      ],
      notes: [
        'A process of its own: all of the log’s code, the tree grown in batches of 4,096, 5,000 proofs of random leaves; the most resident memory that it ever had.'
      ]
    }
  }
}
