import { internal, loadMessage } from '@ton/core'
import { expect, test } from 'vitest'
import { openChain } from '../../../contracts/chain.ts'
import { encodeBody } from '../../../contracts/log-anchor/messages.ts'
import { parseState } from '../../../contracts/log-anchor/storage.ts'
import { encodeExternal, normalizedMessageHash, readCell } from '../../../contracts/message.ts'
import { verifyAccountState } from '../../../contracts/state-proof/verify.ts'
import { createAnchorScript } from './anchor.ts'
import { startTestChain } from './world.ts'

test('a log is deployed, anchored and found, and its last head is proven from the hash of a block', async () => {
  const { endpoint, chain } = await startTestChain()
  const services = openChain({ network: 'local', endpoint })
  const log = createAnchorScript(6, 7)
  const { address, init } = log.contract
  const deploy = internal({ to: address, value: '1', bounce: false, init: init ?? null })
  await services.sendBoc(chain.faucet.transfer({ seqno: 0, validUntil: 0xffffffff, messages: [deploy] }))
  const { genUtime } = await services.latestBlock()
  const heads = [0, 1, 2, 3].map(() => log.next(genUtime))
  for (const head of heads) {
    const boc = encodeExternal(address, encodeBody(head))
    await services.sendBoc(boc)
    // A head that is anchored already is refused, so that sending it again after a crash does no harm.
    await expect(services.sendBoc(boc)).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' })
    const hash = normalizedMessageHash(loadMessage(readCell(boc)!.beginParse()))!
    expect(await services.findTransaction(address, hash, 0n)).toMatchObject({ endStatus: 'active' })
  }
  const { order } = heads.at(-1)!
  expect(await services.open(log.contract).getHead()).toMatchObject({
    seqno: 4,
    treeSize: order.treeSize,
    rootHash: order.rootHash
  })
  const { rootHash } = await services.latestBlock()
  const proof = await services.accountProof(address)
  const { account } = verifyAccountState(address, { rootHash, networkId: services.networkId }, proof)
  expect(account?.codeHash).toEqual(init?.code.hash())
  expect(parseState(account!.data!)).toMatchObject({ seqno: 4, treeSize: order.treeSize, rootHash: order.rootHash })
})
