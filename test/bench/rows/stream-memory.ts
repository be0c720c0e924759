import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceProcess } from '../../../services/runtime/child-process.ts'
import { compare } from '../compare.ts'
import { startBombyxPath } from '../path/bombyx-path.ts'
import { Load } from '../path/load-process.ts'
import { loadWish } from '../path/load-wish.ts'
import { OBSERVED_ENV, Observer } from '../path/observer.ts'
import type { Path } from '../path/path.ts'
import { startBenchProcess, startGrpcProcess } from '../path/rival-paths.ts'
import { runRounds, type Target } from '../rounds.ts'
import type { Row } from '../row.ts'

interface Standing {
  readonly load: Load
  readonly observer: Observer
  readonly streams: number
  /** How long each stands before its only chunk. */
  readonly standMs: number
}

export const streamMemoryRow: Row = {
  name: 'memory',
  title: "The relay's memory a standing stream, over a grpc-js call's",
  async run({ quick, random, progress }) {
    await using stack = new AsyncDisposableStack()
    const load = stack.use(await Load.start())
    const engine = stack.use(await startBenchProcess('path/engine.ts'))
    const observer = new Observer()
    const standing: Standing = { load, observer, streams: quick ? 200 : 1000, standMs: quick ? 4_000 : 15_000 }
    const { onLine } = observer
    const bombyx = await startBombyxPath(stack, engine, { slots: 2048, env: OBSERVED_ENV, onLine })
    const host = stack.use(await startGrpcProcess('host', `http://${engine.authority}`))
    const wish = { env: OBSERVED_ENV, logs: { onLine } }
    const relay = stack.use(await startGrpcProcess('relay', host.authority, wish))
    const endpoint = stack.use(await startGrpcProcess('endpoint', relay.authority))
    const grpc: Path = { name: 'grpc-js', url: `http://${endpoint.authority}`, model: 'bench', processes: {} }
    const targets = [
      standingTarget(bombyx, bombyx.relay, standing),
      standingTarget(grpc, relay, standing),
      standingTarget({ ...grpc, name: 'grpc-js again' }, relay, standing)
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 1 : 3, warmup: 1, random, progress })
    return {
      results: [
        compare(rounds, {
          label: "relay's memory a standing stream",
          ours: 'bombyx',
          rival: 'grpc-js',
          control: 'grpc-js again',
          by: 'used',
          beside: 'rss',
          as: 'time',
          unit: 'bytes',
          ask: { atMost: 0.15 }
        })
      ],
      notes: [
        `${standing.streams} streams that wait for their first chunk; heap and external memory after collecting garbage, less that of the idle relay.`
      ]
    }
  }
}

function standingTarget({ name, url, model }: Path, relay: ServiceProcess, standing: Standing): Target {
  const { load, observer, streams, standMs } = standing
  return {
    name,
    async run() {
      const idle = await observer.look(relay)
      const answered = load.run(
        loadWish(url, model, { requests: streams, concurrency: streams, chunks: 1, everyMs: standMs })
      )
      await sleep(standMs * 0.8)
      const full = await observer.look(relay)
      await answered
      const used = (full.used - idle.used) / streams
      return { operations: streams, figures: { used, rss: (full.rss - idle.rss) / streams } }
    }
  }
}
