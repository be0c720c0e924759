import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeHex } from '../../attestation/encoding.ts'
import { parseKeyset } from '../../attestation/session/keyset.ts'
import { bombyxV1 } from '../../proto/load.ts'
import type { ClientEvent } from '../../services/client/start.ts'
import { openProviderToken } from '../../services/network/local/provider-token.ts'
import { PLANE_SERVICES, type Plane, startPlane, waitForModel } from '../../services/network/start.ts'
import { openVirtualTee, type VirtualTee } from '../../services/network/virtual/tee.ts'
import { type ServiceProcess, startProcess } from '../../services/runtime/child-process.ts'
import { callStream, connect } from '../../services/runtime/grpc-client.ts'
import { makeLogSettings } from '../fakes/log.ts'
import { startClient } from './client.ts'
import { startWire, type Wire } from './wire.ts'

export const MODEL = 'bombyx/demonstration'
const HOSTS = 3
const REQUEST_SECONDS = 30

/** One machine that serves; after a kill another guest starts on it. */
export interface HostPlace {
  readonly name: string
  /** The end of the subject that its guests keep. */
  readonly subject: string
  /** Of the guest that runs now. */
  process: ServiceProcess | undefined
  start(): Promise<void>
}

/** The whole network in processes, with hops that can be cut. */
export interface World extends AsyncDisposable {
  readonly url: string
  readonly databaseUrl: string
  readonly registry: string
  readonly places: readonly HostPlace[]
  readonly hostWire: Wire
  readonly clientWire: Wire
  /** Whose each keyset is that was ever listed. */
  readonly subjects: ReadonlyMap<string, string>
  /** Every process that runs now, by name. */
  pids(): ReadonlyMap<string, number>
  /** Processes that ended and were not killed by us. */
  readonly deaths: readonly string[]
}

export async function startWorld(onEvent: (event: ClientEvent) => void): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const dataFolder = await mkdtemp(join(tmpdir(), 'bombyx-soak-'))
  stack.defer(() => rm(dataFolder, { recursive: true, force: true }))
  const tee = await openVirtualTee(dataFolder, new Date())
  const hostWire = stack.use(await startWire(() => plane.processes.get('relay')?.authority ?? ''))
  const clientWire = stack.use(await startWire(() => plane.processes.get('relay')?.authority ?? ''))
  const plane: Plane = stack.use(await startServices(dataFolder, tee, hostWire))
  const engine = stack.use(
    await startProcess(
      { name: 'engine', module: moduleOf('network/engine/main.ts'), env: { BOMBYX_MODEL: MODEL } },
      { folder: dataFolder }
    )
  )
  const registry = plane.processes.get('registry')?.authority ?? ''
  const deaths: string[] = []
  const fixed = [...plane.processes.values(), engine]
  for (const { name, ended } of fixed) void ended.then(() => deaths.push(name))
  const subjects = new Map<string, string>()
  stack.use(await followDirectory(registry, subjects))
  const env = {
    BOMBYX_REGISTRY: registry,
    BOMBYX_RELAYS: hostWire.authority,
    BOMBYX_ENROLMENT_TOKEN: await openProviderToken(dataFolder, registry),
    BOMBYX_MODEL: MODEL,
    BOMBYX_WEIGHTS: '00'.repeat(32),
    VLLM_URL: `http://${engine.authority}`
  }
  const places = Array.from({ length: HOSTS }, (_, index) =>
    createPlace(
      index,
      { ...env, BOMBYX_COLLECTOR: `virtual:${tee.platformFiles[index % tee.platformFiles.length]}` },
      dataFolder
    )
  )
  for (const place of places) stack.defer(async () => place.process?.[Symbol.asyncDispose]())
  await Promise.all(places.map((place) => place.start()))
  await waitForModel(plane.processes.get('relay')?.authority ?? '', MODEL)
  const wish = { relay: clientWire.authority, policyFile: tee.policyFile, requestSeconds: REQUEST_SECONDS }
  const client = stack.use(await startClient(wish, onEvent))
  const owned = stack.move()
  return {
    url: `http://${client.authority}`,
    databaseUrl: plane.databaseUrl ?? '',
    registry,
    places,
    hostWire,
    clientWire,
    subjects,
    deaths,
    pids: () => {
      const running = [...fixed, ...places.flatMap((place) => place.process ?? [])]
      return new Map([...running.map(({ name, pid }) => [name, pid] as const), ['client', client.pid]])
    },
    async [Symbol.asyncDispose]() {
      // What ends from here on was meant to.
      deaths.push = () => deaths.length
      await owned.disposeAsync()
    }
  }
}

async function startServices(dataFolder: string, tee: VirtualTee, hostWire: Wire): Promise<Plane> {
  const logEnv = await makeLogSettings(dataFolder)
  const verifierEnv = {
    BOMBYX_POLICY: tee.policyFile,
    BOMBYX_COLLATERAL_DIR: tee.collateralFolder,
    BOMBYX_SIGNING_KEY: join(dataFolder, 'key')
  }
  return startPlane({
    services: PLANE_SERVICES,
    env: (name) => ({
      PATH: process.env.PATH ?? '',
      BOMBYX_AUTHORITIES: hostWire.authority,
      ...(name === 'verifier' ? verifierEnv : name === 'log' ? logEnv : {})
    }),
    listen: {},
    dataFolder,
    logs: { folder: dataFolder },
    onReady: () => {}
  })
}

/** Learns every keyset that is listed, as it is listed. */
async function followDirectory(registry: string, subjects: Map<string, string>): Promise<AsyncDisposable> {
  const directory = await connect(bombyxV1.Directory, registry)
  const stop = new AbortController()
  const following = (async () => {
    for await (const event of callStream(directory, 'Watch', {}, { signal: stop.signal })) {
      if (event.listed == null) continue
      const { digest, subject } = parseKeyset(event.listed.keyset)
      subjects.set(encodeHex(digest), subject)
    }
  })().catch(() => {})
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await following
      directory.close()
    }
  }
}

function createPlace(index: number, env: Readonly<Record<string, string>>, folder: string): HostPlace {
  const name = `host-${index + 1}`
  const subject = String(index + 1).padStart(32, '0')
  const spec = { name, module: moduleOf('host/main.ts'), env: { ...env, BOMBYX_SUBJECT: subject } }
  const place: HostPlace = {
    name,
    subject,
    process: undefined,
    async start() {
      place.process = await startProcess(spec, { folder })
    }
  }
  return place
}

function moduleOf(path: string): URL {
  return new URL(`../../services/${path}`, import.meta.url)
}
