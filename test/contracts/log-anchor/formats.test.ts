import { readFileSync } from 'node:fs'
import { Address, beginCell, Cell, storeAccount, type Transaction } from '@ton/core'
import { internal } from '@ton/sandbox'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256, signEd25519 } from '../../../attestation/crypto.ts'
import { ANCHOR_EXIT_CODES } from '../../../contracts/log-anchor/exit-codes.ts'
import { LogAnchor } from '../../../contracts/log-anchor/log-anchor.ts'
import { encodeBody, hashToSign, type Order, parseBody } from '../../../contracts/log-anchor/messages.ts'
import {
  type AnchorState,
  anchorAddress,
  encodeState,
  nextChainHash,
  parseAnchorAccount,
  parseState
} from '../../../contracts/log-anchor/storage.ts'
import { parseAnchorTransaction } from '../../../contracts/log-anchor/transaction.ts'
import { leavesOf, readerOf } from '../../attestation/tlog/trees.ts'
import { openSandbox } from '../sandbox.ts'
import { ANCHOR_KEY, type AnchoredLog, deployLog, FAUCET, stateWith, TERMS } from './anchored-log.ts'

const SUCCESSOR = new Address(0, Buffer.alloc(32, 0x55))
const reader = readerOf(leavesOf(40))

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const common = { networkId: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), seqno: uint32, validUntil: uint32 }
const treeSize = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
const head = { treeSize, rootHash: hash, timestamp: uint32 }
const anchors = fc.record({
  kind: fc.constant('anchor' as const),
  ...common,
  ...head,
  proof: fc.array(hash, { maxLength: 64 })
})
const retirements = fc.record({ kind: fc.constant('retire' as const), ...common, successor: fc.constant(SUCCESSOR) })
const orders: fc.Arbitrary<Order> = fc.oneof(anchors, retirements)
const signatures = fc.uint8Array({ minLength: 64, maxLength: 64 })

