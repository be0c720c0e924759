import { type LogSink, type ServiceProcess, startProcess } from '../runtime/child-process.ts'
import { startEmbeddedPostgres } from '../runtime/embedded-postgres.ts'

/** The services between clients and hosts, in the order in which they need one another. */
export const PLANE_SERVICES = ['log', 'verifier', 'registry', 'market', 'relay'] as const
export type PlaneService = (typeof PLANE_SERVICES)[number]

/** Whose addresses each is told, as BOMBYX_<NAME>, and whether it keeps its state in PostgreSQL. */
const NEEDS = {
  log: { dials: [], database: true },
  verifier: { dials: [], database: false },
  registry: { dials: ['verifier', 'log'], database: true },
  market: { dials: ['registry', 'log'], database: true },
  relay: { dials: ['registry', 'market', 'log'], database: false }
} as const satisfies Record<PlaneService, { dials: readonly PlaneService[]; database: boolean }>

export interface PlaneWish {
  readonly services: readonly PlaneService[]
  /** What each process gets of the environment beside its peers' addresses and its own. */
  readonly env: (service: PlaneService) => Readonly<Record<string, string>>
  /** `host:port` a service; a free port of loopback where absent. */
  readonly listen: Readonly<Partial<Record<PlaneService, string>>>
  /** Holds the embedded database where no `databaseUrl` is given. */
  readonly dataFolder: string
  readonly databaseUrl?: string
  readonly logs: LogSink
  readonly onReady: (process: Pick<ServiceProcess, 'name' | 'authority'>) => void
}

export interface Plane extends AsyncDisposable {
  /** With its password; absent where no service here keeps state. */
  readonly databaseUrl?: string
  readonly processes: ReadonlyMap<PlaneService, ServiceProcess>
}

/** Starts any set of the services, each in a process of its own, told of those that are started with it. */
export async function startPlane(wish: PlaneWish): Promise<Plane> {
  await using stack = new AsyncDisposableStack()
  const processes = new Map<PlaneService, ServiceProcess>()
  const database = wish.services.some((name) => NEEDS[name].database) ? await openDatabase(wish, stack) : {}
  for (const stage of stagesOf(wish.services)) {
    const started = await Promise.all(
      stage.map(async (name) => {
        const env = { ...wish.env(name), ...peerEnv(name, processes), ...ownEnv(name, wish, database.databaseUrl) }
        const module = new URL(`../${name}/main.ts`, import.meta.url)
        const process = stack.use(await startProcess({ name, module, env }, wish.logs))
        wish.onReady(process)
        return [name, process] as const
      })
    )
    for (const [name, process] of started) processes.set(name, process)
  }
  const owned = stack.move()
  return { ...database, processes, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Services in groups that can start together: each after those that it dials. */
function stagesOf(wanted: readonly PlaneService[]): readonly (readonly PlaneService[])[] {
  const depth = (name: PlaneService): number => Math.max(0, ...NEEDS[name].dials.map((peer) => depth(peer) + 1))
  const stages: PlaneService[][] = []
  for (const name of PLANE_SERVICES.filter((service) => wanted.includes(service))) {
    const at = depth(name)
    stages[at] = [...(stages[at] ?? []), name]
  }
  return stages.filter((stage) => stage !== undefined)
}

async function openDatabase(wish: PlaneWish, stack: AsyncDisposableStack): Promise<{ databaseUrl?: string }> {
  if (wish.databaseUrl !== undefined) return { databaseUrl: wish.databaseUrl }
  const { url } = stack.use(await startEmbeddedPostgres(wish.dataFolder))
  wish.onReady({ name: 'database', authority: new URL(url).host })
  return { databaseUrl: url }
}

function peerEnv(name: PlaneService, processes: ReadonlyMap<PlaneService, ServiceProcess>): Record<string, string> {
  const peers = NEEDS[name].dials.flatMap((peer) => {
    const authority = processes.get(peer)?.authority
    return authority === undefined ? [] : [[`BOMBYX_${peer.toUpperCase()}`, authority]]
  })
  return Object.fromEntries(peers)
}

function ownEnv(name: PlaneService, { listen }: PlaneWish, databaseUrl: string | undefined): Record<string, string> {
  return {
    ...(NEEDS[name].database && databaseUrl !== undefined ? { DATABASE_URL: databaseUrl } : {}),
    ...(listen[name] === undefined ? {} : { BOMBYX_LISTEN: listen[name] })
  }
}
