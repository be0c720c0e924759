import { packageDefinition } from '../../proto/load.ts'
import { completeContext, type ServiceContext } from '../runtime/context.ts'
import { openDatabase } from '../runtime/database.ts'
import { startGrpcServer } from '../runtime/grpc.ts'
import { requireTokens } from '../runtime/listen.ts'
import { readTokens } from '../runtime/tokens.ts'
import type { LogConfig } from './config.ts'
import { logServices } from './handlers.ts'
import { watchHeads } from './heads.ts'
import { openHeadMemory, readLogKey } from './key.ts'
import { createProver } from './prover.ts'
import { startSequencer } from './sequencer.ts'
import { createSigner } from './signer.ts'
import { createLogStore } from './store.ts'
import { createTreeStore } from './tree-store.ts'

export { type LogConfig, readLogConfig } from './config.ts'
export { makeLogKey, readLogKey } from './key.ts'

export interface LogService extends AsyncDisposable {
  readonly authority: string
}

/** Serves Log and the public files; sequences when no other replica does. */
export async function startLog(config: LogConfig, context?: Partial<ServiceContext>): Promise<LogService> {
  const { now, logger, metrics } = completeContext('log', context)
  const { origin, refreshMs, leaseMs } = config
  const tokens = requireTokens(config, config.tokens === undefined ? undefined : await readTokens(config.tokens))
  const key = await readLogKey(config.key)
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openDatabase(config.database, { logger }))
  const [store, trees] = [createLogStore(database), createTreeStore(database)]
  const onError = (error: unknown): void => logger.warn('newest checkpoint not read', {}, error)
  const heads = stack.use(await watchHeads(database, store, onError))
  const signer = createSigner({ origin, key, memory: openHeadMemory(config.key), store, trees, now })
  const leaves = metrics.counter('bombyx_log_leaves_total', 'Leaves that this process gave their place')
  const count = (amount: number): void => leaves.inc(amount)
  stack.use(await startSequencer({ database, store, trees, signer, now, refreshMs, leaseMs, logger, count }))
  const services = logServices({ store, heads, prover: createProver(store), tokens })
  const server = stack.use(
    await startGrpcServer({ ...config, services, reflection: packageDefinition, logger, metrics })
  )
  const started = stack.move()
  return { authority: server.authority, [Symbol.asyncDispose]: () => started.disposeAsync() }
}
