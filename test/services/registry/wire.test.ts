import { describe, expect, it } from 'vitest'
import type { EnrolRequest__Output } from '../../../proto/gen/bombyx/v1/EnrolRequest.ts'
import type { Verdict__Output } from '../../../proto/gen/bombyx/v1/Verdict.ts'
import {
  appraisedFromWire,
  digestFromWire,
  enrolmentFromWire,
  hostIdFromWire,
  recordToWire,
  withdrawalFromWire
} from '../../../services/registry/wire.ts'
import { at, NOW, sampleHost } from './sample-host.ts'

const PRICES = { prompt: '1', cached: '2', completion: '3', reasoning: '9007199254740991' }
const DECLARATION = { prices: PRICES, region: 'eu-1', slots: 8, payee: Buffer.alloc(0) }
const VERDICT: Verdict__Output = {
  status: 'WARNING',
  tee: 'tdx',
  tcbStatus: 'OutOfDate',
  appraisedAt: '1772366400',
  notAfter: '1772370000',
  result: Buffer.of(1),
  token: 'jwt',
  trusted: true
}

function enrolRequest(declaration: EnrolRequest__Output['declaration']): EnrolRequest__Output {
  return { bundle: Buffer.of(1), declaration }
}

describe('what comes over the wire', () => {
  it('becomes the domain', () => {
    expect(enrolmentFromWire(enrolRequest(DECLARATION)).declaration).toEqual({
      prices: { prompt: 1n, cached: 2n, completion: 3n, reasoning: 9_007_199_254_740_991n },
      region: 'eu-1',
      slots: 8,
      payee: undefined
    })
    const payee = Buffer.alloc(32, 7)
    expect(enrolmentFromWire(enrolRequest({ ...DECLARATION, payee })).declaration.payee).toEqual(payee)
    expect(appraisedFromWire({ verdict: VERDICT, collateral: Buffer.alloc(0), policy: Buffer.from('{}') })).toEqual({
      verdict: { ...VERDICT, status: 'warning', appraisedAt: NOW, notAfter: at(3600) },
      collateral: undefined,
      policy: Buffer.from('{}')
    })
  })

  it.each<[string, () => unknown]>([
    ['no declaration', () => enrolmentFromWire(enrolRequest(null))],
    ['no prices', () => enrolmentFromWire(enrolRequest({ ...DECLARATION, prices: null }))],
    [
      'a price of 2^53',
      () => enrolmentFromWire(enrolRequest({ ...DECLARATION, prices: { ...PRICES, cached: '9007199254740992' } }))
    ],
    ['no slots', () => enrolmentFromWire(enrolRequest({ ...DECLARATION, slots: 0 }))],
    ['too many slots', () => enrolmentFromWire(enrolRequest({ ...DECLARATION, slots: 65_536 }))],
    ['a region in other letters', () => enrolmentFromWire(enrolRequest({ ...DECLARATION, region: 'EU 1' }))],
    ['a payee of 31 bytes', () => enrolmentFromWire(enrolRequest({ ...DECLARATION, payee: Buffer.alloc(31) }))],
    ['a host id of 15 bytes', () => hostIdFromWire(new Uint8Array(15))],
    ['a digest of 33 bytes', () => digestFromWire(new Uint8Array(33))],
    [
      'a signature of 63 bytes',
      () => withdrawalFromWire({ keysetDigest: Buffer.alloc(32), signature: Buffer.alloc(63) })
    ]
  ])('with %s is refused', (_what, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })

  it.each<[string, Verdict__Output | null]>([
    ['no verdict', null],
    ['no status', { ...VERDICT, status: 'STATUS_UNSPECIFIED' }],
    ['a time that is none', { ...VERDICT, notAfter: '18446744073709551615' }]
  ])('from a verifier with %s is not a verdict', (_what, verdict) => {
    const read = () => appraisedFromWire({ verdict, collateral: Buffer.alloc(0), policy: Buffer.alloc(0) })
    expect(read).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})

describe('a record', () => {
  const quarantined = { kind: 'quarantined', by: 'registry', reason: 'EVIDENCE_REFUSED' } as const
  it.each([
    ['listed', sampleHost(), at(0), { state: 'LISTED', reason: '', changedAt: at(0) }],
    [
      'lapsed, since its verdict ended',
      sampleHost(),
      at(4000),
      { state: 'LAPSED', reason: 'LAPSED', changedAt: at(3600) }
    ],
    [
      'withdrawn',
      sampleHost({ standing: { kind: 'withdrawn' } }),
      at(0),
      { state: 'WITHDRAWN', reason: 'WITHDRAWN', changedAt: at(0) }
    ],
    [
      'quarantined, with its reason',
      sampleHost({ standing: quarantined }),
      at(4000),
      { state: 'QUARANTINED', reason: 'EVIDENCE_REFUSED', changedAt: at(0) }
    ]
  ])('says that a host is %s', (_what, host, now, expected) => {
    const changedAt = expected.changedAt.getTime() / 1000
    expect(recordToWire(host, now)).toMatchObject({ ...expected, changedAt })
  })
})
