import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openProviderToken } from '../../../services/network/local/provider-token.ts'
import { PLANE_SERVICES, type PlaneService, startPlane } from '../../../services/network/plane.ts'
import { openVirtualTee, type VirtualTee } from '../../../services/network/virtual/tee.ts'
import { type LogSink, type ServiceProcess, startProcess } from '../../../services/runtime/child-process.ts'
import { hashToken } from '../../../services/runtime/tokens.ts'
import { makeLogSettings } from '../../fakes/log.ts'
import type { Path } from './path.ts'
import { ENV } from './rival-paths.ts'

/** All of Bombyx, a process a service, with API keys, scheduling and metering on. */
export interface BombyxPath extends Path {
  readonly relay: ServiceProcess
  readonly verifier: ServiceProcess
  readonly tee: VirtualTee
  readonly apiKey: string
  /** Another local endpoint to the same relay, or to whoever passes on to it. */
  startEndpoint(fields: EndpointFields): Promise<Path>
}

export interface EndpointFields {
  readonly name: string
  /** Where the endpoint dials; the relay itself when absent. */
  readonly relay?: string
  readonly cadenceMs?: number
}

export interface BombyxWish {
  readonly slots?: number
  /** Beside their own, of every service. */
  readonly env?: Readonly<Record<string, string>>
  readonly onLine?: LogSink['onLine']
}

const MODEL = 'bench/model'
const SLOTS = 256
const PRICES = {
  BOMBYX_PRICE_PROMPT: '20000000',
  BOMBYX_PRICE_CACHED: '5000000',
  BOMBYX_PRICE_COMPLETION: '60000000',
  BOMBYX_PRICE_REASONING: '60000000'
}
const LISTING_LIMIT_MS = 30_000

export async function startBombyxPath(
  stack: AsyncDisposableStack,
  engine: ServiceProcess,
  wish: BombyxWish = {}
): Promise<BombyxPath> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'bombyx-bench-'))
  stack.defer(() => rm(dataFolder, { recursive: true, force: true }))
  const apiKey = randomBytes(24).toString('hex')
  const keyFile = join(dataFolder, 'api-keys')
  await writeFile(keyFile, `${hashToken(apiKey)} bench\n`)
  const tee = await openVirtualTee(dataFolder, new Date())
  const logs: LogSink = wish.onLine === undefined ? {} : { onLine: wish.onLine }
  const env = { ...ENV, BOMBYX_LOG_LEVEL: 'warn', ...wish.env }
  const logSettings = await makeLogSettings(dataFolder)
  const plane = stack.use(
    await startPlane({
      services: PLANE_SERVICES,
      env: (service) => ({ ...env, ...settingsOf(service, { tee, keyFile, dataFolder, logSettings }) }),
      listen: {},
      dataFolder,
      logs,
      onReady: () => {}
    })
  )
  const service = (name: PlaneService): ServiceProcess => {
    const process = plane.processes.get(name)
    if (process === undefined) throw new TypeError(`no ${name}`)
    return process
  }
  const [registry, relay] = [service('registry').authority, service('relay').authority]
  const start = async (name: string, settings: Readonly<Record<string, string>>): Promise<ServiceProcess> => {
    const module = new URL(`../../../services/${name}/main.ts`, import.meta.url)
    return stack.use(await startProcess({ name, module, env: { ...env, ...settings } }, logs))
  }
  const host = await start('host', {
    BOMBYX_REGISTRY: registry,
    BOMBYX_RELAYS: relay,
    BOMBYX_ENROLMENT_TOKEN: await openProviderToken(dataFolder, registry),
    BOMBYX_COLLECTOR: `virtual:${tee.platformFiles[0]}`,
    BOMBYX_MODEL: MODEL,
    BOMBYX_WEIGHTS: '11'.repeat(32),
    BOMBYX_SLOTS: String(wish.slots ?? SLOTS),
    VLLM_URL: `http://${engine.authority}`,
    ...PRICES
  })
  const planePids = Object.fromEntries(PLANE_SERVICES.map((name) => [name, service(name).pid]))
  const shared = { ...planePids, host: host.pid, engine: engine.pid, database: await postmasterPid(dataFolder) }
  const startEndpoint = async ({ name, relay: dialled = relay, cadenceMs = 0 }: EndpointFields): Promise<Path> => {
    const endpoint = await start('client', {
      BOMBYX_RELAYS: dialled,
      BOMBYX_POLICY: tee.policyFile,
      BOMBYX_TOKEN: apiKey,
      BOMBYX_CADENCE: `${cadenceMs}ms`,
      BOMBYX_LISTEN: '127.0.0.1:0'
    })
    const url = `http://${endpoint.authority}`
    await listed(url)
    return { name, url, model: MODEL, processes: { ...shared, endpoint: endpoint.pid }, middle: 'relay' }
  }
  const path = await startEndpoint({ name: 'bombyx' })
  return { ...path, relay: service('relay'), verifier: service('verifier'), tee, apiKey, startEndpoint }
}

interface PlacePaths {
  readonly tee: VirtualTee
  readonly keyFile: string
  readonly dataFolder: string
  readonly logSettings: Readonly<Record<string, string>>
}

function settingsOf(service: PlaneService, place: PlacePaths): Readonly<Record<string, string>> {
  if (service === 'log') return place.logSettings
  if (service === 'relay') return { BOMBYX_API_KEYS: place.keyFile }
  if (service !== 'verifier') return {}
  return {
    BOMBYX_POLICY: place.tee.policyFile,
    BOMBYX_COLLATERAL_DIR: place.tee.collateralFolder,
    BOMBYX_SIGNING_KEY: join(place.dataFolder, 'verifier-key.pem')
  }
}

async function postmasterPid(dataFolder: string): Promise<number> {
  return Number((await readFile(join(dataFolder, 'postgres', 'postmaster.pid'), 'latin1')).split('\n', 1)[0])
}

/** The host has been appraised and linked once the endpoint offers its model. */
async function listed(url: string): Promise<void> {
  const limit = AbortSignal.timeout(LISTING_LIMIT_MS)
  for (;;) {
    const answer = await fetch(`${url}/v1/models`, { signal: limit })
    if ((await answer.text()).includes(MODEL)) return
    await sleep(100, undefined, { signal: limit })
  }
}
