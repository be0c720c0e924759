import { readdirSync, readFileSync } from 'node:fs'
import { Address, beginCell, Cell, contractAddress, toNano } from '@ton/core'
import { createShardAccount } from '@ton/sandbox'
import { describe, expect, it } from 'vitest'
import { ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { decodeHex } from '../../../attestation/encoding.ts'
import { EXPOSURE_LIMITS, planExposure } from '../../../attestation/receipt/exposure.ts'
import { ContractError } from '../../../contracts/errors.ts'
import { Escrow } from '../../../contracts/escrow/escrow.ts'
import * as say from '../../../contracts/escrow/messages.ts'
import {
  claimGas,
  type EscrowState,
  type OpenEscrow,
  parseEscrow,
  viewEscrow
} from '../../../contracts/escrow/state.ts'
import { addressOf, ESCROW_CODE, type EscrowTerms, escrowAddress, escrowInit } from '../../../contracts/escrow/terms.ts'
import { openReserved, openWorld, otherKey, voucherKey } from './world.ts'

const TON = toNano('1')
const account = (n: number) => new Address(0, Buffer.alloc(32, n))
const terms: EscrowTerms = {
  consumer: account(1),
  market: account(2),
  feeShare: 500,
  delay: 86_400,
  firstVoucherKey: new Uint8Array(32).fill(3),
  network: -777,
  nonce: 4n
}

function codeOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof ContractError) return error.code
    throw error
  }
  return 'none'
}

describe('the address of an escrow', () => {
  it.each<[string, Partial<EscrowTerms>]>([
    ['consumer', { consumer: account(9) }],
    ['market', { market: account(9) }],
    ['fee share', { feeShare: 501 }],
    ['delay', { delay: 86_401 }],
    ['first voucher key', { firstVoucherKey: new Uint8Array(32) }],
    ['network', { network: -239 }],
    ['nonce', { nonce: 5n }]
  ])('is another for another %s', (_, change) => {
    expect(escrowAddress({ ...terms, ...change }).equals(escrowAddress(terms))).toBe(false)
  })

  it.each<[string, Partial<EscrowTerms>]>([
    ['a consumer in the masterchain', { consumer: new Address(-1, Buffer.alloc(32)) }],
    ['a market in the masterchain', { market: new Address(-1, Buffer.alloc(32)) }],
    ['a fee above the whole', { feeShare: 10_001 }],
    ['part of a fee', { feeShare: 0.5 }],
    ['a delay of half a year and more', { delay: 2 ** 24 }],
    ['a delay below 0', { delay: -1 }],
    ['a key of 31 bytes', { firstVoucherKey: new Uint8Array(31) }]
  ])('is not made of %s', (_, change) => {
    expect(() => escrowAddress({ ...terms, ...change })).toThrow(TypeError)
  })

  it('can be computed from what the chain says of a deployed one', async () => {
    const { escrow, state, consumer, payee } = await openReserved()
    await escrow.sendChangeKey(consumer.getSender(), ed25519PublicBytes(otherKey))
    await escrow.sendAskRelease(consumer.getSender(), payee.address, 0n)
    expect(escrowAddress((await state()).terms).equals(escrow.address)).toBe(true)
  })
})

describe('the state of an escrow', () => {
  const good = escrowInit(terms)
  const open = (change: (data: ReturnType<typeof beginCell>) => unknown) => {
    const data = beginCell()
    change(data)
    return { code: ESCROW_CODE, data: data.endCell() }
  }

  it('is read as the chain has it', async () => {
    const { state, payee, terms: agreed, consumer, escrow, chain } = await openReserved()
    await escrow.sendChangeKey(consumer.getSender(), ed25519PublicBytes(otherKey))
    await escrow.sendAskRelease(consumer.getSender(), payee.address, 7n)
    await escrow.sendAskClose(consumer.getSender())
    const later = (chain.now ?? 0) + 86_400
    const payees = new Map([
      [payee.address.hash.toString('hex'), { reserved: TON / 2n, paid: 0n, pending: { to: 7n, at: later } }]
    ])
    const { terms: read, ...rest } = await state()
    expect(read).toMatchObject({ feeShare: 500, delay: 86_400, network: -777, nonce: 1n })
    expect([read.consumer, read.market].map(String)).toEqual([agreed.consumer, agreed.market].map(String))
    expect(rest).toEqual({
      kind: 'open',
      closesAt: later,
      locked: toNano('0.525'),
      feeDue: 0n,
      voucherKey: ed25519PublicBytes(otherKey),
      oldKey: { key: ed25519PublicBytes(voucherKey), until: later },
      payees
    })
  })

  it.each([
    ['with other code', 'ESCROW_CODE_UNKNOWN', { ...good, code: beginCell().storeUint(1, 8).endCell() }],
    ['at another address', 'ESCROW_ADDRESS_MISMATCH', escrowInit({ ...terms, nonce: 9n })],
    ['without data', 'ESCROW_STATE_MALFORMED', open(() => {})],
    ['that is cut off', 'ESCROW_STATE_MALFORMED', open((data) => data.storeUint(0, 64))],
    [
      'with more behind it',
      'ESCROW_STATE_MALFORMED',
      open((data) => data.storeSlice(good.data.beginParse()).storeBit(0))
    ],
    [
      'with a payee too many in its count',
      'ESCROW_STATE_MALFORMED',
      open((data) => {
        const from = good.data.beginParse()
        data
          .storeBits(from.loadBits(56))
          .storeUint(from.loadUint(8) + 1, 8)
          .storeSlice(from)
      })
    ]
  ])('is refused %s', (_, code, state) => {
    expect(codeOf(() => parseEscrow(escrowAddress(terms), state))).toBe(code)
  })

  it('is refused before it is deployed', async () => {
    const { escrow } = await openWorld()
    await expect(escrow.getState()).rejects.toMatchObject({ code: 'ESCROW_STATE_MALFORMED' })
  })

  it('is refused of an account that has this code and somebody else’s terms', async () => {
    const { state, escrow } = await openReserved()
    const { terms: agreed } = await state()
    const impostor = contractAddress(0, { code: ESCROW_CODE, data: beginCell().storeUint(1, 8).endCell() })
    expect(codeOf(() => parseEscrow(impostor, escrowInit(agreed)))).toBe('ESCROW_ADDRESS_MISMATCH')
    expect(parseEscrow(escrow.address, escrowInit(agreed))).toMatchObject({ kind: 'open' })
  })
})

