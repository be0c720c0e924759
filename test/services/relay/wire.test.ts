import { describe, expect, test } from 'vitest'
import type { DirectoryEvent__Output } from '../../../proto/gen/bombyx/v1/DirectoryEvent.ts'
import type { FindHostsRequest__Output } from '../../../proto/gen/bombyx/v1/FindHostsRequest.ts'
import type { Host__Output } from '../../../proto/gen/bombyx/v1/Host.ts'
import type { HostSessionAnswer__Output } from '../../../proto/gen/bombyx/v1/HostSessionAnswer.ts'
import {
  readDirectoryEvent,
  readGift,
  readListedHost,
  readReceiptNames,
  readSessionAnswer,
  readVoucherQuestion,
  readWish
} from '../../../services/relay/wire.ts'
import { FakeHost } from '../../fakes/link-host.ts'

const delisted = { keysetDigest: Buffer.alloc(32, 1), reason: 'lapsed' }
const accept = { accept: Buffer.alloc(1), signature: Buffer.alloc(64) }

const left = (...lengths: readonly number[]) => {
  return { keyset: Buffer.alloc(1), statements: lengths.map((length) => Buffer.alloc(length)) }
}

function listing(): Host__Output {
  const host = new FakeHost({ notAfter: 2000 })
  return {
    hostId: Buffer.alloc(16, 7),
    provider: 'p',
    keyset: Buffer.from(host.keyset.bytes),
    bundleDigest: Buffer.alloc(32),
    collateralDigest: Buffer.alloc(32),
    verdict: {
      status: 'AFFIRMING',
      tee: 'virtual',
      tcbStatus: 'UpToDate',
      appraisedAt: '1',
      notAfter: '1000',
      result: Buffer.alloc(0),
      token: '',
      trusted: true
    },
    declaration: {
      prices: { prompt: '1', cached: '2', completion: '3', reasoning: '4' },
      region: 'eu',
      slots: 4,
      payee: Buffer.alloc(0)
    },
    leaf: Buffer.alloc(0),
    logProof: Buffer.alloc(0)
  }
}

describe('a listed host', () => {
  test('is good until the earlier of its verdict and its keyset', () => {
    const message = listing()
    expect(readListedHost(message)).toMatchObject({ model: 'm', region: 'eu', notAfter: 1000, hostId: '07'.repeat(16) })
    const verdict = { ...(message.verdict as NonNullable<Host__Output['verdict']>), notAfter: '3000' }
    expect(readListedHost({ ...message, verdict }).notAfter).toBe(2000)
  })

  test.each<[string, Partial<Host__Output>, string]>([
    ['a keyset that is none', { keyset: Buffer.from('{}') }, 'KEYSET_MALFORMED'],
    ['no verdict', { verdict: null }, 'ARGUMENT_INVALID'],
    ['no declaration', { declaration: null }, 'ARGUMENT_INVALID'],
    ['no prices', { declaration: { prices: null, region: '', slots: 1, payee: Buffer.alloc(0) } }, 'ARGUMENT_INVALID'],
    [
      'a price of 2^53',
      {
        declaration: {
          prices: { prompt: '9007199254740992', cached: '0', completion: '0', reasoning: '0' },
          region: '',
          slots: 1,
          payee: Buffer.alloc(0)
        }
      },
      'ARGUMENT_INVALID'
    ]
  ])('is refused with %s', (_what, fields, code) => {
    expect(() => readListedHost({ ...listing(), ...fields })).toThrow(expect.objectContaining({ code }))
  })
})

