import { describe, expect, test } from 'vitest'
import type { SessionCode } from '../../../attestation/session/codes.ts'
import type { PaymentReply } from '../../../services/relay/host-sessions.ts'
import type { HostTable } from '../../../services/relay/host-table.ts'
import { VoucherCarrier, type VoucherForMarket } from '../../../services/relay/payments.ts'
import { type BombyxErrorCode, ServiceError } from '../../../services/runtime/errors.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { ManualTimers } from '../../fakes/manual-timers.ts'

const STATUS = { terms: Buffer.alloc(0), delivered: '0', vouchered: '0', reason: '', stored: false }

/** A carrier to one host, and a market that says one code to each voucher, takes it, or says nothing for a while. */
function carrier(reply: SessionCode | 'taken', says: (voucher: number) => BombyxErrorCode | Promise<void> | undefined) {
  const timers = new ManualTimers()
  const offered: number[] = []
  const sessions = {
    pay: (_: unknown, answer: (reply: PaymentReply) => void) => {
      answer((reply === 'taken' ? STATUS : reply) as PaymentReply)
      return () => {}
    }
  }
  const table = { find: () => ({ sessions }) } as unknown as HostTable
  const store = async ({ voucher }: VoucherForMarket): Promise<void> => {
    offered.push(voucher[0] ?? 0)
    const code = says(voucher[0] ?? 0)
    if (typeof code === 'string') throw new ServiceError(code, 'no')
    await code
  }
  const vouchers = new VoucherCarrier({ table, timers, logger: silentLogger, store })
  const give = (n: number) => {
    const wish = { escrow: Buffer.alloc(32), voucher: Buffer.of(n), maxPrice: '0' }
    const given = vouchers.give({
      digest: '',
      wish,
      message: { voucher: Buffer.of(n), covered: [], coveredSignature: Buffer.alloc(64) }
    })
    return given.catch(() => undefined)
  }
  const later = async (): Promise<readonly number[]> => {
    offered.length = 0
    timers.advance(5000)
    await new Promise((resolve) => setImmediate(resolve))
    return offered
  }
  return { give, later, timers }
}

describe('a voucher', () => {
  test.each<[string, BombyxErrorCode]>([
    ['malformed', 'VOUCHER_MALFORMED'],
    ['of another key', 'VOUCHER_REFUSED'],
    ['of no escrow', 'UNPAID'],
    ['beyond what the market can store', 'ARGUMENT_INVALID'],
    ['that the market fails on', 'INTERNAL']
  ])('%s is offered to the market once', async (_, code) => {
    const { give, later } = carrier('taken', () => code)
    await give(1)
    expect(await later()).toEqual([])
  })

  test('waits for a market that is away, if the host took it', async () => {
    const [taken, refused] = [carrier('taken', () => 'UNAVAILABLE'), carrier('UNPAID', () => 'UNAVAILABLE')]
    for (const { give } of [taken, refused]) await give(1)
    expect([...(await taken.later())]).toEqual([1])
    expect(await refused.later()).toEqual([])
  })

  test.each<[boolean, string, BombyxErrorCode | undefined]>([
    [true, 'takes', undefined],
    [true, 'will never take', 'VOUCHER_REFUSED'],
    [false, 'fails on', 'INTERNAL'],
    [false, 'is too far away for', 'UNAVAILABLE']
  ])('is told to be stored: %s, where the market %s it', async (stored, _, code) => {
    expect(await carrier('taken', () => code).give(1)).toMatchObject({ stored })
  })

  test('whose host is lost is stored all the same, and its payer is told; where it is not, that the host is lost', async () => {
    const given = carrier('HOST_LOST', () => undefined).give(1)
    expect(await given).toMatchObject({ reason: 'HOST_LOST', stored: true })
    expect(await carrier('HOST_LOST', () => 'UNAVAILABLE').give(1)).toBeUndefined()
  })

  test('waits for no market that does not answer, and is offered to it again where it fails in the end', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    const { give, later, timers } = carrier('taken', () => promise)
    const given = give(1)
    await new Promise((resolve) => setImmediate(resolve))
    timers.advance(500)
    expect(await given).toMatchObject({ stored: false })
    reject(new ServiceError('UNAVAILABLE', 'late'))
    await new Promise((resolve) => setImmediate(resolve))
    expect([...(await later())]).toEqual([1])
  })

  test('that the market hangs on holds up no other', async () => {
    let away = true
    const { give, later } = carrier('taken', (n) => (away || n === 1 ? 'UNAVAILABLE' : undefined))
    for (const n of [1, 2, 3]) await give(n)
    away = false
    expect([...(await later())]).toEqual([1])
    expect([...(await later())]).toEqual([2, 3, 1])
    expect([...(await later())]).toEqual([1])
  })
})