describe('what a host sees of an escrow', () => {
  const NOW = 1_800_000_000
  const [key, old] = [new Uint8Array(32).fill(3), new Uint8Array(32).fill(4)]
  const payee = account(5)
  const state = (change: Partial<OpenEscrow> = {}): EscrowState => ({
    kind: 'open',
    terms,
    locked: 0n,
    feeDue: 0n,
    voucherKey: key,
    payees: new Map([[payee.hash.toString('hex'), { reserved: 100n, paid: 40n }]]),
    ...change
  })
  const pending = (to: bigint) =>
    new Map([[payee.hash.toString('hex'), { reserved: 100n, paid: 40n, pending: { to, at: NOW + 5 } }]])
  const until = NOW + 86_400

  it.each<[string, EscrowState, Uint8Array, boolean, bigint, number]>([
    ['open', state(), key, false, 100n, until],
    ['with a release that waits', state({ payees: pending(60n) }), key, false, 60n, until],
    ['with a release of what is paid', state({ payees: pending(0n) }), key, false, 40n, until],
    ['without a reservation', state({ payees: new Map() }), key, false, 0n, until],
    ['that is closing', state({ closesAt: NOW + 9 }), key, true, 100n, NOW + 9],
    ['whose key changes, by the new one', state({ oldKey: { key: old, until: NOW + 9 } }), key, false, 100n, until],
    ['whose key changes, by the old one', state({ oldKey: { key: old, until: NOW + 9 } }), old, false, 100n, NOW + 9],
    ['that never had the key', state(), old, false, 100n, 0],
    ['that is closed', { kind: 'closed' }, key, true, 0n, 0]
  ])('%s', (...[, escrow, by, isClosing, reserved, claimableUntil]) => {
    const view = viewEscrow(escrow, payee, { checkedAt: NOW, voucherKey: by })
    expect(view).toEqual({ checkedAt: NOW, isClosing, reserved, claimableUntil })
  })

  it('is what it gives credit by', async () => {
    const { state: read, payee: host, chain, send, consumer } = await openReserved()
    const plan = async () => {
      const now = chain.now ?? 0
      const view = viewEscrow(await read(), host.address, {
        checkedAt: now,
        voucherKey: ed25519PublicBytes(voucherKey)
      })
      const limits = { ...EXPOSURE_LIMITS, credit: TON }
      return planExposure({ delivered: 0n, inFlight: 0n, vouchered: 0n }, view, { maxPrice: TON / 2n, now }, limits)
    }
    expect(await plan()).toEqual({ kind: 'serve', upTo: TON / 2n })
    await send(consumer, say.encodeAskRelease(host.address, TON / 4n))
    expect(await plan()).toEqual({ kind: 'unpaid', reason: 'reservation' })
    await send(consumer, say.encodeReserve(host.address, TON))
    await send(consumer, undefined, { value: TON })
    await send(consumer, say.encodeReserve(host.address, TON))
    expect(await plan()).toEqual({ kind: 'serve', upTo: TON / 2n })
    await send(consumer, say.encodeAskClose())
    expect(await plan()).toMatchObject({ kind: 'unpaid', reason: 'closing' })
  })

  it('lets it know how much gas a claim takes', async () => {
    const world = await openReserved()
    const { transaction } = await world.send(world.payee, say.encodeClaim(world.voucher(world.payee.address, 1n)))
    const { computePhase } = transaction.description as unknown as { computePhase: { gasUsed: bigint } }
    const most = claimGas(await world.state(), world.payee.address)
    expect(computePhase.gasUsed).toBeLessThanOrEqual(most)
    expect(computePhase.gasUsed).toBeGreaterThan((most * 3n) / 4n)
  })
})

