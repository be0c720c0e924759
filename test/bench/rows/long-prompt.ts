import { compare } from '../compare.ts'
import { startBombyxPath } from '../path/bombyx-path.ts'
import { startDelayProxy } from '../path/delay-proxy.ts'
import { Load } from '../path/load-process.ts'
import { type Measure, pathTarget } from '../path/path.ts'
import { startBenchProcess, startGrpcHop } from '../path/rival-paths.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const ROUND_TRIP_MS = 20
const PROMPT_BYTES = 2 * 1024 * 1024

export const longPromptRow: Row = {
  name: 'long-prompt',
  title: `Time to the first chunk of a prompt of 2 MiB over a round trip of ${ROUND_TRIP_MS} ms, over the defaults of grpc-js`,
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const load = stack.use(await Load.start())
    const engine = stack.use(await startBenchProcess('path/engine.ts'))
    const delay = async (upstream: string) => stack.use(await startDelayProxy(upstream, ROUND_TRIP_MS / 2)).authority
    const network = await startBombyxPath(stack, engine)
    const relay = await delay(network.relay.authority)
    const bombyx = await network.startEndpoint({ name: 'bombyx', relay })
    const grpc = await startGrpcHop(stack, engine, delay)
    const requests = quick ? 2 : 15
    const measure: Measure = {
      wish: { requests, promptBytes: PROMPT_BYTES },
      operations: () => requests,
      wall: ({ first }) => first
    }
    const targets = [
      pathTarget(bombyx, load, measure),
      pathTarget({ ...bombyx, name: 'short prompt' }, load, { ...measure, wish: { requests } }),
      pathTarget(grpc, load, measure),
      pathTarget(grpc, load, measure, 'grpc-js again')
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 2 : 21, warmup: 1, random, progress })
    const common = { rival: grpc.name, control: 'grpc-js again', by: 'wall', beside: 'cpu', as: 'time' } as const
    return {
      results: [
        compare(rounds, { ...common, label: '2 MiB prompt over 20 ms', ours: 'bombyx', ask: { atMost: 1 / 25 } }),
        compare(rounds, { ...common, label: '… of a short prompt', ours: 'short prompt' })
      ],
      notes: [
        'The round trip lies between local endpoint and relay; the rival sends its one call over it, to a host without a relay.'
      ]
    }
  }
}
