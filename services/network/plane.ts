import { type LogSink, type ServiceProcess, startProcess } from '../runtime/child-process.ts'
import { startEmbeddedPostgres } from '../runtime/embedded-postgres.ts'

/** The services between clients and hosts, in the order in which they need one another. */
export const PLANE_SERVICES = ['verifier', 'registry', 'market', 'relay'] as const
export type PlaneService = (typeof PLANE_SERVICES)[number]

/** Whose addresses each is told, as BOMBYX_<NAME>, and whether it keeps its state in PostgreSQL. */
const NEEDS = {
  verifier: { dials: [], database: false },
  registry: { dials: ['verifier'], database: true },
  market: { dials: [], database: true },
  relay: { dials: ['registry', 'market'], database: false }
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
  readonly processes: ReadonlyMap<PlaneService, ServiceProcess>
}

/** Starts any set of the services, each in a process of its own, told of those that are started with it. */
export async function startPlane(wish: PlaneWish): Promise<Plane> {
  await using stack = new AsyncDisposableStack()
  const processes = new Map<PlaneService, ServiceProcess>()
  const database = openDatabaseUrl(wish, stack)
  for (const stage of stagesOf(wish.services)) {
    const started = await Promise.all(
      stage.map(async (name) => {
        const databaseEnv: Record<string, string> = NEEDS[name].database ? { DATABASE_URL: await database() } : {}
        const env = { ...wish.env(name), ...databaseEnv, ...peerEnv(name, processes), ...listenEnv(name, wish) }
        const module = new URL(`../${name}/main.ts`, import.meta.url)
        const process = stack.use(await startProcess({ name, module, env }, wish.logs))
        wish.onReady(process)
        return [name, process] as const
      })
    )
    for (const [name, process] of started) processes.set(name, process)
  }
  const owned = stack.move()
  return { processes, [Symbol.asyncDispose]: () => owned.disposeAsync() }
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

function openDatabaseUrl(wish: PlaneWish, stack: AsyncDisposableStack): () => Promise<string> {
  let url: Promise<string> | undefined
  const open = async (): Promise<string> => {
    const database = stack.use(await startEmbeddedPostgres(wish.dataFolder))
    wish.onReady({ name: 'database', authority: new URL(database.url).host })
    return database.url
  }
  return () => (url ??= wish.databaseUrl === undefined ? open() : Promise.resolve(wish.databaseUrl))
}

function peerEnv(name: PlaneService, processes: ReadonlyMap<PlaneService, ServiceProcess>): Record<string, string> {
  const peers = NEEDS[name].dials.flatMap((peer) => {
    const authority = processes.get(peer)?.authority
    return authority === undefined ? [] : [[`BOMBYX_${peer.toUpperCase()}`, authority]]
  })
  return Object.fromEntries(peers)
}

function listenEnv(name: PlaneService, { listen }: PlaneWish): Record<string, string> {
  return listen[name] === undefined ? {} : { BOMBYX_LISTEN: listen[name] }
}
