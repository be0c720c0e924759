import type { Command } from 'commander'
import { type AuditFinding, type LogReport, runWatch } from '../../audit/start.ts'
import { createEnvReader } from '../../runtime/env.ts'
import { createMetrics, startMetricsServer } from '../../runtime/metrics.ts'
import { describeFailure, EXIT } from '../exit.ts'
import { stopSignal } from '../run/up.ts'
import { dim, print, warn } from '../terminal/print.ts'
import { type LogOptions, readLogOptions } from './audit-options.ts'

interface WatchOptions extends LogOptions {
  readonly every: string
  readonly checkpointAge: string
  readonly anchorAge: string
  readonly metrics?: string
  readonly exit?: true
}

export function addWatchCommand(command: Command): void {
  command
    .description('follow log and chain, and alarm: a fork, lost leaves, a failed appraisal, a late head or anchor')
    .option('--every <time>', 'between audits', '30s')
    .option('--checkpoint-age <time>', 'a head older than this is late', '5m')
    .option('--anchor-age <time>', 'leaves that no anchor has for longer than this are late', '30m')
    .option('--metrics <host:port>', 'serve GET /metrics')
    .option('--exit', 'end at the first alarm, with exit status 10')
    .action(watch)
}

async function watch(options: WatchOptions): Promise<void> {
  const stop = new AbortController()
  const signal = AbortSignal.any([stopSignal(), stop.signal])
  await using stack = new AsyncDisposableStack()
  const metrics = createMetrics('audit', { process: true })
  const alarms = metrics.counter('bombyx_audit_alarms_total', 'Alarms by code', ['code'])
  const size = metrics.gauge('bombyx_audit_log_size', 'Leaves of the newest head that was audited')
  const failures = metrics.gauge('bombyx_audit_failures', 'Audits in a row that could not be carried out')
  if (options.metrics !== undefined) {
    const { authority } = stack.use(await startMetricsServer({ listen: options.metrics }, metrics))
    warn(dim(`metrics on http://${authority}/metrics`))
  }
  const onAlarm = (alarm: AuditFinding): void => {
    alarms.inc({ code: alarm.code })
    tellAlarm(alarm, options)
    if (options.exit !== true) return
    process.exitCode = EXIT.refused
    stop.abort()
  }
  const onReport = (report: LogReport): void => {
    failures.set(0)
    size.set(Number(report.head.checkpoint.size))
    if (options.json !== true) warn(dim(describe(report)))
  }
  const onFailure = (error: unknown, count: number): void => {
    failures.set(count)
    const { code, message } = describeFailure(error)
    warn(`bombyx audit: ${code}: ${message}`)
  }
  const rules = { checkpointAge: seconds(options.checkpointAge), anchorAge: seconds(options.anchorAge) }
  const intervalMs = seconds(options.every) * 1000
  const logOptions = { ...(await readLogOptions(options)), onProgress: () => {} }
  await runWatch(logOptions, { rules, intervalMs, onAlarm, onReport, onFailure, signal })
}

function tellAlarm({ code, leaf, message, files = [] }: AuditFinding, { json }: WatchOptions): void {
  const kept = files.length === 0 ? '' : ` Kept: ${files.join(', ')}`
  if (json === true) print(JSON.stringify({ code, leaf: leaf ?? null, message, files }))
  else print(`ALARM ${code}${leaf === undefined ? '' : ` leaf ${leaf}`}: ${message}.${kept}`)
}

function describe({ head, verdict, anchors, counts }: LogReport): string {
  const anchored = anchors.map(({ newest }) => newest?.size ?? 0n).join(', ')
  const time = new Date().toISOString()
  return `${time} ${verdict}: ${head.checkpoint.size} leaves, ${counts.appraised} appraised again, anchored ${anchored === '' ? 'nowhere asked' : anchored}`
}

function seconds(text: string): number {
  return createEnvReader({ time: text }).duration('time') / 1000
}
