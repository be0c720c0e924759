import { describe, expect, test } from 'vitest'
import type { TdBody } from '../../../attestation/tdx/body.ts'
import { type MatchedLevel, mergeStatus, NO_LEVEL, type TcbStatus } from '../../../attestation/tdx/status.ts'
import { evaluateTcb } from '../../../attestation/tdx/tcb.ts'
import { DATE, level, matched, PCK, QE, statusOf, svns, TD, tcbInfo, td15 } from './tcb-values.ts'

describe('merging', () => {
  const STATUSES = [
    ['UpToDate', 'OutOfDate'],
    ['SWHardeningNeeded', 'OutOfDate'],
    ['ConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['ConfigurationAndSWHardeningNeeded', 'OutOfDateConfigurationNeeded'],
    ['OutOfDate', 'OutOfDate'],
    ['OutOfDateConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['TDRelaunchAdvised', 'OutOfDate'],
    ['TDRelaunchAdvisedConfigurationNeeded', 'OutOfDateConfigurationNeeded'],
    ['Revoked', 'Revoked'],
    ['NotSupported', 'NotSupported']
  ] as const satisfies readonly (readonly [TcbStatus, TcbStatus])[]

  test.each(STATUSES)('an out-of-date component makes %s %s, and an up-to-date one leaves it', (status, merged) => {
    expect(mergeStatus(status, 'OutOfDate')).toBe(merged)
    expect(mergeStatus(status, 'UpToDate')).toBe(status)
  })

  test.each(STATUSES)('a component that is revoked or in no level decides over %s', (status) => {
    expect(mergeStatus(status, 'Revoked')).toBe(status === 'NotSupported' ? 'NotSupported' : 'Revoked')
    expect(mergeStatus(status, 'NotSupported')).toBe('NotSupported')
  })

  test('takes advisories of platform, module and QE, each once, and the earliest date', () => {
    const info = tcbInfo([
      level({ status: 'SWHardeningNeeded', date: '2025-01-01T00:00:00Z', advisories: ['SA-1', 'SA-2'] })
    ])
    const found = evaluateTcb({ ...TD, teeTcbSvn: svns(4, 1) }, PCK, info, matched('OutOfDate', 'SA-2', 'SA-QE'))
    expect(found.advisories).toEqual(['SA-1', 'SA-2', 'SA-MODULE', 'SA-QE'])
    expect(found).toMatchObject({ status: 'OutOfDate', tcbDate: new Date(DATE) })
    expect([found.platform.status, found.module?.status, found.qe.status]).toEqual([
      'SWHardeningNeeded',
      'OutOfDate',
      'OutOfDate'
    ])
  })

  test.each<[TcbStatus, MatchedLevel]>([
    ['OutOfDate', matched('OutOfDate')],
    ['Revoked', matched('Revoked')],
    ['NotSupported', NO_LEVEL]
  ])('a QE makes it %s', (status, qe) => {
    expect(statusOf(TD, tcbInfo([level({})]), PCK, qe)).toBe(status)
  })

  test('has no date where a level was not met', () => {
    expect(evaluateTcb(TD, PCK, tcbInfo([]), QE)).toMatchObject({ status: 'NotSupported', tcbDate: new Date(0) })
  })
})

describe('relaunching', () => {
  const latest = level({ tdx: [5, 0, 3] })
  const OLD = svns(4, 1, 3)
  const NEW = svns(6, 1, 3)

  test.each<[TcbStatus, string, TdBody, { levels: readonly object[]; qe: MatchedLevel }]>([
    ['TDRelaunchAdvised', 'what runs now is the latest', td15(OLD, NEW), { levels: [latest], qe: QE }],
    [
      'TDRelaunchAdvisedConfigurationNeeded',
      'what runs now is the latest, on a machine to configure',
      td15(OLD, NEW),
      { levels: [{ ...latest, tcbStatus: 'ConfigurationNeeded' }], qe: QE }
    ],
    ['OutOfDate', 'the module is still old', td15(OLD, OLD), { levels: [latest], qe: QE }],
    ['OutOfDate', 'the microcode is older than the latest', td15(OLD, svns(6, 1, 2)), { levels: [latest], qe: QE }],
    [
      'OutOfDate',
      'the report is of TDX 1.0, which does not say',
      { ...TD, teeTcbSvn: OLD },
      { levels: [latest], qe: QE }
    ],
    ['OutOfDate', 'the QE is out of date', td15(OLD, NEW), { levels: [latest], qe: matched('OutOfDate') }],
    ['Revoked', 'the QE is revoked', td15(OLD, NEW), { levels: [latest], qe: matched('Revoked') }],
    ['NotSupported', 'the QE is in no level', td15(OLD, NEW), { levels: [latest], qe: NO_LEVEL }],
    ['UpToDate', 'nothing is out of date', td15(NEW, NEW), { levels: [latest], qe: QE }],
    [
      'OutOfDate',
      'the platform itself is old',
      td15(OLD, NEW),
      { levels: [{ ...latest, tcbStatus: 'OutOfDate' }], qe: QE }
    ],
    [
      'TDRelaunchAdvised',
      'the version-less module that runs now is the latest',
      td15(OLD, svns(5, 0, 3)),
      { levels: [latest], qe: QE }
    ],
    [
      'OutOfDate',
      'the version-less module that runs now is not',
      td15(OLD, svns(4, 0, 3)),
      { levels: [latest], qe: QE }
    ]
  ])('gives %s where %s', (status, _, body, { levels, qe }) => {
    expect(statusOf(body, tcbInfo(levels), PCK, qe)).toBe(status)
  })

  test('onto a module that TCB info does not know is refused', () => {
    expect(() => statusOf(td15(OLD, svns(6, 9, 3)), tcbInfo([latest]))).toThrow(
      expect.objectContaining({ code: 'QV_RESULT_TERMINAL_UNSPECIFIED' })
    )
  })
})
