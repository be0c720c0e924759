import { Address, beginCell, type Cell, toNano } from '@ton/core'
import { describe, expect, it } from 'vitest'
import * as say from '../../../contracts/escrow/messages.ts'
import { ESCROW_EXITS } from '../../../contracts/escrow/messages.ts'
import { openReserved, otherKey, type Wallet, type World } from './world.ts'

const DAY = 86_400
const key = new Uint8Array(32).fill(9)
const someone = (n: number) => new Address(0, Buffer.alloc(32, n))
const tagged = (world: World, change: (voucher: Uint8Array) => Uint8Array) =>
  say.encodeClaim(change(world.voucher(world.payee.address, 5n)))
const altered = (at: number) => (bytes: Uint8Array) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
const claimOf = (voucher: Cell) =>
  beginCell().storeUint(say.ESCROW_OPS.claim, 32).storeBuffer(Buffer.alloc(64)).storeRef(voucher).endCell()

/** What is sent, by whom, after what; and the exit code that names the refusal. */
interface Refusal {
  readonly exit: keyof typeof ESCROW_EXITS | number
  readonly by?: (world: World) => Wallet
  readonly before?: (world: World) => Promise<unknown>
  readonly body: (world: World) => Cell | undefined
  readonly value?: bigint
}

const payee = (world: World) => world.payee
const stranger = (world: World) => world.stranger
const askClose = (world: World) => world.escrow.sendAskClose(world.consumer.getSender())
const askRelease = (world: World) => world.escrow.sendAskRelease(world.consumer.getSender(), world.payee.address, 0n)
const changeKey = (world: World) => world.escrow.sendChangeKey(world.consumer.getSender(), key)
const close = async (world: World) => {
  await askClose(world)
  world.wait(DAY)
  await world.escrow.sendClose(world.consumer.getSender())
}

