import type { VouchersClient } from '../../proto/gen/bombyx/v1/Vouchers.ts'
import { bombyxV1, packageDefinition } from '../../proto/load.ts'
import { completeContext, type ServiceContext } from '../runtime/context.ts'
import { startGrpcServer } from '../runtime/grpc.ts'
import { callStream, callUnary, connect, type DialConfig } from '../runtime/grpc-client.ts'
import { type LinkTimers, systemTimers } from '../runtime/link/timers.ts'
import { isLoopback, parseHostPort, requireTokens } from '../runtime/listen.ts'
import type { Logger } from '../runtime/log.ts'
import { readTokens } from '../runtime/tokens.ts'
import { BlobCache } from './blob-cache.ts'
import type { RelayConfig } from './config.ts'
import { RelayCore } from './core.ts'
import { readDirectory } from './directory-stream.ts'
import { bindRelay, type RelayLog, type RelayMarket, type RelayParts } from './handlers.ts'
import { type Admit, admitBy, fileKeys, type KeyRing } from './key-grant.ts'
import { LogProofs } from './log-proofs.ts'
import { type KeyChange, MarketKeys } from './market-keys.ts'
import { VoucherCarrier, type VoucherForMarket } from './payments.ts'
import type { Draw } from './plan.ts'
import { readKeyEvent, readStoredUsage } from './wire.ts'

export interface RelayContext extends ServiceContext {
  readonly draw: Draw
  readonly timers: LinkTimers
  /** Milliseconds that never run back. */
  readonly monotonic: () => number
}

export interface RelayService extends AsyncDisposable {
  readonly authority: string
}

