import { describe, expect, test } from 'vitest'
import type { SessionCode } from '../../../attestation/session/codes.ts'
import type { PaymentReply } from '../../../services/relay/host-sessions.ts'
import type { HostTable } from '../../../services/relay/host-table.ts'
import { VoucherCarrier, type VoucherForMarket } from '../../../services/relay/payments.ts'
import { type BombyxErrorCode, ServiceError } from '../../../services/runtime/errors.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { ManualTimers } from '../../fakes/manual-timers.ts'

const STATUS = { terms: Buffer.alloc(0), delivered: '0', vouchered: '0', reason: '' }

/** A carrier to one host, and a market that says one code to each voucher, or takes it. */
function carrier(reply: SessionCode | 'taken', says: (voucher: number) => BombyxErrorCode | undefined) {
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
    if (code !== undefined) throw new ServiceError(code, 'no')
  }
  const vouchers = new VoucherCarrier({ table, timers, logger: silentLogger, store })
  const give = (n: number) => {
    const wish = { escrow: Buffer.alloc(32), voucher: Buffer.of(n), maxPrice: '0' }
    return vouchers.give({ digest: '', wish, message: { voucher: Buffer.of(n), covered: [] } }).catch(() => {})
  }
  const later = async (): Promise<readonly number[]> => {
    offered.length = 0
    timers.advance(5000)
    await new Promise((resolve) => setImmediate(resolve))
    return offered
  }
  return { give, later }
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
