import { generateKeyPairSync, sign } from 'node:crypto'
import { beginCell, Cell, external, internal, loadMessage, SendMode, toNano } from '@ton/core'
import { TonClient, WalletContractV5R1 } from '@ton/ton'
import { expect, test } from 'vitest'
import { openChain } from '../../../contracts/chain.ts'
import { normalizedMessageHash } from '../../../contracts/message.ts'
import { addressOf, faucetPayment, startTestChain } from './world.ts'

/** A wallet v5 of @ton/ton's own making, with the secret key in the form that it wants. */
function foreignWallet() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  const wallet = WalletContractV5R1.create({ publicKey: raw, walletId: { networkGlobalId: -4242 } })
  return { wallet, secretKey: Buffer.concat([seed, raw]), sign: (hash: Uint8Array) => sign(null, hash, privateKey) }
}

test('an unmodified TonClient deploys a wallet v5, sends from it, and finds what it caused', async () => {
  const { endpoint, chain } = await startTestChain()
  const client = new TonClient({ endpoint })
  const { wallet, secretKey } = foreignWallet()
  expect(await client.getContractState(wallet.address)).toMatchObject({
    state: 'uninitialized',
    balance: 0n,
    code: null
  })
  await client.sendFile(Buffer.from(faucetPayment(chain, 0, wallet.address, '10')))
  expect(await client.getBalance(wallet.address)).toBe(toNano('10'))
  const opened = client.open(wallet)
  expect(await opened.getSeqno()).toBe(0)
  const receiver = addressOf('receiver')
  const messages = [internal({ to: receiver, value: '2.5', bounce: false, body: 'thanks' })]
  await opened.sendTransfer({ seqno: 0, secretKey, messages, sendMode: SendMode.PAY_GAS_SEPARATELY })
  expect(await client.isContractDeployed(wallet.address)).toBe(true)
  expect(await opened.getSeqno()).toBe(1)
  expect(await client.getBalance(receiver)).toBe(toNano('2.5'))
  const { stack } = await client.runMethod(wallet.address, 'get_public_key')
  expect(stack.readBigNumber()).toBe(BigInt(`0x${secretKey.subarray(32).toString('hex')}`))

  const [sent] = await client.getTransactions(wallet.address, { limit: 1 })
  const message = sent!.outMessages.get(0)!
  if (message.info.type !== 'internal') throw new Error('not internal')
  const { src, dest, createdLt } = message.info
  const result = await client.tryLocateResultTx(src, dest, String(createdLt))
  expect(result.inMessage?.body.equals(message.body)).toBe(true)
  const source = await client.tryLocateSourceTx(src, dest, String(createdLt))
  expect(source.hash().equals(sent!.hash())).toBe(true)
  const again = await client.getTransaction(wallet.address, String(sent!.lt), sent!.hash().toString('base64'))
  expect(again?.hash().equals(sent!.hash())).toBe(true)
})

test('blocks, shards and their transactions are told as they are', async () => {
  const { endpoint, chain } = await startTestChain()
  const client = new TonClient({ endpoint })
  const before = await client.getMasterchainInfo()
  await chain.tick()
  await client.sendFile(Buffer.from(faucetPayment(chain, 0, addressOf('a'))))
  const after = await client.getMasterchainInfo()
  expect(after).toMatchObject({ workchain: -1, shard: '-9223372036854775808', initSeqno: 0 })
  expect(after.latestSeqno).toBe(before.latestSeqno + 2)
  const [shardBefore] = await client.getWorkchainShards(after.latestSeqno - 1)
  const [shard] = await client.getWorkchainShards(after.latestSeqno)
  expect(shard!.seqno).toBe(shardBefore!.seqno + 1)
  const transactions = await client.getShardTransactions(0, shard!.seqno, shard!.shard)
  expect(transactions.map(({ account }) => account.toRawString())).toEqual([
    chain.faucet.address.toRawString(),
    addressOf('a').toRawString()
  ])
  expect(await client.getShardTransactions(-1, after.latestSeqno, after.shard)).toEqual([])
})