/** Serves Relay, ClientLink, HostLink, HostSession and Blobs. */
export async function startRelay(config: RelayConfig, context: Partial<RelayContext> = {}): Promise<RelayService> {
  const given = completeRelayContext(context)
  const { logger, metrics } = given
  await using stack = new AsyncDisposableStack()
  const admit = await openKeys(config, given, stack)
  const registry = await connect(bombyxV1.Directory, config.registry, config.dial)
  const content = await connect(bombyxV1.Blobs, config.registry, config.dial)
  const market = await connect(bombyxV1.Metering, config.market, config.dial)
  const money = await connect(bombyxV1.Vouchers, config.market, config.dial)
  stack.defer(() => {
    for (const client of [registry, content, market, money]) client.close()
  })
  const authorities = new Set(config.authorities)
  const core = stack.use(
    new RelayCore(
      {
        limits: config.limits,
        authorities,
        watch: (signal) => readDirectory(registry, signal, logger),
        store: async (statements) =>
          readStoredUsage(await callUnary(market, 'StoreUsage', { statements: [...statements] }))
      },
      given
    )
  )
  const fetchBlob = async (digest: Uint8Array): Promise<Uint8Array> =>
    (await callUnary(content, 'GetBlob', { digest })).content
  const blobs = new BlobCache(fetchBlob, config.limits.blobCacheBytes)
  const log = config.log === undefined ? undefined : await connectLog(config.log, config.dial, given, stack)
  const listReferenceValues = keptFor(REFERENCE_VALUES_MS, given.monotonic, async () => {
    return (await callUnary(registry, 'ListReferenceValues', {})).values
  })
  const { table } = core
  const vouchers = stack.use(new VoucherCarrier({ table, timers: given.timers, logger, store: storeAt(money) }))
  const knownVouchers = askKnown(money, logger)
  const marketPort: RelayMarket = {
    listVouchers: (request) => callUnary(money, 'ListVouchers', request, { deadlineMs: VOUCHERS_DEADLINE_MS }),
    findStatements: (request) => callUnary(market, 'FindStatements', request, { deadlineMs: VOUCHERS_DEADLINE_MS })
  }
  const more = { blobs, log, listReferenceValues, draw: given.draw, vouchers, knownVouchers, market: marketPort }
  const services = bindRelay({ ...core.parts(admit), ...more })
  const server = stack.use(
    await startGrpcServer({ ...config, services, reflection: packageDefinition, logger, metrics })
  )
  addOwnAuthorities(authorities, server.authority)
  countRelay(core, given)
  const started = stack.move()
  return { authority: server.authority, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

/** A client waits for what the relay asks of the log; a log that hangs must not hang it. */
const LOG_DEADLINE_MS = 3_000
const PROOF_FRESH_MS = 3_000

/** A revocation is told this much later. */
const REFERENCE_VALUES_MS = 5_000

/** A host is kept waiting by it, and then told that nobody knows. */
const VOUCHERS_DEADLINE_MS = 3_000

function storeAt(market: VouchersClient): (message: VoucherForMarket) => Promise<void> {
  return async (message) => {
    await callUnary(market, 'StoreVoucher', message, { deadlineMs: VOUCHERS_DEADLINE_MS })
  }
}

function askKnown(market: VouchersClient, logger: Logger): RelayParts['knownVouchers'] {
  return async (escrow) => {
    try {
      const request = { escrow: Buffer.from(escrow) }
      const { vouchers } = await callUnary(market, 'ListVouchers', request, { deadlineMs: VOUCHERS_DEADLINE_MS })
      return vouchers.map(({ voucher }) => voucher)
    } catch (error) {
      logger.warn('the market does not say what an escrow has paid', {}, error)
      return undefined
    }
  }
}

/** One answer for all who ask within so many milliseconds; one that fails is no answer. */
function keptFor<Result>(
  milliseconds: number,
  monotonic: () => number,
  ask: () => Promise<Result>
): () => Promise<Result> {
  let kept: { readonly at: number; readonly answer: Promise<Result> } | undefined
  return () => {
    if (kept !== undefined && monotonic() - kept.at < milliseconds) return kept.answer
    const asked = { at: monotonic(), answer: ask() }
    asked.answer.catch(() => {
      if (kept === asked) kept = undefined
    })
    kept = asked
    return asked.answer
  }
}

/** Whoever asks needs a key that a file or the market knows. None is needed only where nobody beyond this machine can ask. */
async function openKeys(
  config: RelayConfig,
  { timers, logger, monotonic }: RelayContext,
  stack: AsyncDisposableStack
): Promise<Admit> {
  const rings: KeyRing[] = config.apiKeys === undefined ? [] : [fileKeys(await readTokens(config.apiKeys))]
  if (config.marketKeys !== 'false') {
    const client = await connect(bombyxV1.ApiKeys, config.market, config.dial)
    stack.defer(() => client.close())
    const watch = async function* (signal: AbortSignal): AsyncGenerator<KeyChange, void> {
      for await (const event of callStream(client, 'Watch', {}, { signal })) yield readKeyEvent(event)
    }
    rings.push(stack.use(new MarketKeys({ watch, timers, logger, monotonic, graceMs: config.limits.keysGraceMs })))
  }
  const isKeyless = rings.length === 0 || config.marketKeys === 'optional'
  requireTokens(config, isKeyless ? undefined : rings)
  return admitBy(rings, isKeyless)
}

async function connectLog(
  authority: string,
  dial: DialConfig,
  { monotonic, logger }: RelayContext,
  stack: AsyncDisposableStack
): Promise<RelayLog> {
  const log = await connect(bombyxV1.Log, authority, dial)
  stack.defer(() => log.close())
  const limits = { deadlineMs: LOG_DEADLINE_MS }
  return {
    proofs: new LogProofs({
      fetch: async (index) => (await callUnary(log, 'GetProof', { index: String(index) }, limits)).proof,
      monotonic,
      freshMs: PROOF_FRESH_MS,
      onFault: (error) => logger.warn('no proof from the log', {}, error)
    }),
    getConsistency: async (oldSize, newSize) =>
      (await callUnary(log, 'GetConsistency', { oldSize, newSize }, limits)).hashes
  }
}

function completeRelayContext(context: Partial<RelayContext>): RelayContext {
  return {
    ...completeContext('relay', context),
    draw: context.draw ?? Math.random,
    timers: context.timers ?? systemTimers,
    monotonic: context.monotonic ?? ((): number => performance.now())
  }
}

/** The address it listens on is a name of its own; on loopback the name for that, too. */
function addOwnAuthorities(authorities: Set<string>, authority: string): void {
  authorities.add(authority)
  const { host, port } = parseHostPort(authority)
  if (isLoopback(host)) authorities.add(`localhost:${port}`)
}

function countRelay(core: RelayCore, { metrics }: RelayContext): void {
  metrics.gauge('bombyx_relay_hosts', 'Hosts that the directory lists', () => core.table.size)
  metrics.gauge('bombyx_relay_requests', 'Requests that run or wait', () => core.switchboard.running)
  metrics.gauge('bombyx_relay_queued', 'Requests that wait for a slot', () => core.queue.size)
  metrics.gauge(
    'bombyx_relay_usage_waiting',
    'Usage statements that the market has not stored',
    () => core.usage.waiting
  )
}
