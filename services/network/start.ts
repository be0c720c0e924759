import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RelayClient } from '../../proto/gen/bombyx/v1/Relay.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { type ClientEvent, type ProxyService, startProxy } from '../client/start.ts'
import { type LogSink, type ServiceProcess, startProcess } from '../runtime/child-process.ts'
import { codeOf } from '../runtime/errors.ts'
import { callUnary, connect } from '../runtime/grpc-client.ts'
import { type NetworkFile, writeNetworkFile } from '../runtime/network-file.ts'
import { type LogEvent, readLogEvent } from './account/log-events.ts'
import type { MoneyEvent } from './account/money.ts'
import { type Relayed, readRelayed } from './account/relayed.ts'
import type { NetworkConfig } from './config.ts'
import { type LocalLog, openLocalLog } from './local/log.ts'
import { type LocalPayment, openLocalPayment } from './local/payment.ts'
import { openProviderToken } from './local/provider-token.ts'
import { declareSupply } from './local/supply.ts'
import { PLANE_SERVICES, type Plane, type PlaneService, startPlane } from './plane.ts'
import { type HostPlace, hostEnv } from './virtual/host-env.ts'
import { openVirtualTee, type VirtualTee } from './virtual/tee.ts'

export { type ChainService, startChain } from './chain/start.ts'
export { NETWORK_USAGE, type NetworkConfig, readNetworkConfig } from './config.ts'
export { PLANE_SERVICES, type Plane, type PlaneService, type PlaneWish, startPlane } from './plane.ts'
export { runUp } from './up.ts'
export { openVirtualHost } from './virtual/host.ts'

/** What happens, for the account that people read. */
export type NetworkEvent =
  | ClientEvent
  | { readonly kind: 'process-ready'; readonly name: string; readonly authority: string }
  | Relayed
  | LogEvent
  | MoneyEvent

export interface Network extends AsyncDisposable {
  readonly proxy: ProxyService
  readonly addresses: NetworkFile
  readonly payment: LocalPayment
  /** Every process but this one and the database's own. */
  readonly processes: readonly Omit<ServiceProcess, typeof Symbol.asyncDispose>[]
  /** A process ended that should not have. */
  readonly failed: Promise<string>
}

const REGIONS = ['north', 'south'] as const
const LISTING_LIMIT_MS = 20_000

/**
 * All of Bombyx on this machine, every service in a process of its own; client and local endpoint are in this one, as
 * they would be on a user's machine. Everything listens on loopback.
 */
export async function startNetwork(config: NetworkConfig, onEvent: (event: NetworkEvent) => void): Promise<Network> {
  await using stack = new AsyncDisposableStack()
  const logs = await openLogs(config, onEvent)
  const onReady = ({ name, authority }: Pick<ServiceProcess, 'name' | 'authority'>): void =>
    onEvent({ kind: 'process-ready', name, authority })
  const chain = stack.use(await startLocalChain(config, logs))
  onReady(chain)
  const endpoint = chain.details['endpoint'] ?? ''
  const { tee, log } = await openTrust(config, endpoint)
  const payment = await openLocalPayment(config.dataFolder, endpoint, tee.platformFiles.length)
  const plane = stack.use(
    await startPlane({
      services: PLANE_SERVICES,
      env: (service) => ({ ...config.processEnv, ...planeEnv(service, config, { tee, log, payment }) }),
      listen: {},
      dataFolder: config.dataFolder,
      logs,
      onReady
    })
  )
  const { registry, relay, market } = servicesOf(plane)
  const engine = config.vllmUrl === undefined ? stack.use(await startEngine(config, logs)) : undefined
  if (engine !== undefined) onReady(engine)
  const engineUrl = config.vllmUrl ?? `http://${engine?.authority}`
  const token = await openProviderToken(config.dataFolder, registry)
  const common = { registry, relay, engineUrl, model: config.model, token }
  const starting = placesOf(common, tee, payment).map((place, index) => {
    return startHost(`host-${index + 1}`, place, config, logs)
  })
  const hosts = await Promise.all(starting.map(async (host) => stack.use(await host)))
  for (const host of hosts) onReady(host)
  await Promise.all([
    payment.ready,
    waitForModel(relay, config.model, hosts.length),
    declareSupply(market, token, hosts.length, AbortSignal.timeout(LISTING_LIMIT_MS))
  ])
  const proxy = stack.use(await startProxy(proxyConfig(config, relay, { tee, payment }), { onEvent }))
  const own = { endpoint: proxy.url, model: config.model, policyFile: tee.policyFile, engineUrl }
  const addresses = { ...own, ...servicesOf(plane), ...log.names, ...payment.names }
  stack.use(await writeNetworkFile(config.dataFolder, addresses))
  const watched = [chain, ...plane.processes.values(), ...hosts, ...(engine === undefined ? [] : [engine])]
  const failed = Promise.race(watched.map(async ({ name, ended }) => ended.then(() => name)))
  const owned = stack.move()
  return {
    proxy,
    addresses,
    payment,
    processes: watched,
    failed,
    [Symbol.asyncDispose]: () => owned.disposeAsync()
  }
}

