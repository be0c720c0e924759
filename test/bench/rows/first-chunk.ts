import { compare } from '../compare.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'
import { costs, startField } from './path-row.ts'

export const firstChunkRow: Row = {
  name: 'first-chunk',
  title: 'Added time to the first chunk, sealed, local endpoint to engine',
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const { targets, notes } = await startField(stack, ['undici proxy', 'haproxy', 'gRPC a request'], {
      wish: { requests: quick ? 20 : 100 },
      operations: ({ chunks }) => chunks,
      wall: ({ first }) => first
    })
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 15, warmup: quick ? 1 : 3, random, progress })
    const common = { ours: 'bombyx', control: 'undici proxy again', by: 'wall', as: 'time', direct: 'direct' } as const
    const undici = { ...common, beside: 'cpu', rival: 'undici proxy' } as const
    return {
      results: [
        compare(rounds, { ...undici, label: 'added time to first chunk p50', ask: { atMost: 1.6 } }),
        compare(rounds, {
          ...common,
          beside: 'cpu',
          label: '… over one gRPC call a request',
          rival: 'gRPC a request',
          control: 'gRPC a request again',
          ask: { atMost: 0.5 }
        }),
        ...targets
          .filter(({ name }) => name === 'haproxy')
          .map(({ name }) => compare(rounds, { ...undici, label: '… of haproxy', ours: name }))
      ],
      notes: [...notes, ...['bombyx', 'gRPC a request', 'undici proxy'].map((name) => costs(rounds, name, 'a request'))]
    }
  }
}
