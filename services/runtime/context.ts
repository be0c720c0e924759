import { type Logger, silentLogger } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'

/** What every service is given beside its configuration. `main.ts` gives the real ones, tests closures. */
export interface ServiceContext {
  readonly now: () => Date
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Fills in what a caller left out: the machine's clock, no log, counters that nobody scrapes. */
export function completeContext(name: string, context: Partial<ServiceContext> = {}): ServiceContext {
  return {
    now: context.now ?? ((): Date => new Date()),
    logger: context.logger ?? silentLogger,
    metrics: context.metrics ?? createMetrics(name)
  }
}