const REFUSALS: Record<string, Refusal> = {
  'a reservation by a stranger': {
    exit: 'NOT_CONSUMER',
    by: stranger,
    body: ({ stranger }) => say.encodeReserve(stranger.address, toNano('0.1'))
  },
  'a reservation by the market': {
    exit: 'NOT_CONSUMER',
    by: ({ market }) => market,
    body: ({ market }) => say.encodeReserve(market.address, toNano('0.1'))
  },
  'a reservation by the payee': {
    exit: 'NOT_CONSUMER',
    by: payee,
    body: ({ payee }) => say.encodeReserve(payee.address, toNano('0.9'))
  },
  'a release asked for by a stranger': {
    exit: 'NOT_CONSUMER',
    by: stranger,
    body: ({ payee }) => say.encodeAskRelease(payee.address, 0n)
  },
  'a release by a stranger': {
    exit: 'NOT_CONSUMER',
    by: stranger,
    before: askRelease,
    body: ({ payee }) => say.encodeRelease(payee.address)
  },
  'a key by a stranger': { exit: 'NOT_CONSUMER', by: stranger, body: () => say.encodeChangeKey(key) },
  'closing asked for by a stranger': { exit: 'NOT_CONSUMER', by: stranger, body: say.encodeAskClose },
  'closing asked for by the market': { exit: 'NOT_CONSUMER', by: ({ market }) => market, body: say.encodeAskClose },
  'closing by a stranger': { exit: 'NOT_CONSUMER', by: stranger, before: askClose, body: say.encodeClose },
  'the fee, collected by the consumer': {
    exit: 'NOT_MARKET',
    by: ({ consumer }) => consumer,
    body: say.encodeCollectFee
  },
  'the fee, collected by a payee': { exit: 'NOT_MARKET', by: payee, body: say.encodeCollectFee },
  'a fee where none is due': { exit: 'NOTHING_TO_PAY', by: ({ market }) => market, body: say.encodeCollectFee },

  'the same reservation again': {
    exit: 'NOT_A_RAISE',
    body: ({ payee }) => say.encodeReserve(payee.address, toNano('0.5'))
  },
  'a lower reservation': { exit: 'NOT_A_RAISE', body: ({ payee }) => say.encodeReserve(payee.address, toNano('0.4')) },
  'a reservation of nothing': { exit: 'NOT_A_RAISE', body: () => say.encodeReserve(someone(1), 0n) },
  'a reservation beyond the deposit': { exit: 'NOT_COVERED', body: () => say.encodeReserve(someone(1), toNano('0.5')) },
  'a reservation whose fee is beyond the deposit': {
    exit: 'NOT_COVERED',
    body: () => say.encodeReserve(someone(1), toNano('0.46'))
  },
  'a reservation while closing': {
    exit: 'CLOSING',
    before: askClose,
    body: ({ payee }) => say.encodeReserve(payee.address, toNano('0.6'))
  },
  'a deposit while closing': { exit: 'CLOSING', by: stranger, before: askClose, body: () => undefined },
  'closing twice': { exit: 'CLOSING', before: askClose, body: say.encodeAskClose },

  'a release that releases nothing': {
    exit: 'NO_RELEASE',
    body: ({ payee }) => say.encodeAskRelease(payee.address, toNano('0.5'))
  },
  'a release for nobody': { exit: 'PAYEE_UNKNOWN', body: () => say.encodeAskRelease(someone(1), 0n) },
  'a release that nobody asked for': { exit: 'NO_RELEASE', body: ({ payee }) => say.encodeRelease(payee.address) },
  'a release that a reservation overtook': {
    exit: 'NO_RELEASE',
    before: async (world) => {
      await askRelease(world)
      world.wait(DAY)
      const { payee, consumer, escrow } = world
      await escrow.sendReserve(consumer.getSender(), { payee: payee.address, reserved: toNano('0.6') })
    },
    body: ({ payee }) => say.encodeRelease(payee.address)
  },
  'a release a second early': {
    exit: 'TOO_EARLY',
    before: async (world) => {
      await askRelease(world)
      world.wait(DAY - 1)
    },
    body: ({ payee }) => say.encodeRelease(payee.address)
  },
  'closing without asking': { exit: 'TOO_EARLY', body: say.encodeClose },
  'closing a second early': {
    exit: 'TOO_EARLY',
    before: async (world) => {
      await askClose(world)
      world.wait(DAY - 1)
    },
    body: say.encodeClose
  },
  'another key while one is changing': {
    exit: 'KEY_CHANGING',
    before: changeKey,
    body: () => say.encodeChangeKey(key)
  },
  'another key a second early': {
    exit: 'KEY_CHANGING',
    before: async (world) => {
      await changeKey(world)
      world.wait(DAY - 1)
    },
    body: () => say.encodeChangeKey(key)
  },

  'a voucher that is short': {
    exit: 'VOUCHER_MALFORMED',
    by: payee,
    body: () => claimOf(beginCell().storeUint(0, 1008).endCell())
  },
  'a voucher that is long': {
    exit: 'VOUCHER_MALFORMED',
    by: payee,
    body: () => claimOf(beginCell().storeUint(0, 1017).endCell())
  },
  'a voucher with more behind it': {
    exit: 9,
    by: payee,
    body: ({ voucher, payee }) => {
      const [bytes, signature] = [voucher(payee.address, 5n).subarray(0, 127), voucher(payee.address, 5n).subarray(127)]
      const long = beginCell().storeBuffer(Buffer.from(bytes)).storeRef(beginCell().endCell()).endCell()
      return beginCell()
        .storeUint(say.ESCROW_OPS.claim, 32)
        .storeBuffer(Buffer.from(signature))
        .storeRef(long)
        .endCell()
    }
  },
  'a voucher of another version': { exit: 'VOUCHER_FOREIGN', by: payee, body: (world) => tagged(world, altered(14)) },
  'a voucher of another escrow': {
    exit: 'VOUCHER_FOREIGN',
    by: payee,
    body: ({ voucher, payee }) => say.encodeClaim(voucher(payee.address, 5n, { escrow: someone(3) }))
  },
  'a voucher with another amount': { exit: 'VOUCHER_UNSIGNED', by: payee, body: (world) => tagged(world, altered(93)) },
  'a voucher for another payee': { exit: 'VOUCHER_UNSIGNED', by: payee, body: (world) => tagged(world, altered(50)) },
  'a voucher with another usage root': {
    exit: 'VOUCHER_UNSIGNED',
    by: payee,
    body: (world) => tagged(world, altered(126))
  },
  'a voucher with another signature': {
    exit: 'VOUCHER_UNSIGNED',
    by: payee,
    body: (world) => tagged(world, altered(127))
  },
  'a voucher by another key': {
    exit: 'VOUCHER_UNSIGNED',
    by: payee,
    body: ({ voucher, payee }) => say.encodeClaim(voucher(payee.address, 5n, { key: otherKey }))
  },
  'a voucher by a stolen key for an invented payee': {
    exit: 'PAYEE_UNKNOWN',
    by: stranger,
    body: ({ voucher, stranger }) => say.encodeClaim(voucher(stranger.address, toNano('1')))
  },
  'a voucher of nothing': {
    exit: 'NOTHING_TO_PAY',
    by: payee,
    body: (world) => say.encodeClaim(world.voucher(world.payee.address, 0n))
  },
  'a voucher again': {
    exit: 'NOTHING_TO_PAY',
    by: payee,
    before: ({ escrow, payee, voucher }) => escrow.sendClaim(payee.getSender(), voucher(payee.address, 5n)),
    body: ({ voucher, payee }) => say.encodeClaim(voucher(payee.address, 5n))
  },
  'an older voucher': {
    exit: 'NOTHING_TO_PAY',
    by: payee,
    before: ({ escrow, payee, voucher }) => escrow.sendClaim(payee.getSender(), voucher(payee.address, 5n)),
    body: ({ voucher, payee }) => say.encodeClaim(voucher(payee.address, 4n))
  },
  'more than was reserved, after all of it': {
    exit: 'NOTHING_TO_PAY',
    by: payee,
    before: ({ escrow, payee, voucher }) => escrow.sendClaim(payee.getSender(), voucher(payee.address, toNano('9'))),
    body: ({ voucher, payee }) => say.encodeClaim(voucher(payee.address, toNano('99')))
  },
  'a claim that does not pay for its message': {
    exit: 'VALUE_TOO_LOW',
    by: payee,
    body: ({ voucher, payee }) => say.encodeClaim(voucher(payee.address, 5n)),
    value: 600_000n
  },

  'a message that nobody knows': {
    exit: 'UNKNOWN_MESSAGE',
    body: () => beginCell().storeUint(0x45530009, 32).endCell()
  },
  'a comment': { exit: 'UNKNOWN_MESSAGE', body: () => beginCell().storeUint(0, 32).storeStringTail('hello').endCell() },
  'half an operation': { exit: 'UNKNOWN_MESSAGE', body: () => beginCell().storeUint(0x4553, 16).endCell() },
  'a reservation that is cut off': {
    exit: 9,
    body: () => beginCell().storeUint(0x45530001, 32).storeUint(0, 128).endCell()
  },

  'a deposit when closed': { exit: 'CLOSED', by: stranger, before: close, body: () => undefined },
  'a claim when closed': {
    exit: 'CLOSED',
    by: payee,
    before: close,
    body: ({ voucher, payee }) => say.encodeClaim(voucher(payee.address, 5n))
  },
  'a reservation when closed': {
    exit: 'CLOSED',
    before: close,
    body: ({ payee }) => say.encodeReserve(payee.address, toNano('9'))
  },
  'closing when closed': { exit: 'CLOSED', before: close, body: say.encodeClose }
}

