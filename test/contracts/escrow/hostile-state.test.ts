import { Address, beginCell } from '@ton/core'
import { expect, it } from 'vitest'
import { parseEscrow } from '../../../contracts/escrow/state.ts'
import { ESCROW_CODE, escrowAddress, escrowInit } from '../../../contracts/escrow/terms.ts'
import { endlessDictionary } from '../endless-dictionary.ts'

const account = (n: number) => new Address(0, Buffer.alloc(32, n))
const terms = {
  ...{ consumer: account(1), market: account(2), feeShare: 500, delay: 86_400 },
  ...{ firstVoucherKey: new Uint8Array(32).fill(3), network: -777, nonce: 4n }
}

// Anybody can deploy the escrow's code with data of their own, and name that address to a host or to the market.
it('an escrow whose payees have no end is refused at once', () => {
  const from = escrowInit(terms).data.beginParse()
  const nobody = beginCell().storeUint(0, 9).endCell()
  const data = beginCell().storeBits(from.loadBits(56)).storeUint(128, 8)
  data
    .storeBits(from.skip(8).loadBits(257))
    .storeBit(1)
    .storeRef(endlessDictionary(256, 30, nobody))
  const code = ESCROW_CODE
  expect(() => parseEscrow(escrowAddress(terms), { code, data: data.storeRef(from.loadRef()).endCell() })).toThrow(
    expect.objectContaining({ code: 'ESCROW_STATE_MALFORMED' })
  )
})
