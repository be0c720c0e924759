import { beforeEach, expect, test } from 'vitest'
import { concatBytes, encodeHex, uint8 } from '../../../attestation/encoding.ts'
import { EXPOSURE_LIMITS } from '../../../attestation/receipt/exposure.ts'
import type { PayerIdentity } from '../../../attestation/session/leg.ts'
import type { PayerMemory, PayerRecord } from '../../../services/host/payer-memory.ts'
import { Payments } from '../../../services/host/payments.ts'
import { createLogger } from '../../../services/runtime/log.ts'
import { NOW, payee, sight, voucher, voucherKey } from '../../fakes/payer-account.ts'

const DAY = 86_400
const MOST = 3
const price = 1_000_000n
let now: number
let records: Map<string, PayerRecord>
let paid: Map<string, bigint>
let closed: Set<string>
let looks: string[]

beforeEach(() => {
  ;[now, records, paid, closed, looks] = [NOW, new Map(), new Map(), new Set(), []]
})

const memory: PayerMemory = {
  read: (name) => records.get(name),
  keep: (name, record) => {
    if (!records.has(name) && records.size >= MOST) return false
    records.set(name, record)
    return true
  },
  forget: (name) => void records.delete(name),
  names: () => records.keys(),
  flush: async () => {},
  async [Symbol.asyncDispose]() {}
}

function open(): Payments {
  const look = async (escrow: Uint8Array) => {
    const name = encodeHex(escrow)
    looks.push(name)
    return closed.has(name) ? ('closed' as const) : sight({ checkedAt: now, paid: paid.get(name) ?? 0n })
  }
  const terms = { payee, market: payee, feeShare: 500, minDelay: DAY, network: -4242, limits: EXPOSURE_LIMITS }
  const logger = createLogger('host', { level: 'silent' })
  return new Payments({ required: true, policy: terms, look, memory, leftOf: () => 0n, clock: () => now, logger })
}

const nameOf = (index: number): string => index.toString(16).padStart(64, '0')
const payer = (index: number): PayerIdentity => ({
  escrow: concatBytes(uint8(0), Buffer.from(nameOf(index), 'hex')),
  voucherKey
})

/** A payer opens a session and gets one answer. */
async function serve(payments: Payments, index: number): Promise<string> {
  expect(await payments.welcome(payer(index), [])).toBe(true)
  const allowance = payments.admit(payer(index), price)
  if (typeof allowance === 'string') return allowance
  allowance.settle(price)()
  return 'served'
}

/** Houses are kept, and what that began has ended. */
async function keepHouse(payments: Payments): Promise<void> {
  payments.keepHouse()
  await new Promise(setImmediate)
}

test('a payer that is not remembered begins nothing without the market’s word; one that is goes on', async () => {
  expect(await open().welcome(payer(1), undefined)).toBe(false)
  await serve(open(), 1)
  const again = open()
  expect(await again.welcome(payer(1), undefined)).toBe(true)
  expect(again.admit(payer(1), EXPOSURE_LIMITS.credit - price)).toBe('UNPAID')
})

test('a payer that asked for nothing for a day is looked at no more, and remembered while it owes', async () => {
  const payments = open()
  await serve(payments, 1)
  await serve(payments, 2)
  paid.set(nameOf(2), price)
  now += 599
  await keepHouse(payments)
  expect(looks).toHaveLength(4)
  now += DAY - 600
  await keepHouse(payments)
  expect(looks).toHaveLength(4)
  now++
  await keepHouse(payments)
  now += 300
  await keepHouse(payments)
  expect(looks).toHaveLength(4)
  expect([...records.keys()]).toEqual([nameOf(1)])
})

test('a payer that has an answer under way is not left', async () => {
  const payments = open()
  await serve(payments, 1)
  payments.admit(payer(1), price)
  now += 2 * DAY
  await keepHouse(payments)
  expect(payments.admit(payer(1), price)).toMatchObject({ upTo: price })
  expect(records.get(nameOf(1))).toMatchObject({ delivered: price, unsettled: 2n * price })
})

test('an escrow that is closed is forgotten, and welcome no more', async () => {
  const payments = open()
  await serve(payments, 1)
  closed.add(nameOf(1))
  now += 300
  await keepHouse(payments)
  expect(records.size).toBe(0)
  expect(payments.admit(payer(1), price)).toBe('UNPAID')
  expect(await payments.welcome(payer(1), [])).toBe(false)
})

test('with as many payers as there may be, a new one is served when one is closed or has paid for all it got', async () => {
  for (let index = 0; index < MOST; index++) await serve(open(), index)
  const payments = open()
  for (let times = 0; times < 2 * MOST; times++) {
    expect(await serve(payments, 7)).toBe('NO_CAPACITY')
    await new Promise(setImmediate)
  }
  paid.set(nameOf(1), price)
  const answers = new Set<string>()
  for (let times = 0; times < 2 * MOST; times++) {
    answers.add(await serve(payments, 7))
    await new Promise(setImmediate)
  }
  expect(answers).toContain('served')
  expect([...records.keys()].sort()).toEqual([0, 2, 7].map(nameOf))
})

test('a payer that nobody would serve takes no place, and its signature none in the memory', async () => {
  const payments = open()
  const [stranger, poor] = [new Uint8Array(32).fill(9), payer(1)]
  expect(await payments.welcome({ ...poor, voucherKey: stranger }, [])).toBe(false)
  const identity = {} as never
  await expect(
    payments.give({ escrow: poor.escrow.subarray(1), voucher: voucher(5n), maxPrice: 0n }, identity)
  ).rejects.toMatchObject({ code: 'UNPAID' })
  now += 300
  await keepHouse(payments)
  expect(looks).toHaveLength(1)
  // Whoever names it with another key does not send its own payer away.
  expect(await payments.welcome(poor, [])).toBe(true)
  expect(await payments.welcome({ ...poor, voucherKey: stranger }, [])).toBe(false)
  expect(payments.admit(poor, price)).toMatchObject({ upTo: price })
})

test('a payer of whom almost nothing is owed gives its place to another', async () => {
  for (let index = 0; index < MOST; index++) await serve(open(), index)
  paid.set(nameOf(1), 1n)
  const payments = open()
  const answers = new Set<string>()
  for (let times = 0; times < 2 * MOST; times++) {
    answers.add(await serve(payments, 7))
    await new Promise(setImmediate)
  }
  expect(answers).toContain('served')
  expect([...records.keys()].sort()).toEqual([0, 2, 7].map(nameOf))
})
