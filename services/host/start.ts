import { modelEventPayload } from '../../attestation/appraisal/model-event.ts'
import { randomBytes } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { EXPOSURE_LIMITS } from '../../attestation/receipt/exposure.ts'
import { createSessionClock } from '../../attestation/session/clock.ts'
import { HostSessions } from '../../attestation/session/host-sessions.ts'
import { completeContext, type ServiceContext } from '../runtime/context.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Logger } from '../runtime/log.ts'
import { unixSeconds } from '../runtime/time.ts'
import { Agent, type AgentContext } from './agent.ts'
import { backoffDelay, pause } from './backoff.ts'
import type { Collector } from './collector.ts'
import type { CollectorConfig, DevicesConfig, HostConfig, PaymentConfig } from './config.ts'
import { type AdmittedDevices, admitDevices, checkSameMode } from './device-gate.ts'
import { type DeviceCollector, NO_DEVICES } from './devices.ts'
import { keepsTenantsApart } from './engine-facts.ts'
import { type WatchedEngine, watchEngine } from './engine-watch.ts'
import type { Enrolled } from './enrolment.ts'
import { createIdentity, createSubject } from './identity.ts'
import { type LeftContext, LeftStatements } from './left-statements.ts'
import { loadNscq, loadNvml } from './native-library.ts'
import { nvattestProgram } from './nvattest.ts'
import { openNvidiaDevices } from './nvidia-devices.ts'
import { openPayerMemory, type PayerMemory } from './payer-memory.ts'
import { Payments } from './payments.ts'
import { connectRegistry } from './registry.ts'
import { SlotTable } from './slots.ts'
import { openStatementMemory, type StatementMemory } from './statement-memory.ts'
import { openSubject } from './subject.ts'
import { LINUX_TSM_PATHS, openTsmCollector } from './tsm-collector.ts'
import { UsageLedger } from './usage-ledger.ts'
import { openVirtualCollector } from './virtual-collector.ts'
import { openVirtualDevices } from './virtual-devices.ts'
import { connectEngine, type Engine } from './vllm.ts'

export { type HostConfig, readHostConfig } from './config.ts'
export { type Inspection, inspectGuest } from './inspect.ts'
export { type InspectManifests, inspectDevices } from './inspect-devices.ts'
export { readPayerVouchers } from './payer-memory.ts'
export { connectEngine, parseEngineUrl } from './vllm.ts'

export interface HostContext extends ServiceContext {
  /** Milliseconds that only grow. */
  readonly monotonic: () => number
  /** Gives up a start that is still waiting for the engine or for the registry's yes. */
  readonly signal: AbortSignal
}

export interface HostService extends AsyncDisposable {
  /** Of the first keyset that was listed: `hostId` and `keysetDigest` in hex, `tee`. */
  readonly details: Readonly<Record<string, string>>
}

const ENGINE_WAIT = { firstMs: 250, mostMs: 5_000 }