describe('an escrow refuses', () => {
  it.each(Object.entries(REFUSALS))('%s', async (_, { exit, by = ({ consumer }) => consumer, before, body, value }) => {
    const world = await openReserved()
    await before?.(world)
    const [stored, balance] = [await world.fingerprint(), await world.balance()]
    const outcome = await world.send(by(world), body(world), value === undefined ? {} : { value })
    expect(outcome.exit).toBe(typeof exit === 'number' ? exit : ESCROW_EXITS[exit])
    expect(outcome.bounced).toBe(true)
    expect(outcome.sent).toEqual([])
    // Whoever is refused pays for it: nothing changes but the rent of the time that passed.
    expect(await world.fingerprint()).toBe(stored)
    const { description } = outcome.transaction
    const rent = description.type === 'generic' ? (description.storagePhase?.storageFeesCollected ?? 0n) : 0n
    expect(await world.balance()).toBe(balance - rent)
  })

  it('has a test for every exit code but those of chain, number and need', () => {
    const elsewhere = ['WRONG_CHAIN', 'TOO_MANY_PAYEES', 'UNFUNDED']
    const tested = new Set(Object.values(REFUSALS).map(({ exit }) => exit))
    expect(Object.keys(ESCROW_EXITS).filter((name) => !tested.has(name as never))).toEqual(elsewhere)
  })

  it('a bounce of what it never sent, and keeps it as a deposit', async () => {
    const world = await openReserved()
    const [before, value] = [await world.balance(), toNano('0.1')]
    const src = world.market.address
    const info = { type: 'internal', src, dest: world.escrow.address, value: { coins: value }, bounce: false } as const
    const body = beginCell().storeUint(0xffffffff, 32).storeUint(say.ESCROW_OPS.payout, 32).endCell()
    const fees = { ihrDisabled: true, ihrFee: 0n, forwardFee: 0n, createdAt: 0, createdLt: 0n }
    const outcome = await world.deliver({ info: { ...info, ...fees, bounced: true }, body })
    expect(outcome.exit).toBe(0)
    expect(outcome.sent).toEqual([])
    expect(await world.balance()).toBe(before + value - outcome.transaction.totalFees.coins)
  })

  it('what cannot bounce, and keeps it as a deposit', async () => {
    const world = await openReserved()
    const free = await world.escrow.getFree()
    const outcome = await world.send(world.stranger, say.encodeAskClose(), { value: toNano('0.1'), bounce: false })
    expect(outcome).toMatchObject({ exit: ESCROW_EXITS.NOT_CONSUMER, bounced: false, sent: [] })
    expect(await world.escrow.getFree()).toBe(free + toNano('0.1') - outcome.transaction.totalFees.coins)
  })

  it('a message from outside', async () => {
    const world = await openReserved()
    const claim = say.encodeClaim(world.voucher(world.payee.address, 5n))
    const info = { type: 'external-in', dest: world.escrow.address, importFee: 0n } as const
    await expect(world.chain.sendMessage({ info, body: claim })).rejects.toThrow()
  })
})
