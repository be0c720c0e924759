import { describe, expect, it } from 'vitest'
import type { AuditFinding } from '../../../services/audit/findings.ts'
import { addFindings, NOTHING_FOUND } from '../../../services/audit/findings.ts'
import { auditLog } from '../../../services/audit/log-audit.ts'
import type { LogReport } from '../../../services/audit/report.ts'
import { stateInMemory } from '../../../services/audit/state.ts'
import { createBehind, lateFindings, watchLog } from '../../../services/audit/watch.ts'
import { AuditedLog } from '../../fakes/audited-log.ts'
import { numberedLeaf } from '../../fakes/log.ts'
import { NOW, NOW_SECONDS } from '../../fakes/virtual-evidence.ts'

const log = new AuditedLog([numberedLeaf(1), numberedLeaf(2)])
const RULES = { checkpointAge: 300, anchorAge: 1800 }

async function report(anchored?: bigint): Promise<LogReport> {
  const request = { files: log, key: log.key, isKeyGiven: true, seen: [], state: stateInMemory(), chain: undefined }
  const { report: plain } = await auditLog({
    ...request,
    reappraise: async () => [],
    now: () => NOW,
    onProgress: () => {}
  })
  const newest = anchored === undefined || anchored === 0n ? undefined : { size: anchored, at: NOW_SECONDS }
  return anchored === undefined ? plain : { ...plain, anchors: [{ newest } as LogReport['anchors'][number]] }
}

it('keeps what refuses, however much there is that cannot be checked', () => {
  const unchecked = Array.from({ length: 1500 }, () => ({ code: 'VERDICT_UNCHECKED', message: 'm' }) as const)
  const forked = { code: 'LOG_FORKED', message: 'm' } as const
  const { kept, counts } = addFindings(addFindings(NOTHING_FOUND, unchecked), [forked])
  expect([kept.length, kept.at(-1), counts.VERDICT_UNCHECKED]).toEqual([1001, forked, 1500])
})

const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)

function codes(findings: readonly AuditFinding[]): readonly string[] {
  return findings.map(({ code }) => code)
}

describe('what is late', () => {
  it.each([
    [60, []],
    [360, []],
    [361, ['CHECKPOINT_LATE']]
  ])('a head whose log has put no newer time to it: %i s', async (seconds, expected) => {
    expect(codes(lateFindings(await report(), RULES, { now: at(seconds), behindSince: undefined }))).toEqual(expected)
  })

  it('leaves that no anchor has had for too long', async () => {
    const behind = await report(1n)
    const late = (since: number) => codes(lateFindings(behind, RULES, { now: at(0), behindSince: at(since) }))
    expect([late(-1800), late(-1801)]).toEqual([[], ['ANCHOR_LATE']])
  })

  it('is counted from when the anchor fell behind, anew with each that comes', async () => {
    const behind = createBehind()
    const [none, one, all] = [await report(0n), await report(1n), await report(2n)]
    const since = [none, none, one, one, all, one].map((next, step) => behind(next, at(step))?.getTime())
    expect(since).toEqual(
      [0, 0, 2, 2, undefined, 5].map((step) => (step === undefined ? undefined : at(step).getTime()))
    )
  })
})

describe('a watch', () => {
  it('alarms once for each thing, again when it has been right in between, and goes on after failures', async () => {
    const good = await report()
    const bad: LogReport = {
      ...good,
      found: addFindings(NOTHING_FOUND, [
        { code: 'LOG_FORKED', message: 'm' },
        { code: 'SEEN_UNSIGNED', message: 'n' }
      ])
    }
    const audits = [good, bad, bad, undefined, bad, good, bad]
    const [alarms, failures]: [number[], number[]] = [[], []]
    const stop = new AbortController()
    let step = -1
    await watchLog({
      audit: async () => {
        step++
        if (step === audits.length - 1) stop.abort()
        const next = audits[step]
        if (next === undefined) throw new TypeError('nobody answers')
        return next
      },
      rules: RULES,
      intervalMs: 1,
      now: () => at(60),
      onAlarm: ({ code }) => alarms.push(code === 'LOG_FORKED' ? step : -1),
      onReport: () => {},
      onFailure: (_, count) => failures.push(count),
      signal: stop.signal
    })
    expect([alarms, failures]).toEqual([[1, 6], [1]])
  })
})