describe('a oneof', () => {
  test.each<[string, () => unknown]>([
    ['of a directory event with two members', () => readDirectoryEvent({ listed: listing(), delisted })],
    ['of a directory event with none', () => readDirectoryEvent({} as DirectoryEvent__Output)],
    [
      'of an answer with two members',
      () => readSessionAnswer({ accept: { callId: '1', accept }, refusal: { callId: '1', code: 4 } })
    ],
    ['of an answer with none', () => readSessionAnswer({} as HostSessionAnswer__Output)],
    ['with no statement that was left', () => readSessionAnswer({ left: left() })],
    ['with more of them than there may be', () => readSessionAnswer({ left: left(...Array<number>(65).fill(1)) })],
    ['with one that is too long', () => readSessionAnswer({ left: left(4097) })],
    ['with an accept that is empty', () => readSessionAnswer({ accept: { callId: '1', accept: null } })]
  ])('%s is refused', (_what, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })

  test('with one member is that member', () => {
    expect(readDirectoryEvent({ delisted })).toEqual({ kind: 'delisted', digest: '01'.repeat(32), reason: 'lapsed' })
    expect(readDirectoryEvent({ snapshotEnd: {} })).toEqual({ kind: 'snapshot-end' })
    expect(readSessionAnswer({ refusal: { callId: '5', code: 9 } })).toEqual({
      kind: 'refusal',
      callId: 5n,
      code: 'NO_CAPACITY'
    })
  })

  test('with a reason or code of a later version is read as the sternest', () => {
    const event = readDirectoryEvent({ delisted: { ...delisted, reason: 'abducted' } })
    expect(event).toMatchObject({ reason: 'quarantined' })
    expect(readSessionAnswer({ refusal: { callId: '5', code: 99 } })).toMatchObject({ code: 'PROTOCOL' })
  })
})

describe('a wish', () => {
  const request: FindHostsRequest__Output = {
    model: 'm',
    region: '',
    maxPrices: null,
    count: 0,
    exclude: [Buffer.alloc(32, 1)],
    prefer: []
  }

  test('of no count is for eight', () => {
    expect(readWish(request)).toMatchObject({ count: 8, maxPrices: undefined, exclude: new Set(['01'.repeat(32)]) })
  })

  test.each([
    ['no model', { model: '' }],
    ['nine hosts', { count: 9 }]
  ])('for %s is refused', (_what, fields) => {
    expect(() => readWish({ ...request, ...fields })).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})

describe('a voucher to be carried', () => {
  interface Given {
    readonly voucher: Buffer
    readonly covered: { epoch: Buffer; seq: string }[]
    readonly coveredSignature?: Buffer
  }
  const gift = (given: Given | null) => {
    const voucher = given && { coveredSignature: Buffer.alloc(64), ...given }
    return readGift({ keysetDigest: Buffer.alloc(32), escrow: Buffer.alloc(32), voucher, maxPrice: '0' })
  }
  const covered = { epoch: Buffer.alloc(16), seq: '1' }

  test('has the bytes of one', () => {
    expect(gift(null)).toMatchObject({ message: null, wish: { voucher: new Uint8Array(0) } })
    expect(gift({ voucher: Buffer.alloc(191), covered: [covered] }).message?.covered).toEqual([covered])
  })

  test.each([
    ['is too long', { voucher: Buffer.alloc(192), covered: [] }],
    ['has a signature that is none', { voucher: Buffer.alloc(191), covered: [], coveredSignature: Buffer.alloc(65) }],
    ['covers too much', { voucher: Buffer.alloc(191), covered: Array(1025).fill(covered) }],
    [
      'covers an epoch that is none',
      { voucher: Buffer.alloc(191), covered: [{ ...covered, epoch: Buffer.alloc(17) }] }
    ],
    [
      'covers a number that no statement has',
      { voucher: Buffer.alloc(191), covered: [{ ...covered, seq: String(2n ** 63n) }] }
    ]
  ])('is refused when it %s', (_, voucher) => {
    expect(() => gift(voucher)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})

describe('what a consumer asks the market through a relay', () => {
  const [account, none] = [Buffer.alloc(32), Buffer.alloc(0)]

  test.each([
    ['vouchers of a whole escrow', () => readVoucherQuestion({ escrow: account, payee: none })],
    ['vouchers for a payee of all escrows', () => readVoucherQuestion({ escrow: none, payee: account })],
    ['statements of 257 answers', () => readReceiptNames({ receipts: Array(257).fill({}) })]
  ])('is never %s', (_, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })

  test('are vouchers of one escrow for one payee', () => {
    expect(readVoucherQuestion({ escrow: account, payee: account })).toEqual({ escrow: account, payee: account })
  })
})