function servicesOf({ processes }: Plane): Pick<NetworkFile, 'relay' | 'registry' | 'market' | 'log' | 'logUrl'> {
  const authorityOf = (service: PlaneService): string => processes.get(service)?.authority ?? ''
  return {
    relay: authorityOf('relay'),
    registry: authorityOf('registry'),
    market: authorityOf('market'),
    log: authorityOf('log'),
    logUrl: `http://${processes.get('log')?.details['http']}`
  }
}

interface Trust {
  readonly tee: VirtualTee
  readonly log: LocalLog
  readonly payment: LocalPayment
}

/** The roots, keys and policy of this network: its clients want to see attestations in its own log. */
async function openTrust({ dataFolder, largeMachine }: NetworkConfig, chain: string): Promise<Omit<Trust, 'payment'>> {
  const log = await openLocalLog(dataFolder, chain)
  const machines = largeMachine ? 'large' : 'single'
  return { tee: await openVirtualTee(dataFolder, new Date(), { machines, logKey: log.key }), log }
}

async function openLogs(config: NetworkConfig, onEvent: (event: NetworkEvent) => void): Promise<LogSink> {
  const folder = join(config.dataFolder, 'logs')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const onLine = (name: string, line: string): void => {
    const event = name === 'relay' ? readRelayed(line) : name === 'log' ? readLogEvent(line) : undefined
    if (event !== undefined) onEvent(event)
  }
  return { folder, onLine }
}

function planeEnv(
  service: PlaneService,
  config: NetworkConfig,
  { tee, log, payment }: Trust
): Readonly<Record<string, string>> {
  if (service === 'log') return { ...log.chainEnv, ...log.env }
  if (service === 'registry') return log.chainEnv
  if (service === 'market') return payment.marketEnv
  if (service === 'relay') return { BOMBYX_MARKET_KEYS: 'optional' }
  if (service !== 'verifier') return {}
  return {
    BOMBYX_POLICY: tee.policyFile,
    BOMBYX_COLLATERAL_DIR: tee.collateralFolder,
    BOMBYX_SIGNING_KEY: join(config.dataFolder, 'verifier-key.pem')
  }
}

type CommonPlace = Pick<HostPlace, 'registry' | 'relay' | 'engineUrl' | 'model' | 'token'>

function placesOf(common: CommonPlace, tee: VirtualTee, payment: LocalPayment): readonly HostPlace[] {
  return tee.platformFiles.map((platformFile, index) => ({
    ...common,
    name: String(index + 1),
    region: REGIONS[index] ?? 'elsewhere',
    platformFile,
    devicesFile: tee.deviceFiles[index] ?? '',
    paymentEnv: payment.hostEnv(index)
  }))
}

function startHost(
  name: string,
  place: HostPlace,
  { processEnv }: NetworkConfig,
  logs: LogSink
): Promise<ServiceProcess> {
  const module = new URL('../host/main.ts', import.meta.url)
  return startProcess({ name, module, env: { ...processEnv, ...hostEnv(place) } }, logs)
}

function startLocalChain({ dataFolder, processEnv }: NetworkConfig, logs: LogSink): Promise<ServiceProcess> {
  const env = { ...processEnv, BOMBYX_CHAIN_DATA: join(dataFolder, 'chain') }
  return startProcess({ name: 'chain', module: new URL('chain/main.ts', import.meta.url), env }, logs)
}

function startEngine(config: NetworkConfig, logs: LogSink): Promise<ServiceProcess> {
  const env = { ...config.processEnv, BOMBYX_MODEL: config.model }
  return startProcess({ name: 'engine', module: new URL('engine/main.ts', import.meta.url), env }, logs)
}

/** Hosts have been appraised, listed and linked once the relay offers them for their model. */
export async function waitForModel(relay: string, model: string, hosts = 1): Promise<void> {
  const client = await connect(bombyxV1.Relay, relay)
  try {
    const limit = AbortSignal.timeout(LISTING_LIMIT_MS)
    for (;;) {
      if ((await countHosts(client, model, limit)) >= hosts) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  } finally {
    client.close()
  }
}

/** A relay that knows none, or none that has room, refuses to answer. */
async function countHosts(client: RelayClient, model: string, signal: AbortSignal): Promise<number> {
  try {
    return (await callUnary(client, 'FindHosts', { model }, { signal })).hosts.length
  } catch (error) {
    if (codeOf(error) === 'NO_CAPACITY' || codeOf(error) === 'NOT_FOUND') return 0
    throw error
  }
}

function proxyConfig(
  config: NetworkConfig,
  relay: string,
  { tee, payment }: Omit<Trust, 'log'>
): Parameters<typeof startProxy>[0] {
  return {
    relays: [relay],
    policy: tee.policy,
    listen: `127.0.0.1:${config.port}`,
    dataFolder: join(config.dataFolder, 'client'),
    escrowFile: payment.escrowFile,
    hostNames: [],
    origins: []
  }
}
