import { setTimeout as delay } from 'node:timers/promises'
import { unixSeconds } from '../runtime/time.ts'
import { AUDIT_FINDINGS, type AuditFinding } from './findings.ts'
import { isoTime } from './heads.ts'
import type { LogReport } from './report.ts'

/** What is late, in seconds. */
export interface LateRules {
  /** A head whose log has put no newer time to it. */
  readonly checkpointAge: number
  /** Leaves that no anchor has. */
  readonly anchorAge: number
}

export interface WatchRequest {
  /** One audit, from where the last one stopped. */
  readonly audit: () => Promise<LogReport>
  readonly rules: LateRules
  /** Between audits, in milliseconds. */
  readonly intervalMs: number
  readonly now: () => Date
  /** Once for each thing that is wrong, and again when it has been right in between. */
  readonly onAlarm: (alarm: AuditFinding) => void
  readonly onReport: (report: LogReport) => void
  /** An audit that could not be carried out, `failures` in a row. */
  readonly onFailure: (error: unknown, failures: number) => void
  readonly signal: AbortSignal
}

/** Audits again and again until the signal; `onAlarm` is told of what is new among what is wrong. */
export async function watchLog(request: WatchRequest): Promise<void> {
  const { signal, intervalMs } = request
  const behind = createBehind()
  let alarmed: ReadonlySet<string> = new Set()
  let failures = 0
  while (!signal.aborted) {
    try {
      const report = await request.audit()
      failures = 0
      request.onReport(report)
      const now = request.now()
      const alarms = [
        ...report.found.kept.filter(isAlarm),
        ...lateFindings(report, request.rules, { now, behindSince: behind(report, now) })
      ]
      for (const alarm of alarms) if (!alarmed.has(nameOf(alarm))) request.onAlarm(alarm)
      alarmed = new Set(alarms.map(nameOf))
    } catch (error) {
      if (signal.aborted) return
      failures++
      request.onFailure(error, failures)
    }
    await delay(intervalMs, undefined, { signal }).catch(() => {})
  }
}

function isAlarm({ code }: AuditFinding): boolean {
  return AUDIT_FINDINGS[code] === 'refused'
}

function nameOf({ code, leaf, message }: AuditFinding): string {
  return code in LATE ? code : `${code} ${leaf ?? ''} ${message}`
}

const LATE: Partial<Record<AuditFinding['code'], true>> = { CHECKPOINT_LATE: true, ANCHOR_LATE: true }

/** Since when the anchor has been behind the log, as far as this watch has seen; undefined while it is not. */
export function createBehind(): (report: LogReport, now: Date) => Date | undefined {
  let seen: { readonly anchored: bigint; readonly since: Date } | undefined
  return (report, now) => {
    const anchored = anchoredSize(report)
    if (anchored >= report.head.checkpoint.size) seen = undefined
    else if (seen === undefined || seen.anchored < anchored) seen = { anchored, since: now }
    return seen?.since
  }
}

function anchoredSize({ anchors }: LogReport): bigint {
  return anchors.reduce((most, { newest }) => (newest !== undefined && newest.size > most ? newest.size : most), 0n)
}

export interface LateView {
  readonly now: Date
  readonly behindSince: Date | undefined
}

/** What the log or its anchorer should have done by now. */
export function lateFindings(
  report: LogReport,
  rules: LateRules,
  { now, behindSince }: LateView
): readonly AuditFinding[] {
  const { size, timestamp } = report.head.checkpoint
  const findings: AuditFinding[] = []
  const age = timestamp === null ? undefined : unixSeconds(now) - Number(timestamp)
  if (age === undefined || age > rules.checkpointAge) {
    const message = timestamp === null ? 'its head has no time' : `its head is of ${isoTime(timestamp)}, ${age} s ago`
    findings.push({ code: 'CHECKPOINT_LATE', message })
  }
  const isLate = behindSince !== undefined && now.getTime() - behindSince.getTime() > rules.anchorAge * 1000
  if (report.anchors.length > 0 && isLate) {
    const message = `${anchoredSize(report)} of ${size} leaves are anchored, since ${behindSince.toISOString()}`
    findings.push({ code: 'ANCHOR_LATE', message })
  }
  return findings
}
