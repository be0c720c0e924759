import type { Logger } from '../runtime/log.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { FinishedRequest } from './switchboard.ts'

/** Counts each finished request and writes its line: sizes, time, host and outcome, never contents. */
export function countFinished(context: {
  readonly logger: Logger
  readonly metrics: Metrics
}): (request: FinishedRequest) => void {
  const requests = context.metrics.counter('bombyx_relay_requests_total', 'Finished requests by outcome', ['end'])
  const bytes = context.metrics.counter('bombyx_relay_sealed_bytes_total', 'Sealed bytes passed on', ['direction'])
  return ({ sessionId, model, hostId, end, bytesIn, bytesOut, durationMs }) => {
    requests.inc({ end })
    bytes.inc({ direction: 'in' }, bytesIn)
    bytes.inc({ direction: 'out' }, bytesOut)
    context.logger.info('request finished', {
      sessionId,
      model,
      ...(hostId === undefined ? {} : { host: hostId }),
      code: end,
      bytesIn,
      bytesOut,
      durationMs: Math.round(durationMs)
    })
  }
}
