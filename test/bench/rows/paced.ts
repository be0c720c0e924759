import { compare } from '../compare.ts'
import { type Measure, pathTarget } from '../path/path.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'
import { costs, startField } from './path-row.ts'

const STREAMS = 100
const EVERY_MS = 20

export const pacedRow: Row = {
  name: 'paced',
  title: `Added delay a chunk, ${STREAMS} streams of ${1000 / EVERY_MS} chunks a second; the relay's CPU a chunk`,
  async run({ quick, random, progress }) {
    const measure: Measure = {
      wish: { requests: STREAMS, concurrency: STREAMS, chunks: quick ? 50 : 100, everyMs: EVERY_MS },
      operations: ({ chunks }) => chunks,
      wall: ({ delay }) => delay
    }
    await using stack = new AsyncDisposableStack()
    const field = await startField(stack, ['undici proxy', 'haproxy'], measure)
    const cadence = await field.bombyx.startEndpoint({ name: 'cadence 20 ms', cadenceMs: 20 })
    const targets = [...field.targets, pathTarget(cadence, field.load, measure)]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 11, warmup: 1, random, progress })
    const undici = { rival: 'undici proxy', control: 'undici proxy again' } as const
    const haproxy = { rival: 'haproxy', control: 'haproxy again' } as const
    const delay = { ...undici, by: 'wall', beside: 'delay95', as: 'time', direct: 'direct' } as const
    const middle = { ...haproxy, ours: 'bombyx', by: 'middle', as: 'time' } as const
    const results = [
      compare(rounds, { ...delay, label: 'added delay a chunk p50, cadence off', ours: 'bombyx', ask: { atMost: 2 } }),
      compare(rounds, { ...delay, label: '… cadence 20 ms', ours: cadence.name })
    ]
    if (targets.some(({ name }) => name === 'haproxy')) {
      results.push(
        compare(rounds, { ...delay, label: '… of haproxy', ours: 'haproxy' }),
        compare(rounds, { ...middle, label: 'relay CPU a chunk, paced', ask: { atMost: 2.8 } })
      )
    }
    return {
      results,
      notes: [...field.notes, ...targets.map(({ name }) => costs(rounds, name, 'a chunk'))]
    }
  }
}
