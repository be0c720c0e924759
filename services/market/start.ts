import { packageDefinition } from '../../proto/load.ts'
import { completeContext, type ServiceContext } from '../runtime/context.ts'
import { openDatabase } from '../runtime/database.ts'
import { startGrpcServer } from '../runtime/grpc.ts'
import { requireTokens } from '../runtime/listen.ts'
import { readTokens } from '../runtime/tokens.ts'
import type { MarketConfig } from './config.ts'
import { marketServices } from './handlers.ts'
import type { MeteringContext } from './metering.ts'
import { createMarketStore } from './store.ts'

export interface MarketService extends AsyncDisposable {
  readonly authority: string
}

/** Serves Metering. */
export async function startMarket(config: MarketConfig, context?: Partial<ServiceContext>): Promise<MarketService> {
  const { now, logger, metrics } = completeContext('market', context)
  const tokens = requireTokens(config, config.tokens === undefined ? undefined : await readTokens(config.tokens))
  await using stack = new AsyncDisposableStack()
  const store = createMarketStore(stack.use(await openDatabase(config.database, { logger })))
  const statements = metrics.counter('bombyx_usage_statements_total', 'Usage statements by outcome', ['outcome'])
  const count: MeteringContext['count'] = (outcome, amount) => statements.inc({ outcome }, amount)
  const services = marketServices({ store, now, logger, count, tokens })
  const server = stack.use(
    await startGrpcServer({ ...config, services, reflection: packageDefinition, logger, metrics })
  )
  const started = stack.move()
  return { authority: server.authority, [Symbol.asyncDispose]: () => started.disposeAsync() }
}