/** Attests its own devices, waits for the engine, measures, enrols, and serves. Resolves when the host is listed and linked for the first time. */
export async function startHost(config: HostConfig, given: Partial<HostContext> = {}): Promise<HostService> {
  const context: HostContext = {
    ...completeContext('host', given),
    monotonic: given.monotonic ?? ((): number => performance.now()),
    signal: given.signal ?? new AbortController().signal
  }
  await using stack = new AsyncDisposableStack()
  const engine = stack.use(watchEngine(connectEngine(config.engineUrl, config.slots)))
  const collector = await openCollector(config.collector)
  const devices = stack.use(await openDevices(config.devices))
  const admitted = await admitDevices(devices, context.now())
  // Only now may CUDA use them, and the engine come up.
  if (admitted.gpuMode !== undefined) await devices.setReady(true)
  await waitForEngine(engine, context)
  tellUnserved(config, engine, context.logger)
  await collector.measure({
    appId: config.composeHash.subarray(0, 20),
    composeHash: config.composeHash,
    model: modelEventPayload(config.model),
    gpuMode: admitted.gpuMode,
    instanceId: randomBytes(20)
  })
  const registry = await connectRegistry(config.registry.authority, config.registry.dial)
  stack.defer(() => registry.close())
  const listed = Promise.withResolvers<Enrolled>()
  const readmit = async (): Promise<AdmittedDevices> => {
    const again = await admitDevices(devices, context.now())
    checkSameMode(admitted.gpuMode, again.gpuMode)
    return again
  }
  const memory = config.payment && (await openHostMemory(config.payment, context, stack))
  const payments = config.payment && memory && (await openPayments(config.payment, context, memory))
  const left = memory && deliverLeft(memory.statements, context, payments)
  const subject =
    config.subject ?? (config.payment && (await openSubject(config.payment.stateFolder))) ?? createSubject()
  const parts = {
    engine,
    collector,
    devices,
    admitDevices: readmit,
    registry,
    listed: listed.resolve,
    payments,
    statements: memory?.statements,
    left,
    subject
  }
  stack.use(new Agent(createAgentContext(config, context, parts)))
  const { identity, enrolment } = await Promise.race([listed.promise, givenUp(context.signal)])
  const owned = stack.move()
  return {
    details: {
      hostId: encodeHex(enrolment.hostId),
      keysetDigest: encodeHex(identity.keyset.digest),
      tee: enrolment.tee
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync()
  }
}

type AgentParts = Pick<
  AgentContext,
  'collector' | 'devices' | 'admitDevices' | 'registry' | 'listed' | 'payments' | 'left'
> & {
  readonly statements: StatementMemory | undefined
  readonly engine: WatchedEngine
  readonly subject: string
}

function createAgentContext(config: HostConfig, context: HostContext, parts: AgentParts): AgentContext {
  const { monotonic, metrics, logger, now } = context
  const clock = createSessionClock({ wall: () => now().getTime(), monotonic })
  const { engine, subject, statements } = parts
  const ledger: UsageLedger = new UsageLedger(monotonic, () => slots.announce(), statements)
  const slots: SlotTable = new SlotTable(config.slots, () => ledger.full || engine.down)
  engine.onChange(() => {
    logger.warn(engine.down ? 'the engine does not answer' : 'the engine answers again')
    slots.announce()
  })
  const { model, prices, region } = config
  const epoch = randomBytes(16)
  metrics.gauge('bombyx_host_requests', 'Requests that run', () => slots.used)
  metrics.gauge('bombyx_host_usage_unacknowledged', 'Usage statements not yet stored', () => ledger.unacknowledged)
  return {
    ...parts,
    ...{ clock, monotonic, logger, ledger, slots, prices },
    slotCount: config.slots,
    routes: config.routes,
    relays: config.relays,
    dial: config.relayDial,
    sessions: new HostSessions(config.mostSessions),
    cacheKey: randomBytes(32),
    declaration: { prices, region, slots: config.slots, payee: parts.payments?.payee },
    createIdentity: ({ gpus, switches }) => createIdentity({ epoch, subject, model, gpus, switches }, clock())
  }
}

/** What a host remembers from one start to the next. */
interface HostMemory {
  readonly payers: PayerMemory
  readonly statements: StatementMemory
}

async function openHostMemory(
  { stateFolder, payee }: PaymentConfig,
  { logger }: HostContext,
  stack: AsyncDisposableStack
): Promise<HostMemory> {
  const { readAccount } = await import('./escrow-chain.ts')
  // First: it holds the folder for this process alone.
  const payers = stack.use(await openPayerMemory(stateFolder, readAccount(payee), logger))
  return { payers, statements: stack.use(openStatementMemory(stateFolder, logger)) }
}

/** The chain's libraries are loaded only where somebody has to pay. */
async function openPayments(
  config: PaymentConfig,
  { logger, now }: HostContext,
  { payers: memory, statements }: HostMemory
): Promise<Payments> {
  const { openEscrowChain, readAccount } = await import('./escrow-chain.ts')
  const { required, chain, feeShare, minDelay, credit } = config
  const { networkId: network, look } = openEscrowChain(chain)
  const parties = { payee: readAccount(config.payee), market: readAccount(config.market) }
  const policy = { ...parties, feeShare, minDelay, network, limits: { ...EXPOSURE_LIMITS, credit } }
  const clock = (): number => unixSeconds(now())
  const leftOf = (name: string): bigint => statements.leftOf(name)
  return new Payments({ required, policy, look: (escrow) => look(escrow, policy), memory, leftOf, clock, logger })
}

function deliverLeft(
  { left }: StatementMemory,
  { monotonic, logger }: HostContext,
  payments: Payments | undefined
): LeftStatements {
  const ended: LeftContext['ended'] = ({ account, price }, isStored) => payments?.settleLeft(account, price, isStored)
  return new LeftStatements({ left, ended, monotonic, logger })
}

async function openCollector(config: CollectorConfig): Promise<Collector> {
  if (config.kind === 'virtual') return openVirtualCollector(config.path)
  return openTsmCollector(config.log === undefined ? LINUX_TSM_PATHS : { ...LINUX_TSM_PATHS, log: config.log })
}

function openDevices(config: DevicesConfig): Promise<DeviceCollector> {
  if (config.kind === 'none') return Promise.resolve(NO_DEVICES)
  if (config.kind === 'virtual') return openVirtualDevices(config.path)
  const libraries = { nvml: loadNvml, nscq: loadNscq }
  if (config.kind === 'nvml') return openNvidiaDevices(libraries)
  return openNvidiaDevices({ ...libraries, nvattest: nvattestProgram(config.program) })
}

/** A model takes minutes to load; a host that is listed before it answers would only refuse. */
async function waitForEngine(
  engine: Engine,
  { logger, signal }: { logger: Logger; signal: AbortSignal }
): Promise<void> {
  for (let attempt = 0; !(await engine.healthy()); attempt++) {
    if (attempt === 0) logger.info('waiting for the engine')
    await pause(backoffDelay(ENGINE_WAIT, attempt, Math.random()), signal)
    if (signal.aborted) await givenUp(signal)
  }
}

/** What the configuration lists and this engine cannot serve soundly; clients get a 404 there. */
function tellUnserved({ routes }: HostConfig, { known }: WatchedEngine, logger: Logger): void {
  for (const [path, route] of routes) {
    if (keepsTenantsApart(path, route, known)) continue
    logger.warn('not served: the engine caches prefixes and takes no cache_salt there', { path })
  }
}

function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const give = (): void => reject(new ServiceError('CANCELLED', 'stopped before the host was listed'))
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })
}
