import { type Address, Cell, loadMessage } from '@ton/core'
import { Blockchain, createShardAccount } from '@ton/sandbox'

export interface RawSandbox {
  /** Runs an external message. */
  send(boc: Uint8Array): Promise<void>
}

/** `@ton/sandbox` as tests use it, at its own fees: no block, no disk, no HTTP. It holds one account. */
export async function openRawSandbox(
  address: Address,
  init: { readonly code: Cell; readonly data: Cell }
): Promise<RawSandbox> {
  const blockchain = await Blockchain.create({ config: 'slim' })
  const account = createShardAccount({ address, ...init, balance: 10n ** 15n })
  await blockchain.setShardAccount(address, account)
  return {
    send: async (boc) => {
      const [cell] = Cell.fromBoc(Buffer.from(boc))
      if (cell === undefined) throw new TypeError('one root')
      await blockchain.sendMessage(loadMessage(cell.beginParse()))
    }
  }
}
