import { type BombyxPath, startBombyxPath } from '../path/bombyx-path.ts'
import { Load } from '../path/load-process.ts'
import { type Measure, type Path, pathTarget } from '../path/path.ts'
import { directPath, startBenchProcess, startGrpcPath, startHaproxyPath, startProxyPath } from '../path/rival-paths.ts'
import { haproxyVersion } from '../rivals/haproxy.ts'
import type { Rounds, Target } from '../rounds.ts'
import { median } from '../statistics.ts'

/** The rivals that a row can be run beside. */
export type RivalName = 'undici proxy' | 'pipe proxy' | 'haproxy' | 'gRPC a request'

export interface Field {
  readonly bombyx: BombyxPath
  readonly load: Load
  readonly targets: readonly Target[]
  readonly notes: readonly string[]
}

/** Everything up: `direct`, Bombyx, the rivals that are here, each of them `again` too: what it reaches against itself is noise. */
export async function startField(
  stack: AsyncDisposableStack,
  rivals: readonly RivalName[],
  measure: Measure
): Promise<Field> {
  const load = stack.use(await Load.start())
  const engine = stack.use(await startBenchProcess('path/engine.ts'))
  const bombyx = await startBombyxPath(stack, engine)
  const here = rivals.filter((name) => name !== 'haproxy' || haproxyVersion() !== undefined)
  const paths: Path[] = [directPath(engine), bombyx]
  for (const name of here) paths.push(await startRival(name, stack, engine))
  const again = paths.slice(2).map((path) => pathTarget(path, load, measure, `${path.name} again`))
  const targets = [...paths.map((path) => pathTarget(path, load, measure)), ...again]
  return { bombyx, load, targets, notes: here.length === rivals.length ? haproxyNote(here) : [NO_HAPROXY] }
}

const NO_HAPROXY = 'haproxy is not installed (Debian: apt-get install haproxy): left out.'

function haproxyNote(here: readonly RivalName[]): readonly string[] {
  return here.includes('haproxy') ? [`haproxy ${haproxyVersion()}`] : []
}

/** Where the CPU of a target went, an operation: the processes that cost most first. */
export function costs(rounds: Rounds, target: string, operation: string): string {
  const names = ['endpoint', 'relay', 'host', 'engine', 'load', 'proxy', 'market', 'database', 'registry', 'verifier']
  const known = names.flatMap((name) => {
    const micros = median(rounds.each((sample) => sample(target)[`cpu ${name}`] ?? 0))
    return micros > 0 ? [{ name, micros }] : []
  })
  const parts = known
    .toSorted((a, b) => b.micros - a.micros)
    .map(({ name, micros }) => `${name} ${micros.toFixed(micros < 10 ? 2 : 0)}`)
  return `${target}: CPU µs ${operation}: ${parts.join(', ')}`
}

function startRival(
  name: RivalName,
  stack: AsyncDisposableStack,
  engine: Parameters<typeof directPath>[0]
): Promise<Path> {
  switch (name) {
    case 'undici proxy':
      return startProxyPath(stack, engine, { name, file: 'rivals/undici-proxy.ts' })
    case 'pipe proxy':
      return startProxyPath(stack, engine, { name, file: 'rivals/pipe-proxy.ts' })
    case 'haproxy':
      return startHaproxyPath(stack, engine)
    case 'gRPC a request':
      return startGrpcPath(stack, engine)
  }
}
