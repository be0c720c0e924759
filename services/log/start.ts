import { packageDefinition } from '../../proto/load.ts'
import { completeContext, type ServiceContext } from '../runtime/context.ts'
import { openDatabase } from '../runtime/database.ts'
import { ServiceError } from '../runtime/errors.ts'
import { startGrpcServer } from '../runtime/grpc.ts'
import { requireTokens } from '../runtime/listen.ts'
import { readTokens } from '../runtime/tokens.ts'
import { openAnchor } from './anchor/start.ts'
import type { LogConfig } from './config.ts'
import { type Exported, exportLog } from './export.ts'
import { logServices } from './handlers.ts'
import { openHeadMemory } from './head-memory.ts'
import { watchHeads } from './heads.ts'
import { startPublicHttp } from './http.ts'
import { readLogKey } from './key.ts'
import { createProver } from './prover.ts'
import { startSequencer } from './sequencer.ts'
import { createSigner, type SignerContext } from './signer.ts'
import { createLogStore } from './store.ts'
import { createTreeStore } from './tree-store.ts'
import { startWitnessing } from './witnesses.ts'

export { type Deployment, type DeployWish, deployAnchor, planDeployment } from './anchor/deploy.ts'
export { type LogConfig, readLogConfig } from './config.ts'
export type { Exported } from './export.ts'
export { type LogKey, makeLogKey, openLogKey, readLogKey } from './key.ts'

export interface LogService extends AsyncDisposable {
  readonly authority: string
  /** `http`: the authority of what strangers read. */
  readonly details: { readonly http: string }
}

/** Serves Log and the public files; sequences, and asks witnesses, when no other replica does. */
export async function startLog(config: LogConfig, context?: Partial<ServiceContext>): Promise<LogService> {
  const { now, logger, metrics } = completeContext('log', context)
  const { origin, refreshMs, leaseMs, minimumWitnesses, witnesses } = config
  const tokens = requireTokens(config, config.tokens === undefined ? undefined : await readTokens(config.tokens))
  const key = await readLogKey(config.key)
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openDatabase(config.database, { logger }))
  const [store, trees] = [createLogStore(database), createTreeStore(database)]
  const prover = createProver(store)
  const onError = (error: unknown): void => logger.warn('newest checkpoint not read', {}, error)
  const heads = stack.use(await watchHeads({ database, store, minimumWitnesses, onError }))
  metrics.gauge('bombyx_log_size', 'Leaves of the newest checkpoint', () => Number(heads.known()?.size ?? 0n))
  metrics.gauge('bombyx_log_checkpoint_age_seconds', 'Age of the newest checkpoint', () => heads.age(now()))
  const memory = openHeadMemory(config.key)
  const signing: SignerContext = { origin, key, witnesses: witnesses.map((one) => one.key), memory, store, trees, now }
  const signer = createSigner(signing)
  const leaves = metrics.counter('bombyx_log_leaves_total', 'Leaves that this process gave their place')
  const count = (amount: number): void => leaves.inc(amount)
  stack.use(await startSequencer({ database, store, trees, signer, now, refreshMs, leaseMs, logger, count }))
  if (witnesses.length > 0) {
    const asked = metrics.counter('bombyx_log_witness_answers_total', 'Cosignatures asked for by outcome', ['outcome'])
    const countAnswer = (outcome: string): void => asked.inc({ outcome })
    const witnessing = { database, witnesses, store, trees, signer, prover, leaseMs, logger, count: countAnswer }
    stack.use(await startWitnessing(witnessing))
  }
  const anchor =
    config.anchor === undefined
      ? undefined
      : stack.use(openAnchor(config.anchor, { ...signing, ...{ database, heads, prover, leaseMs, logger, metrics } }))
  const http = stack.use(await startPublicHttp({ ...config, listen: config.http }, { store, heads, logger }))
  const services = logServices({ store, heads, prover, tokens, anchor })
  const server = stack.use(
    await startGrpcServer({ ...config, services, reflection: packageDefinition, logger, metrics })
  )
  const started = stack.move()
  return {
    authority: server.authority,
    details: { http: http.authority },
    [Symbol.asyncDispose]: () => started.disposeAsync()
  }
}

/** Writes the log of a database into a folder: see `exportLog`. */
export async function exportFromDatabase(database: LogConfig['database'], folder: string): Promise<Exported> {
  await using opened = await openDatabase(database)
  const store = createLogStore(opened)
  const checkpoint = await store.newestCheckpoint(0)
  if (checkpoint === undefined) throw new ServiceError('NOT_FOUND', 'this database holds no signed checkpoint')
  return await exportLog(folder, checkpoint, store)
}
