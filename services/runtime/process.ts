import { completeContext, type ServiceContext } from './context.ts'
import { createEnvReader, type EnvReader } from './env.ts'
import { codeOf, ServiceError } from './errors.ts'
import { createLogger, isLogLevel, type Logger } from './log.ts'
import { createMetrics, startMetricsServer } from './metrics.ts'

/** What a service's `startX` returns, as far as its process is concerned. */
export interface RunningService extends AsyncDisposable {
  /** `host:port` where it listens; absent when it only dials. */
  readonly authority?: string
  /** More that a parent process wants to know, such as a second address. */
  readonly details?: Readonly<Record<string, string>>
}

/** Sent to the parent of a forked service when it serves. */
export interface ReadyMessage {
  readonly kind: 'ready'
  readonly name: string
  readonly authority?: string
  /** With `metrics`, the authority of `GET /metrics`, where it is served. */
  readonly details: Readonly<Record<string, string>>
}

/** Sent to the parent instead, when a service cannot start. */
export interface FailedMessage {
  readonly kind: 'failed'
  readonly name: string
  readonly code: string
  readonly message: string
}

export type StartService = (env: EnvReader, context: ServiceContext) => Promise<RunningService>

const STOP_LIMIT_MS = 15_000

/**
 * The whole of a `main.ts`: reads the environment, starts, says that it is ready (a log line, and a message when
 * forked), and stops on SIGINT, SIGTERM or the parent's end. Exit code 1 and one line when it cannot start. Reads
 * BOMBYX_LOG_LEVEL and BOMBYX_METRICS_LISTEN.
 */
export async function runService(name: string, start: StartService): Promise<void> {
  const stop = stopRequested()
  const env = createEnvReader(process.env)
  try {
    const logger = readLogger(name, env)
    const metrics = createMetrics(name, { process: true })
    await using stack = new AsyncDisposableStack()
    const listen = env.optionalText('BOMBYX_METRICS_LISTEN')
    const scraped = listen === undefined ? undefined : stack.use(await startMetricsServer({ listen }, metrics))
    const service = stack.use(await start(env, completeContext(name, { logger, metrics })))
    const details = { ...service.details, ...(scraped === undefined ? {} : { metrics: scraped.authority }) }
    reportReady({ kind: 'ready', name, ...authorityOf(service), details }, logger)
    const reason = await stop
    logger.info('stopping', { reason })
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
  } catch (error) {
    reportFailure(name, error)
    process.exitCode = 1
  }
  if (process.connected) process.disconnect()
}

function readLogger(name: string, env: EnvReader): Logger {
  const level = env.text('BOMBYX_LOG_LEVEL', 'info')
  if (!isLogLevel(level)) throw new ServiceError('CONFIG_INVALID', `BOMBYX_LOG_LEVEL: ${level} is not a level`)
  return createLogger(name, { level })
}

function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve('SIGINT'))
    process.once('SIGTERM', () => resolve('SIGTERM'))
    process.once('disconnect', () => resolve('parent ended'))
  })
}

function authorityOf({ authority }: RunningService): { readonly authority?: string } {
  return authority === undefined ? {} : { authority }
}

function reportReady(message: ReadyMessage, logger: Logger): void {
  logger.info('ready', message.authority === undefined ? {} : { authority: message.authority })
  process.send?.(message)
}

function reportFailure(name: string, error: unknown): void {
  const code = codeOf(error) ?? 'INTERNAL'
  const message = error instanceof Error ? error.message : 'unknown failure'
  process.stderr.write(`bombyx ${name}: ${code}: ${message}\n`)
  const failed: FailedMessage = { kind: 'failed', name, code, message }
  process.send?.(failed)
}
