import { Address, beginCell } from '@ton/core'
import { beforeEach, describe, expect, it } from 'vitest'
import type { PrivateKey } from '../../../attestation/crypto.ts'
import { signEd25519 } from '../../../attestation/crypto.ts'
import { ANCHOR_EXIT_CODES, type AnchorExit } from '../../../contracts/log-anchor/exit-codes.ts'
import { type AnchorOrder, encodeBody, hashToSign, type Order } from '../../../contracts/log-anchor/messages.ts'
import { leavesOf, readerOf } from '../../attestation/tlog/trees.ts'
import { openSandbox, TEST_NETWORK, TEST_START } from '../sandbox.ts'
import { ANCHOR_KEY, type AnchoredLog, deployLog, OTHER_KEY, RECOVERY_KEY, type Sent, TERMS } from './anchored-log.ts'

const reader = readerOf(leavesOf(40))
const SUCCESSOR = new Address(0, Buffer.alloc(32, 0x55))
const HOUR = 3600

/** Refused by the account itself: no transaction, nothing paid, nothing changed. */
async function expectRefused(log: AnchoredLog, send: () => Promise<Sent>, name: AnchorExit): Promise<void> {
  const [before, balance] = [await log.state(), await log.balance()]
  const sent = await send()
  expect(sent.kind).toBe('refused')
  expect(ANCHOR_EXIT_CODES[sent.exitCode as keyof typeof ANCHOR_EXIT_CODES] ?? sent.exitCode).toBe(name)
  expect(await log.state()).toEqual(before)
  expect(await log.balance()).toBe(balance)
}

describe('an anchor is refused before it is accepted, and costs nothing', () => {
  let log: AnchoredLog
  beforeEach(async () => {
    log = await deployLog(await openSandbox(), { reader })
    expect(await log.send(await log.order(7n))).toMatchObject({ kind: 'run', exitCode: 0 })
  })

  it.each<[AnchorExit, string, number, Partial<AnchorOrder> & { key?: PrivateKey }]>([
    ['WrongNetwork', 'for mainnet', 20, { networkId: -239 }],
    ['WrongSeqno', 'sent again', 20, { seqno: 0 }],
    ['WrongSeqno', 'with a gap', 20, { seqno: 2 }],
    ['Expired', 'valid until a second ago', 20, { validUntil: TEST_START - 1 }],
    ['Expired', 'valid until now', 20, { validUntil: TEST_START }],
    ['ValidTooLong', 'valid for over an hour', 20, { validUntil: TEST_START + HOUR + 1 }],
    ['TreeNotLarger', 'of a tree that shrinks', 6, {}],
    ['TreeNotLarger', 'of the same tree', 7, {}],
    ['TreeNotLarger', 'of an empty tree', 20, { treeSize: 0n }],
    ['TreeTooLarge', 'of over 2^63 leaves', 20, { treeSize: (1n << 63n) + 1n }],
    ['TimestampBackwards', 'signed before the last head', 20, { timestamp: TEST_START - 1 }],
    ['TimestampInFuture', 'signed over a minute ahead of the block', 20, { timestamp: TEST_START + 61 }],
    ['ProofMissing', 'without a proof', 20, { proof: [] }],
    ['BadSignature', 'signed by the recovery key', 20, { key: RECOVERY_KEY }],
    ['BadSignature', 'signed by any other key', 20, { key: OTHER_KEY }]
  ])('%s: %s', async (name, _why, size, { key, ...change }) => {
    const order = await log.order(BigInt(size), change)
    await expectRefused(log, () => log.send(order, key), name)
  })

  it('BadSignature: signed for another log’s anchor', async () => {
    const other = await deployLog(log.chain, { reader, terms: { ...TERMS, originHash: new Uint8Array(32) } })
    const order = await log.order(20n)
    const signature = signEd25519(ANCHOR_KEY, hashToSign(other.address, order))
    await expectRefused(log, () => log.sendBody(encodeBody({ order, signature })), 'BadSignature')
  })

  it.each<[string, (order: AnchorOrder) => Partial<AnchorOrder>]>([
    ['seqno', ({ seqno }) => ({ seqno: seqno + 1 })],
    ['validity', ({ validUntil }) => ({ validUntil: validUntil + 1 })],
    ['tree size', ({ treeSize }) => ({ treeSize: treeSize + 1n })],
    ['root', ({ rootHash }) => ({ rootHash: rootHash.toReversed() })],
    ['timestamp', ({ timestamp }) => ({ timestamp: timestamp + 1 })],
    ['proof', ({ proof }) => ({ proof: proof.toReversed() })],
    ['network', () => ({ networkId: -3 })]
  ])('a signature holds for the %s that was signed', async (field, change) => {
    const order = await log.order(20n)
    const signature = signEd25519(ANCHOR_KEY, hashToSign(log.address, order))
    const changed = encodeBody({ order: { ...order, ...change(order) }, signature })
    const expected = field === 'seqno' ? 'WrongSeqno' : field === 'network' ? 'WrongNetwork' : 'BadSignature'
    await expectRefused(log, () => log.sendBody(changed), expected)
    expect(await log.sendBody(encodeBody({ order, signature }))).toMatchObject({ kind: 'run', exitCode: 0 })
  })

  it('MessageMalformed: another operation, or bits to spare', async () => {
    const body = encodeBody({ order: await log.order(20n), signature: new Uint8Array(64) })
    const opcode = beginCell().storeUint(0, 512).storeUint(0xdeadbeef, 32).endCell()
    await expectRefused(log, () => log.sendBody(opcode), 'MessageMalformed')
    const spare = beginCell().storeSlice(body.beginParse()).storeBit(0).endCell()
    await expectRefused(log, () => log.sendBody(spare), 'MessageMalformed')
  })

  it('a body that ends early is refused by the machine itself', async () => {
    expect(await log.sendBody(beginCell().endCell())).toEqual({ kind: 'refused', exitCode: 9 })
    const short = beginCell().storeUint(0, 512).storeUint(0x616e6368, 32).endCell()
    expect(await log.sendBody(short)).toEqual({ kind: 'refused', exitCode: 9 })
  })
})

