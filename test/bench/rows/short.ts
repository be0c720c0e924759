import { compare } from '../compare.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'
import { costs, startField } from './path-row.ts'

export const shortRow: Row = {
  name: 'short',
  title: 'Short requests a second, whole system, keys, scheduling and metering on',
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const requests = quick ? 200 : 1_000
    const { targets, notes } = await startField(stack, ['undici proxy', 'haproxy', 'gRPC a request'], {
      wish: { stream: false, requests, concurrency: 32 },
      operations: () => requests,
      wall: ({ elapsed }) => elapsed / requests
    })
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 11, warmup: quick ? 1 : 3, random, progress })
    const common = {
      rival: 'undici proxy',
      control: 'undici proxy again',
      by: 'cpu',
      beside: 'wall',
      as: 'rate'
    } as const
    const others = targets.filter(({ name }) => name === 'haproxy' || name === 'gRPC a request')
    return {
      results: [
        compare(rounds, { ...common, label: 'short requests a second', ours: 'bombyx', ask: { atLeast: 0.6 } }),
        ...others.map(({ name }) => compare(rounds, { ...common, label: `… of ${name}`, ours: name }))
      ],
      notes: [...notes, ...targets.map(({ name }) => costs(rounds, name, 'a request'))]
    }
  }
}
