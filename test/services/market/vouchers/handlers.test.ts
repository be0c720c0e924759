import { afterEach, expect, test } from 'vitest'
import type { VouchersHandlers } from '../../../../proto/gen/bombyx/v1/Vouchers.ts'
import { bombyxV1, packageDefinition } from '../../../../proto/load.ts'
import { vouchersHandlers } from '../../../../services/market/vouchers/handlers.ts'
import { bindService, startGrpcServer } from '../../../../services/runtime/grpc.ts'
import { callUnary, connect } from '../../../../services/runtime/grpc-client.ts'
import { hashToken } from '../../../../services/runtime/tokens.ts'

const stack = new AsyncDisposableStack()
afterEach(() => stack.disposeAsync())

// By escrow the market may have to ask the chain, whose endpoint counts its questions.
test('vouchers of a payee are told to all, those of an escrow to relays', async () => {
  const asked: string[] = []
  const vouchers = {
    take: async () => {},
    listFees: async () => [],
    list: async (by: object) => {
      asked.push(...Object.keys(by))
      return []
    },
    [Symbol.asyncDispose]: async () => {}
  }
  const handlers = vouchersHandlers(vouchers, { entries: [{ hash: hashToken('relay'), name: 'r' }] })
  const services = [bindService<VouchersHandlers>(bombyxV1.Vouchers.service, handlers)]
  const server = stack.use(await startGrpcServer({ listen: '127.0.0.1:0', services, reflection: packageDefinition }))
  const [relay, anybody] = await Promise.all(
    [{ token: 'relay' }, {}].map((dial) => connect(bombyxV1.Vouchers, server.authority, dial))
  )
  stack.defer(() => {
    for (const client of [relay, anybody]) client?.close()
  })
  const account = Buffer.alloc(32)
  await expect(callUnary(anybody!, 'ListVouchers', { escrow: account })).rejects.toMatchObject({
    code: 'UNAUTHENTICATED'
  })
  for (const [client, question] of [
    [anybody!, { payee: account }],
    [anybody!, { escrow: account, payee: account }],
    [relay!, { escrow: account }]
  ] as const) {
    await callUnary(client, 'ListVouchers', question)
  }
  expect(asked).toEqual(['payee', 'escrow', 'payee', 'escrow'])
})