describe('a payment', () => {
  const body = (op: number, ...coins: bigint[]) =>
    coins.reduce((cell, amount) => cell.storeCoins(amount), beginCell().storeUint(op, 32)).endCell()

  it.each([
    ['to a payee', body(0x45530101, 5n, 9n), { kind: 'payout', amount: 5n, paid: 9n }],
    ['to the market', body(0x45530102, 5n), { kind: 'fee', amount: 5n }],
    ['to the consumer', body(0x45530103), { kind: 'rest' }]
  ])('%s is read', (_, cell, payment) => {
    expect(say.parsePayment(cell)).toEqual(payment)
  })

  it.each([
    ['nothing', new Cell()],
    ['another operation', body(0x45530104)],
    ['one without its amount', body(0x45530101, 5n)],
    ['one with more behind it', body(0x45530103, 5n)]
  ])('is not read from %s', (_, cell) => {
    expect(codeOf(() => say.parsePayment(cell))).toBe('ESCROW_MESSAGE_MALFORMED')
  })
})

describe('messages', () => {
  it('begin as escrow.tlb and messages.tolk say', () => {
    const folder = new URL('../../../contracts/escrow/', import.meta.url)
    const read = (file: string) => readFileSync(new URL(file, folder), 'utf8')
    const inTlb = [...read('escrow.tlb').matchAll(/#([0-9a-f]{8}) /g)].map(([, op]) => Number(`0x${op}`))
    const inTolk = [...read('messages.tolk').matchAll(/struct \(0x([0-9a-f]{8})\)/g)].map(([, op]) => Number(`0x${op}`))
    expect(inTlb).toEqual(Object.values(say.ESCROW_OPS))
    expect(inTolk).toEqual(inTlb)
    const exits = [...read('errors.tolk').matchAll(/^ {4}(\w+) = (\w+)$/gm)].map(([, name, exit]) => [
      name,
      Number(exit)
    ])
    const camel = (name: string) =>
      name.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
    expect(exits).toEqual(Object.entries(say.ESCROW_EXITS).map(([name, exit]) => [camel(name), exit]))
  })

  it('are not made for what an escrow cannot pay or read', () => {
    const master = new Address(-1, Buffer.alloc(32))
    expect(() => say.encodeReserve(master, 1n)).toThrow(TypeError)
    expect(() => say.encodeClaim(new Uint8Array(190))).toThrow(TypeError)
    expect(() => say.encodeChangeKey(new Uint8Array(33))).toThrow(TypeError)
  })

  it('take a payee’s voucher as the published vectors have them, and refuse what those refuse', async () => {
    const folder = new URL('../../vectors/voucher/', import.meta.url)
    const files = ['accepted', 'refused'].flatMap((outcome) =>
      readdirSync(new URL(outcome, folder)).map((file) => `${outcome}/${file}`)
    )
    for (const file of files) {
      const { signed, expected, code, cumulative } = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
      const bytes = decodeHex(signed)
      if (code === 'VOUCHER_MALFORMED' && bytes.byteLength !== 191) continue
      const { exit } = await claimAt(decodeHex(expected.escrow), expected, bytes)
      expect([file, exit === 0]).toEqual([file, code === undefined && cumulative !== '0'])
    }
  })
})

/** What an escrow at this account, with a reservation for the expected payee, makes of a voucher. */
async function claimAt(
  at: Uint8Array,
  expected: { readonly payee: string; readonly voucher_keys: readonly string[] },
  signed: Uint8Array
) {
  const world = await openReserved()
  const [key, old] = expected.voucher_keys.map((hex) => decodeHex(hex))
  const data = escrowInit({ ...world.terms, firstVoucherKey: key! })
  const payee = addressOf(decodeHex(expected.payee))
  const live = world.chain.openContract(new Escrow({ ...world.terms, firstVoucherKey: old ?? key! }))
  await live.sendReserve(world.consumer.getSender(), { payee, reserved: TON / 10n, value: TON })
  if (old !== undefined) await live.sendChangeKey(world.consumer.getSender(), key!)
  const { accountState } = await world.chain.getContract(live.address)
  if (accountState?.type !== 'active' || accountState.state.data == null) throw new Error('not deployed')
  // The vectors' escrow is an account that no terms make: only its number matters to a voucher.
  const address = addressOf(at)
  await world.chain.setShardAccount(
    address,
    createShardAccount({ address, code: data.code, data: accountState.state.data, balance: TON })
  )
  const { transactions } = await world.payee.send({ to: address, value: TON / 50n, body: say.encodeClaim(signed) })
  const transaction = transactions.find(({ inMessage }) => inMessage?.info.dest?.toString() === address.toString())
  if (transaction?.description.type !== 'generic') throw new Error('no claim')
  const { computePhase } = transaction.description
  return { exit: computePhase.type === 'vm' ? computePhase.exitCode : Number.NaN }
}
