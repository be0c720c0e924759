import { expect, onTestFinished, test } from 'vitest'
import { generateEd25519 } from '../../../attestation/crypto.ts'
import { signVoucher } from '../../../attestation/receipt/voucher.ts'
import type { Chain } from '../../../contracts/chain.ts'
import { addressOf } from '../../../contracts/escrow/terms.ts'
import type { VouchersHandlers } from '../../../proto/gen/bombyx/v1/Vouchers.ts'
import { bombyxV1, packageDefinition } from '../../../proto/load.ts'
import { readEarnings } from '../../../services/cli/earn/earnings.ts'
import { bindService, startGrpcServer, unary } from '../../../services/runtime/grpc.ts'

const [payee, other, escrow] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte)) as [Buffer, Buffer, Buffer]
const key = generateEd25519()
const voucherFor = (account: Uint8Array) => {
  const voucher = signVoucher({ escrow, payee: account, cumulative: 1n, usageRoot: new Uint8Array(32) }, key)
  return { voucher: Buffer.from(voucher), reserved: '1', paid: '0' }
}

test('a market that lists vouchers of others is not believed: their claims would be paid for here', async () => {
  const handlers = {
    StoreVoucher: unary(() => ({})),
    ListVouchers: unary(() => ({ vouchers: [voucherFor(other), voucherFor(payee)] }))
  }
  const services = [bindService<VouchersHandlers>(bombyxV1.Vouchers.service, handlers)]
  const server = await startGrpcServer({ listen: '127.0.0.1:0', services, reflection: packageDefinition })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const chain = { account: async () => ({ status: 'uninitialized', balance: 0n }) } as unknown as Chain
  const earnings = await readEarnings(chain, addressOf(payee), { data: '.', market: server.authority })
  expect(earnings.map((one) => one.payee.toRawString())).toEqual([addressOf(payee).toRawString()])
})
