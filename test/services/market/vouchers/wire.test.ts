import { describe, expect, it } from 'vitest'
import { voucherFromWire } from '../../../../services/market/vouchers/wire.ts'

const [epoch, seq] = [Buffer.alloc(16), String(2n ** 63n - 1n)]
const message = (covered: { epoch: Buffer; seq: string }[]) => ({
  ...{ voucher: Buffer.alloc(191), coveredSignature: Buffer.alloc(64), covered }
})

describe('what a voucher covers', () => {
  it('is places that a row can hold', () => {
    expect(voucherFromWire(message([{ epoch, seq }])).covered).toEqual([{ epoch, seq: BigInt(seq) }])
  })

  it.each([
    ['in too many places', Array(1025).fill({ epoch, seq })],
    ['at an epoch of another length', [{ epoch: Buffer.alloc(15), seq }]],
    ['beyond what a row can hold', [{ epoch, seq: String(2n ** 63n) }]]
  ])('is refused %s', (_, covered) => {
    expect(() => voucherFromWire(message(covered))).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})
