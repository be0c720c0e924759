import { compare } from '../compare.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'
import { costs, startField } from './path-row.ts'

const STREAMS = 8

export const unpacedRow: Row = {
  name: 'unpaced',
  title: `Chunks a second, unpaced, ${STREAMS} streams at once`,
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const { targets, notes } = await startField(stack, ['pipe proxy', 'haproxy'], {
      wish: { requests: STREAMS * 5, concurrency: STREAMS, chunks: quick ? 200 : 2_000 },
      operations: ({ chunks }) => chunks,
      wall: ({ elapsed, chunks }) => elapsed / chunks
    })
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 11, warmup: quick ? 1 : 2, random, progress })
    const pipe = { rival: 'pipe proxy', control: 'pipe proxy again', by: 'cpu', beside: 'wall', as: 'rate' } as const
    const middle = { rival: 'haproxy', control: 'haproxy again', ours: 'bombyx', by: 'middle', as: 'time' } as const
    const results = [compare(rounds, { ...pipe, label: 'chunks a second', ours: 'bombyx', ask: { atLeast: 0.75 } })]
    if (targets.some(({ name }) => name === 'haproxy')) {
      results.push(
        compare(rounds, { ...pipe, label: '… of haproxy', ours: 'haproxy' }),
        compare(rounds, { ...middle, label: 'relay CPU a chunk, unpaced' })
      )
    }
    return { results, notes: [...notes, ...targets.map(({ name }) => costs(rounds, name, 'a chunk'))] }
  }
}