test('an account is paged newest first, each transaction once', async () => {
  const { endpoint, chain } = await startTestChain()
  const client = new TonClient({ endpoint })
  for (let seqno = 0; seqno < 7; seqno += 1) await chain.send(faucetPayment(chain, seqno, addressOf('paged')))
  const { address } = chain.faucet
  const seen: bigint[] = []
  let page = await client.getTransactions(address, { limit: 3 })
  while (page.length > 0) {
    seen.push(...page.map(({ lt }) => lt))
    const last = page.at(-1)!
    page = await client.getTransactions(address, {
      limit: 3,
      lt: String(last.lt),
      hash: last.hash().toString('base64')
    })
  }
  expect(seen).toHaveLength(7)
  expect([...seen].sort((a, b) => Number(b - a))).toEqual(seen)
  await expect(
    client.getTransactions(address, { limit: 3, lt: '77', hash: Buffer.alloc(32).toString('base64') })
  ).rejects.toThrow()
})

test('what a message would cost is what it then costs', async () => {
  const { endpoint, chain } = await startTestChain()
  const client = new TonClient({ endpoint })
  const boc = faucetPayment(chain, 0, addressOf('estimate'))
  const { body, init } = loadBody(boc)
  const { source_fees: fees } = await client.estimateExternalMessageFee(chain.faucet.address, {
    ...{ body, initCode: init!.code!, initData: init!.data!, ignoreSignature: true }
  })
  expect(fees.gas_fee).toBeGreaterThan(0)
  const balance = await client.getBalance(chain.faucet.address)
  await client.sendFile(Buffer.from(boc))
  const [transaction] = await client.getTransactions(chain.faucet.address, { limit: 1 })
  const spent = balance - (await client.getBalance(chain.faucet.address)) - toNano('1')
  const { description } = transaction!
  const storage = description.type === 'generic' ? (description.storagePhase?.storageFeesCollected ?? 0n) : 0n
  expect(BigInt(fees.in_fwd_fee + fees.gas_fee + fees.fwd_fee)).toBe(spent - storage)
})

test('nobody is told that a message was taken which its contract did not accept', async () => {
  const { endpoint, chain } = await startTestChain()
  const services = openChain({ network: 'local', endpoint })
  const seqno = chain.tip.master.seqno
  await expect(services.sendBoc(faucetPayment(chain, 5, addressOf('x')))).rejects.toMatchObject({
    code: 'MESSAGE_REFUSED'
  })
  const nobody = beginCell().storeUint(0, 8).endCell()
  const toNobody = external({ to: addressOf('nobody'), body: nobody })
  await expect(new TonClient({ endpoint }).sendMessage(toNobody)).rejects.toThrow()
  expect(chain.tip.master.seqno).toBe(seqno)
})

test('services find block, account, transaction and get method through chain.ts', async () => {
  const { endpoint, chain } = await startTestChain()
  const services = openChain({ network: 'local', endpoint })
  const first = await services.latestBlock()
  expect(first).toEqual(await services.blockBySeqno(first.seqno))
  await expect(services.blockBySeqno(first.seqno + 1)).rejects.toMatchObject({ code: 'BLOCK_UNKNOWN' })
  const sent = faucetPayment(chain, 0, addressOf('b'))
  await services.sendBoc(sent)
  const later = await services.latestBlock()
  expect(later.seqno).toBe(first.seqno + 1)
  expect(later.genUtime).toBeGreaterThanOrEqual(first.genUtime)
  const hash = normalizedHashOf(sent)
  const found = await services.findTransaction(chain.faucet.address, hash, 0n)
  expect(found?.outMessagesCount).toBe(1)
  expect(await services.findTransaction(chain.faucet.address, hash, found!.lt + 1n)).toBeUndefined()
  expect(await services.findTransaction(chain.faucet.address, Buffer.alloc(32), 0n)).toBeUndefined()
  expect((await services.getMethod(chain.faucet.address, 'seqno')).readNumber()).toBe(1)
  await expect(services.getMethod(chain.faucet.address, 'no_such')).rejects.toMatchObject({ code: 'GET_METHOD_FAILED' })
  expect(await services.account(addressOf('b'))).toMatchObject({ status: 'uninitialized', balance: toNano('1') })
  expect(await services.account(chain.faucet.address)).toMatchObject({
    status: 'active',
    lastTransaction: { lt: found!.lt }
  })
  await expect(openChain({ network: 'testnet', endpoint }).latestBlock()).rejects.toMatchObject({
    code: 'CHAIN_NETWORK_MISMATCH'
  })
})

function loadBody(boc: Uint8Array) {
  const slice = Cell.fromBoc(Buffer.from(boc))[0]!
  return loadMessage(slice.beginParse())
}

function normalizedHashOf(boc: Uint8Array): Uint8Array {
  return normalizedMessageHash(loadBody(boc))!
}