describe('the first anchor', () => {
  it.each<[AnchorExit, string, Partial<AnchorOrder>]>([
    ['ProofUnexpected', 'has no proof', { proof: [new Uint8Array(32)] }],
    ['TreeNotLarger', 'is of a tree with a leaf', { treeSize: 0n }],
    ['WrongSeqno', 'has seqno 0', { seqno: 1 }]
  ])('%s: %s', async (name, _why, change) => {
    const log = await deployLog(await openSandbox(), { reader })
    const order = await log.order(5n, change)
    await expectRefused(log, () => log.send(order), name)
  })

  it.each([1n, 2n, 40n])('may be of %i leaves', async (size) => {
    const log = await deployLog(await openSandbox(), { reader })
    expect(await log.send(await log.order(size))).toMatchObject({ kind: 'run', exitCode: 0 })
    expect((await log.state()).treeSize).toBe(size)
  })
})

describe('limits that still pass', () => {
  it.each<[string, Partial<AnchorOrder>]>([
    ['valid for one hour', { validUntil: TEST_START + HOUR }],
    ['valid for one second', { validUntil: TEST_START + 1 }],
    ['signed a minute ahead of the block', { timestamp: TEST_START + 60 }],
    ['signed in the second of the head before', { timestamp: TEST_START }]
  ])('%s', async (_why, change) => {
    const log = await deployLog(await openSandbox(), { reader })
    await log.send(await log.order(7n))
    expect(await log.send(await log.order(20n, change))).toMatchObject({ kind: 'run', exitCode: 0 })
  })
})

describe('a contract on a network that is not its own', () => {
  it('WrongNetwork: takes nothing, whatever the order names', async () => {
    const log = await deployLog(await openSandbox(2026, -3), { reader })
    const orders: Order[] = [await log.order(5n), await log.order(5n, { networkId: -3 })]
    expect(orders.map((order) => order.networkId)).toEqual([TEST_NETWORK, -3])
    for (const order of orders) await expectRefused(log, () => log.send(order), 'WrongNetwork')
  })
})

describe('a retirement is refused before it is accepted', () => {
  it.each<[AnchorExit, string, object, PrivateKey?]>([
    ['BadSignature', 'signed by the anchor key', {}, ANCHOR_KEY],
    ['BadSignature', 'signed by any other key', {}, OTHER_KEY],
    ['WrongNetwork', 'for mainnet', { networkId: -239 }],
    ['WrongSeqno', 'sent out of turn', { seqno: 1 }],
    ['Expired', 'too late', { validUntil: TEST_START }],
    ['ValidTooLong', 'valid for over an hour', { validUntil: TEST_START + HOUR + 1 }]
  ])('%s: %s', async (name, _why, change, key) => {
    const log = await deployLog(await openSandbox(), { reader })
    const order = await log.retirement(SUCCESSOR, change)
    await expectRefused(log, () => log.send(order, key), name)
  })

  it('SuccessorIsSelf: names the contract itself', async () => {
    const log = await deployLog(await openSandbox(), { reader })
    const order = await log.retirement(log.address)
    await expectRefused(log, () => log.send(order), 'SuccessorIsSelf')
  })

  it('MessageMalformed: bits to spare', async () => {
    const log = await deployLog(await openSandbox(), { reader })
    const body = encodeBody({ order: await log.retirement(SUCCESSOR), signature: new Uint8Array(64) })
    const spare = beginCell().storeSlice(body.beginParse()).storeBit(0).endCell()
    await expectRefused(log, () => log.sendBody(spare), 'MessageMalformed')
  })
})
