import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ClaimView, planClaim } from '../../../../services/market/vouchers/claim-plan.ts'

const open = { seqno: 7, validUntil: 1000, cumulative: 50n }
const view = (change: Partial<Omit<ClaimView, 'block'>> & { at?: number }): ClaimView => {
  const { at = 900, ...rest } = change
  return { open, seqno: 7, paid: 0n, takenAt: undefined, block: { genUtime: at }, ...rest }
}

test.each([
  ['is sent again while a block can still take it', view({}), { kind: 'resend' }],
  ['is sent again until a block well after its end shows the seqno unmoved', view({ at: 1060 }), { kind: 'resend' }],
  ['has lapsed then', view({ at: 1061 }), { kind: 'settle', state: 'lapsed' }],
  ['is waited for when the wallet has taken it', view({ seqno: 8 }), { kind: 'wait' }],
  ['has paid when the escrow says so', view({ seqno: 8, paid: 50n }), { kind: 'settle', state: 'paid' }],
  ['has paid when somebody claimed more', view({ seqno: 8, paid: 80n }), { kind: 'settle', state: 'paid' }],
  ['was refused when the escrow is closed', view({ seqno: 8, paid: undefined }), { kind: 'settle', state: 'refused' }],
  ['is waited for a minute', view({ seqno: 8, takenAt: 840, at: 900 }), { kind: 'wait' }],
  ['was refused when that is over', view({ seqno: 8, takenAt: 840, at: 901 }), { kind: 'settle', state: 'refused' }],
  [
    'whose taking nobody lists was refused when it could have been taken a minute ago',
    view({ seqno: 8, at: 1061 }),
    { kind: 'settle', state: 'refused' }
  ]
])('a claim %s', (_, given, step) => {
  expect(planClaim(given)).toEqual(step)
})

test('a claim that the wallet has not taken, whoever was paid, blocks its seqno until it cannot be taken', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 7 }),
      fc.bigInt(0n, 100n),
      fc.integer({ min: 0, max: 1060 }),
      (seqno, paid, at) => {
        expect(planClaim(view({ seqno, paid, at }))).toEqual({ kind: 'resend' })
      }
    )
  )
})
