import { randomBytes } from '../../attestation/crypto.ts'
import { openChain } from '../../contracts/chain.ts'
import { bombyxV1, packageDefinition } from '../../proto/load.ts'
import type { ChainSettings } from '../runtime/chain-config.ts'
import { completeContext, type ServiceContext } from '../runtime/context.ts'
import { openDatabase } from '../runtime/database.ts'
import { startGrpcServer } from '../runtime/grpc.ts'
import { callUnary, connect } from '../runtime/grpc-client.ts'
import { requireTokens } from '../runtime/listen.ts'
import type { Logger } from '../runtime/log.ts'
import { readTokens } from '../runtime/tokens.ts'
import { type Beacon, createBeaconSource, NO_BEACON } from './beacon.ts'
import type { RegistryConfig } from './config.ts'
import { Directory } from './directory.ts'
import type { Appraised } from './enrolment.ts'
import { registryServices } from './handlers.ts'
import type { Host } from './host.ts'
import { startLogWriting } from './log-writing.ts'
import { createReferenceValueStore } from './reference-value-store.ts'
import { createRegistryStore, type RegistryStore } from './store.ts'
import { appraisedFromWire, referenceValueToWire } from './wire.ts'

export interface RegistryService extends AsyncDisposable {
  readonly authority: string
}

/** How long evidence that was replaced can still be fetched: as long as a keyset may live. */
const BLOB_LIFE_MS = 24 * 3_600_000
const DROP_INTERVAL_MS = 3_600_000

const CHAIN_LIMIT_MS = 10_000

/** The verifier may first have to ask Intel. */
const APPRAISE_DEADLINE_MS = 30_000

/** Serves Registry, Directory, RegistryAdmin and Blobs. */
export async function startRegistry(
  config: RegistryConfig,
  context?: Partial<ServiceContext>
): Promise<RegistryService> {
  const { now, logger, metrics } = completeContext('registry', context)
  const tokens = config.tokens === undefined ? undefined : await readTokens(config.tokens)
  const operatorTokens = requireTokens(config, tokens)
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openDatabase(config.database, { logger }))
  const store = createRegistryStore(database, config.log !== undefined)
  const referenceValues = createReferenceValueStore(database, config.log !== undefined)
  const directory = stack.use(await Directory.start({ store, now, logger }))
  stack.use(startDroppingBlobs(store, now, logger))
  metrics.gauge('bombyx_hosts_listed', 'Hosts that may take traffic', () => directory.size)
  const verifier = await connect(bombyxV1.Verifier, config.verifier, config.dial)
  stack.defer(() => verifier.close())
  const appraise = async (bundle: Uint8Array, expectedNonce: Uint8Array): Promise<Appraised> => {
    const request = { bundle, expectedNonce, referenceValues: (await referenceValues.list()).map(referenceValueToWire) }
    return appraisedFromWire(await callUnary(verifier, 'Appraise', request, { deadlineMs: APPRAISE_DEADLINE_MS }))
  }
  if (config.log !== undefined)
    stack.use(await startLogWriting(config.log, config.dial, { database, referenceValues, logger, metrics }))
  const enrolment = {
    store,
    now,
    random: randomBytes,
    draw: Math.random,
    appraise,
    attestIntervalMs: config.attestIntervalMs,
    beacon: config.chain === undefined ? async () => NO_BEACON : openBeacon(config.chain, now, logger),
    whenLogged: config.log === undefined ? undefined : (host: Host) => directory.whenLogged(host, config.logWaitMs),
    logger
  }
  const services = registryServices({ ...enrolment, referenceValues, directory, operatorTokens })
  const server = stack.use(
    await startGrpcServer({ ...config, services, reflection: packageDefinition, logger, metrics })
  )
  const started = stack.move()
  return { authority: server.authority, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

function openBeacon(chain: ChainSettings, now: () => Date, logger: Logger): () => Promise<Beacon> {
  const { networkId, latestBlock } = openChain({ ...chain, timeoutMs: CHAIN_LIMIT_MS })
  return createBeaconSource({ network: networkId, latestBlock, now, logger })
}

function startDroppingBlobs(store: RegistryStore, now: () => Date, logger: Logger): Disposable {
  const drop = (): Promise<void> => store.dropBlobs(new Date(now().getTime() - BLOB_LIFE_MS))
  const timer = setInterval(() => {
    drop().catch((error: unknown) => logger.warn('old blobs not dropped', {}, error))
  }, DROP_INTERVAL_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
