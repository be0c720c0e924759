import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TdBody } from '../../../attestation/tdx/body.ts'
import type { PckExtension } from '../../../attestation/tdx/pck.ts'
import type { LevelStatus, TcbStatus } from '../../../attestation/tdx/status.ts'
import { level, MODULE_1, moduleIdentity, PCK, statusOf, svns, TD, tcbInfo } from './tcb-values.ts'

describe('the platform’s level', () => {
  const levels = [
    level({ sgx: [3, 3], pce: 13, tdx: [5, 0, 3] }),
    level({ sgx: [2, 2], pce: 11, tdx: [5, 0, 2], status: 'OutOfDate' }),
    level({ sgx: [1, 1], pce: 5, status: 'Revoked' })
  ]

  test.each<[TcbStatus, string, Partial<PckExtension>, Uint8Array]>([
    ['UpToDate', 'all is met', {}, svns(6, 1, 3)],
    ['UpToDate', 'all is passed', { sgxTcbComponents: [...svns(9, 9, 9)], pceSvn: 99 }, svns(9, 1, 9)],
    ['OutOfDate', 'an SGX component is lower', { sgxTcbComponents: [...svns(3, 2)] }, svns(6, 1, 3)],
    ['OutOfDate', 'the PCESVN is lower', { pceSvn: 12 }, svns(6, 1, 3)],
    ['OutOfDate', 'a TDX component is lower', {}, svns(6, 1, 2)],
    ['Revoked', 'only the last is met', { sgxTcbComponents: [...svns(1, 1)] }, svns(6, 1, 3)],
    ['NotSupported', 'no SGX component is met', { sgxTcbComponents: [...svns()] }, svns(6, 1, 3)],
    ['NotSupported', 'no PCESVN is met', { pceSvn: 4 }, svns(6, 1, 3)]
  ])('is %s where %s', (status, _, pck, teeTcbSvn) => {
    expect(statusOf({ ...TD, teeTcbSvn }, tcbInfo(levels), { ...PCK, ...pck })).toBe(status)
  })

  test('leaves the module’s SVN and version to its identity where it has a version', () => {
    const info = tcbInfo([level({ tdx: [7, 2, 3] })])
    expect(statusOf({ ...TD, teeTcbSvn: svns(6, 1, 3) }, info)).toBe('UpToDate')
  })

  test('takes the module’s SVN in where it has no version', () => {
    const info = tcbInfo([level({ tdx: [5, 0, 3] })])
    expect(statusOf({ ...TD, teeTcbSvn: svns(5, 0, 3) }, info)).toBe('UpToDate')
    expect(statusOf({ ...TD, teeTcbSvn: svns(4, 0, 3) }, info)).toBe('NotSupported')
  })

  test('does not depend on the order in which levels are served', () => {
    const svn = fc.integer({ min: 0, max: 3 })
    const statuses = fc.constantFrom<LevelStatus>(
      'UpToDate',
      'SWHardeningNeeded',
      'ConfigurationNeeded',
      'OutOfDate',
      'Revoked'
    )
    const levelOf = fc.record({
      sgx: fc.array(svn, { minLength: 2, maxLength: 2 }),
      pce: svn,
      tdx: fc.tuple(fc.constant(0), fc.constant(0), svn),
      status: statuses
    })
    const key = ({ sgx, pce, tdx }: { sgx: number[]; pce: number; tdx: readonly number[] }) => [sgx, pce, tdx].join()
    const distinct = fc.uniqueArray(levelOf, { selector: key, minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(distinct, fc.array(svn, { minLength: 2, maxLength: 2 }), svn, svn, (fields, sgx, pceSvn, tdx) => {
        const pck = { ...PCK, sgxTcbComponents: [...svns(...sgx)], pceSvn }
        const body = { ...TD, teeTcbSvn: svns(6, 1, tdx) }
        const orders = [fields, [...fields].reverse(), [...fields].sort((a, b) => (key(a) < key(b) ? -1 : 1))]
        const found = new Set(orders.map((order) => statusOf(body, tcbInfo(order.map(level)), pck)))
        return found.size === 1
      })
    )
  })

  test('never is one that a component does not meet', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 14, maxLength: 14 }), fc.nat(13), (rest, index) => {
        const required = [0, 0, ...rest.map((svn, i) => (i === index ? svn + 1 : svn))]
        const body = { ...TD, teeTcbSvn: svns(6, 1, ...rest) }
        return statusOf(body, tcbInfo([level({ tdx: required })])) === 'NotSupported'
      })
    )
  })
})

describe('the TDX module', () => {
  const info = tcbInfo([level({})])

  test.each<[TcbStatus, number]>([
    ['UpToDate', 7],
    ['UpToDate', 6],
    ['OutOfDate', 5],
    ['OutOfDate', 4],
    ['NotSupported', 3]
  ])('is %s at SVN %s', (status, svn) => {
    expect(statusOf({ ...TD, teeTcbSvn: svns(svn, 1) }, info)).toBe(status)
  })

  test('is found by its version in hex, of either case', () => {
    const identities = [moduleIdentity({ id: 'tdx_0a', levels: [[1, 'UpToDate']] })]
    expect(statusOf({ ...TD, teeTcbSvn: svns(1, 10) }, tcbInfo([level({})], identities))).toBe('UpToDate')
  })

  test('is judged by levels highest first, however they are served', () => {
    const identities = [
      moduleIdentity({
        id: 'TDX_01',
        levels: [
          [2, 'OutOfDate'],
          [6, 'UpToDate']
        ]
      })
    ]
    expect(statusOf(TD, tcbInfo([level({})], identities))).toBe('UpToDate')
  })

  test.each<[string, string, Partial<TdBody>, readonly object[]]>([
    ['QV_RESULT_TERMINAL_UNSPECIFIED', 'no identity', { teeTcbSvn: svns(6, 2) }, [MODULE_1]],
    ['MR_SIGNER_SEAM_MISMATCH', 'another signer', { mrSignerSeam: new Uint8Array(48).fill(1) }, [MODULE_1]],
    ['SEAM_ATTRIBUTES_MISMATCH', 'attributes', { seamAttributes: svns(1).subarray(0, 8) }, [MODULE_1]],
    [
      'SEAM_ATTRIBUTES_MISMATCH',
      'attributes that its identity has too',
      { seamAttributes: svns(1).subarray(0, 8) },
      [{ ...MODULE_1, attributes: `01${'00'.repeat(7)}` }]
    ],
    [
      'SEAM_ATTRIBUTES_MISMATCH',
      'an identity that wants some',
      {},
      [{ ...MODULE_1, attributes: `01${'00'.repeat(7)}` }]
    ]
  ])('is refused with %s for %s', (code, _, fields, identities) => {
    const body = { ...TD, ...fields } as TdBody
    expect(() => statusOf(body, tcbInfo([level({})], identities))).toThrow(expect.objectContaining({ code }))
  })

  test('without a version is held to TCB info’s own signer', () => {
    const body = { ...TD, teeTcbSvn: svns(6, 0), mrSignerSeam: new Uint8Array(48).fill(1) }
    expect(() => statusOf(body, info)).toThrow(expect.objectContaining({ code: 'MR_SIGNER_SEAM_MISMATCH' }))
  })
})