function codeOf(run: () => unknown): unknown {
  try {
    run()
    return 'no error'
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
}

describe('an order', () => {
  it('comes back from its body as it was', () => {
    fc.assert(
      fc.property(orders, signatures, (order, signature) => {
        const back = parseBody(Cell.fromBoc(encodeBody({ order, signature }).toBoc())[0]!)
        expect(encodeBody(back).equals(encodeBody({ order, signature }))).toBe(true)
        expect({ ...back.order, successor: undefined }).toEqual({ ...order, successor: undefined })
        expect(back.signature).toEqual(signature)
      })
    )
  })

  it('is signed for one contract, and one order', () => {
    const order: Order = { kind: 'retire', networkId: -3, seqno: 4, validUntil: 5, successor: SUCCESSOR }
    const base = Buffer.from(hashToSign(FAUCET, order)).toString('hex')
    for (const other of [{ networkId: -239 }, { seqno: 5 }, { validUntil: 6 }, { successor: FAUCET }]) {
      expect(Buffer.from(hashToSign(FAUCET, { ...order, ...other })).toString('hex')).not.toBe(base)
    }
    expect(Buffer.from(hashToSign(SUCCESSOR, order)).toString('hex')).not.toBe(base)
  })

  it.each<[string, Cell]>([
    ['nothing', beginCell().endCell()],
    ['a signature alone', beginCell().storeUint(0, 512).endCell()],
    ['another operation', beginCell().storeUint(0, 512).storeUint(1, 32).storeUint(0, 96).endCell()],
    [
      'an exotic cell',
      beginCell().storeUint(1, 8).storeUint(1, 8).storeUint(0, 256).storeUint(0, 16).endCell({ exotic: true })
    ]
  ])('ANCHOR_MESSAGE_MALFORMED: %s', (_name, body) => {
    expect(codeOf(() => parseBody(body))).toBe('ANCHOR_MESSAGE_MALFORMED')
  })

  it('ANCHOR_MESSAGE_MALFORMED: a proof that is too long, has an empty cell, or half a hash', () => {
    const start = (proof: Cell) =>
      beginCell()
        .storeUint(0, 512)
        .storeUint(0x616e6368, 32)
        .storeUint(0, 96 + 64 + 256 + 32)
        .storeMaybeRef(proof)
        .endCell()
    let long = beginCell().storeUint(0, 256).endCell()
    for (let cells = 0; cells < 64; cells++) long = beginCell().storeUint(0, 256).storeRef(long).endCell()
    const half = beginCell()
      .storeUint(0, 256 + 128)
      .endCell()
    for (const proof of [long, half, beginCell().endCell()]) {
      expect(codeOf(() => parseBody(start(proof)))).toBe('ANCHOR_MESSAGE_MALFORMED')
    }
  })

  it('of a wrong length is the caller’s mistake', () => {
    const order: Order = { kind: 'retire', networkId: -3, seqno: 4, validUntil: 5, successor: SUCCESSOR }
    expect(() => encodeBody({ order, signature: new Uint8Array(63) })).toThrow(TypeError)
  })
})

describe('the state', () => {
  it('comes back from its cell as it was', () => {
    const states = fc.record({
      ...head,
      ...common,
      chainHash: hash,
      originHash: hash,
      anchorKey: hash,
      recoveryKey: hash
    })
    fc.assert(
      fc.property(states, fc.constantFrom(null, SUCCESSOR), ({ validUntil: _, ...rest }, successor) => {
        const state: AnchorState = { ...rest, successor }
        const back = parseState(encodeState(state))
        expect(back.successor?.toRawString()).toBe(successor?.toRawString())
        expect({ ...back, successor: null }).toEqual({ ...state, successor: null })
      })
    )
  })

  it('ANCHOR_STATE_MALFORMED: a cell that ends early, or late', () => {
    const data = encodeState(stateWith({ treeSize: 3n, rootHash: new Uint8Array(32), timestamp: 4 }))
    const late = beginCell().storeSlice(data.beginParse()).storeBit(0).endCell()
    for (const cell of [beginCell().endCell(), late])
      expect(codeOf(() => parseState(cell))).toBe('ANCHOR_STATE_MALFORMED')
  })

  it('gives the chain hash that its formula says', () => {
    const bytes = Buffer.concat([Buffer.alloc(32, 7), Buffer.from('0000000000000005', 'hex'), Buffer.alloc(32, 9)])
    const preimage = Buffer.concat([bytes, Buffer.from('0000000000000006', 'hex')])
    const head = { treeSize: 5n, rootHash: new Uint8Array(32).fill(9), timestamp: 6 }
    expect(nextChainHash(new Uint8Array(32).fill(7), head)).toEqual(sha256(preimage))
  })

  it.each([
    { networkId: -239 },
    { originHash: new Uint8Array(32) },
    { anchorKey: new Uint8Array(32) },
    { recoveryKey: new Uint8Array(32) }
  ])('has another address with other terms: %o', (other) =>
    expect(anchorAddress({ ...TERMS, ...other }).equals(anchorAddress(TERMS))).toBe(false)
  )
})

describe('an account and its transactions', () => {
  let log: AnchoredLog
  beforeEach(async () => {
    log = await deployLog(await openSandbox(), { reader })
  })

  const accountCell = async () => {
    const { account } = (await log.chain.getContract(log.address)).account
    return beginCell().storeBit(1).store(storeAccount(account!)).endCell()
  }

  it('are read from the cell of the account', async () => {
    await log.send(await log.order(20n))
    const read = parseAnchorAccount(Cell.fromBoc((await accountCell()).toBoc())[0]!)
    expect(read.address.equals(log.address)).toBe(true)
    expect(read).toMatchObject({ balance: await log.balance(), state: await log.state() })
    expect(read.state).toMatchObject({ treeSize: 20n, seqno: 1, ...TERMS })
  })

  it('ANCHOR_CODE_UNKNOWN: other code with the same data', async () => {
    const contract = await log.chain.getContract(log.address)
    const { account } = contract.account
    if (account?.storage.state.type !== 'active') throw new TypeError('not active')
    account.storage.state.state.code = beginCell().endCell()
    const cell = beginCell().storeBit(1).store(storeAccount(account)).endCell()
    expect(codeOf(() => parseAnchorAccount(cell))).toBe('ANCHOR_CODE_UNKNOWN')
  })

  it('ANCHOR_STATE_MALFORMED: no account, or not one', () => {
    for (const cell of [
      beginCell().storeBit(0).endCell(),
      beginCell().endCell(),
      beginCell().storeUint(255, 8).endCell()
    ]) {
      expect(codeOf(() => parseAnchorAccount(cell))).toBe('ANCHOR_STATE_MALFORMED')
    }
  })

  it('tell an anchor, a refused one, a top-up and a retirement apart', async () => {
    const orders = [
      await log.order(5n),
      await log.order(20n, { rootHash: new Uint8Array(32), seqno: 1, proof: [TERMS.anchorKey] })
    ]
    const events = []
    for (const order of [...orders, await log.retirement(SUCCESSOR, { seqno: 2 })]) {
      const sent = await log.send(order)
      if (sent.kind === 'run') events.push(parseAnchorTransaction(sent.transaction))
    }
    const { transactions } = await log.chain.sendMessage(internal({ from: FAUCET, to: log.address, value: 5_000_000n }))
    events.push(parseAnchorTransaction(transactions[0]!))
    expect(events.map(({ kind }) => kind)).toEqual(['anchored', 'refused', 'retired', 'topped-up'])
    expect(events[0]).toMatchObject({ order: orders[0] })
    expect(events[1]).toMatchObject({ order: orders[1], exitCode: 281 })
    expect(events[3]).toMatchObject({ value: 5_000_000n })
  })

  it('whose compute phase “succeeded” can still be a refusal', async () => {
    await log.send(await log.order(5n))
    const sent = await log.send(await log.order(20n, { rootHash: new Uint8Array(32) }))
    if (sent.kind !== 'run' || sent.transaction.description.type !== 'generic') throw new TypeError('not run')
    const { computePhase } = sent.transaction.description
    expect(computePhase).toMatchObject({ type: 'vm', success: true, exitCode: 280 })
  })

  it('ANCHOR_MESSAGE_MALFORMED: a transaction without a message', () => {
    const none = { inMessage: null, description: { type: 'generic' } } as unknown as Transaction
    expect(codeOf(() => parseAnchorTransaction(none))).toBe('ANCHOR_MESSAGE_MALFORMED')
  })

  it('answer the wrapper’s questions as the parsed state does', async () => {
    const opened = log.chain.openContract(LogAnchor.at(log.address))
    await log.send(await log.order(20n))
    const { seqno, treeSize, rootHash, timestamp, chainHash } = await log.state()
    expect(await opened.getHead()).toEqual({ seqno, treeSize, rootHash, timestamp, chainHash })
    expect(await opened.getTerms()).toEqual(TERMS)
    expect(await opened.getSuccessor()).toBeNull()
    expect(await opened.getRequiredBalance()).toBeGreaterThan(0n)
  })

  it('come to be by the wrapper alone: deployed by a top-up, then anchored', async () => {
    const chain = await openSandbox()
    const operator = await chain.treasury('operator')
    const anchor = chain.openContract(LogAnchor.of(TERMS))
    await anchor.sendTopUp(operator.getSender(), 1_000_000_000n)
    expect((await anchor.getHead()).treeSize).toBe(0n)
    const order = await log.order(5n)
    await anchor.sendOrder({ order, signature: signEd25519(ANCHOR_KEY, hashToSign(anchor.address, order)) })
    expect(await anchor.getHead()).toMatchObject({ treeSize: 5n, rootHash: order.rootHash, seqno: 1 })
  })
})

describe('the exit codes', () => {
  it('are those of errors.tolk', () => {
    const source = readFileSync(new URL('../../../contracts/log-anchor/errors.tolk', import.meta.url), 'utf8')
    const members = [...source.matchAll(/^ {4}(\w+)(?: = (\d+))?/gm)]
    let next = 0
    const fromSource = members.map(([, name, value]) => {
      next = value === undefined ? next + 1 : Number(value)
      return [`${next}`, name]
    })
    expect(Object.entries(ANCHOR_EXIT_CODES)).toEqual(fromSource)
  })
})
