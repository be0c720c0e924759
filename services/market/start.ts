import { randomBytes } from '../../attestation/crypto.ts'
import { packageDefinition } from '../../proto/load.ts'
import { completeContext, type ServiceContext } from '../runtime/context.ts'
import { type Database, openDatabase } from '../runtime/database.ts'
import { startGrpcServer } from '../runtime/grpc.ts'
import { requireTokens } from '../runtime/listen.ts'
import { readTokens } from '../runtime/tokens.ts'
import { createKeyStore } from './accounts/key-store.ts'
import { createAccountStore } from './accounts/store.ts'
import { startLogWriting } from './billing/log-writing.ts'
import { createPeriodStore } from './billing/period-store.ts'
import { closePeriods } from './billing/periods.ts'
import { createServedStore } from './billing/served-store.ts'
import { createBillStore } from './billing/store.ts'
import type { MarketConfig } from './config.ts'
import { type MarketContext, marketServices } from './handlers.ts'
import type { MeteringContext } from './metering/metering.ts'
import { createMarketStore } from './metering/store.ts'
import { startPlanningThread } from './planning/thread.ts'
import { followDirectory } from './supply/directory.ts'
import { createHostStore } from './supply/host-store.ts'
import { connectRegistry, noRegistry, type RegistryPort } from './supply/registry.ts'
import { createSupplyStore } from './supply/store.ts'
import { createWalletStore } from './supply/wallet-store.ts'
import { startVouchers } from './vouchers/start.ts'

export interface MarketService extends AsyncDisposable {
  readonly authority: string
}

/** Serves Market, Metering, ApiKeys and Vouchers. */
export async function startMarket(config: MarketConfig, context?: Partial<ServiceContext>): Promise<MarketService> {
  const given = completeContext('market', context)
  const { now, logger, metrics } = given
  const tokens = requireTokens(config, await readTokenFile(config.tokens))
  const operatorTokens = requireTokens(config, await readTokenFile(config.operatorTokens))
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openDatabase(config.database, { logger }))
  const registry = config.registry === undefined ? noRegistry : await connectRegistry(config.registry, config.dial)
  stack.use(registry)
  const vouchers = config.vouchers && stack.use(startVouchers(config.vouchers, database, given))
  const market = { ...openMarket(database, registry, given, stack), domain: config.domain, operatorTokens }
  if (registry.watch !== undefined) {
    stack.use(followDirectory({ watch: registry.watch, hosts: market.hosts, now, logger }))
  }
  stack.use(closePeriods({ database, periods: market.periods, now, logger, periodMs: config.periodMs }))
  if (config.log !== undefined) {
    stack.use(await startLogWriting(config.log, config.dial, { database, logger, metrics }))
  }
  const services = marketServices({
    tokens,
    vouchers,
    metering: { store: createMarketStore(database), now, logger, count: countStatements(given) },
    keys: { database, keys: createKeyStore(database), bills: market.bills, now },
    market
  })
  const server = stack.use(
    await startGrpcServer({ ...config, services, reflection: packageDefinition, logger, metrics })
  )
  const started = stack.move()
  return { authority: server.authority, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

function readTokenFile(path: string | undefined) {
  return path === undefined ? undefined : readTokens(path)
}

function openMarket(
  database: Database,
  registry: RegistryPort,
  { now }: ServiceContext,
  stack: AsyncDisposableStack
): Omit<MarketContext, 'domain' | 'operatorTokens'> {
  return {
    accounts: createAccountStore(database),
    hosts: createHostStore(database),
    supplies: createSupplyStore(database),
    wallets: createWalletStore(database),
    bills: createBillStore(database),
    served: createServedStore(database),
    periods: createPeriodStore(database),
    plan: stack.use(startPlanningThread()).plan,
    identify: registry.identify,
    now,
    random: randomBytes
  }
}

function countStatements({ metrics }: ServiceContext): MeteringContext['count'] {
  const statements = metrics.counter('bombyx_usage_statements_total', 'Usage statements by outcome', ['outcome'])
  return (outcome, amount) => statements.inc({ outcome }, amount)
}
