import { beforeEach, describe, expect, test } from 'vitest'
import { ed25519PublicBytes, generateEd25519, randomBytes } from '../../../attestation/crypto.ts'
import { coverRoot, coverStatement, EMPTY_COVER } from '../../../attestation/receipt/cover.ts'
import { EXPOSURE_LIMITS } from '../../../attestation/receipt/exposure.ts'
import { signPaymentTerms } from '../../../attestation/receipt/payment-terms.ts'
import { parseUsage, signUsage, type UsageStatement } from '../../../attestation/receipt/usage.ts'
import { parseVoucher, verifyVoucher } from '../../../attestation/receipt/voucher.ts'
import { type CoverStore, NO_COVER, type PayeeCover } from '../../../services/client/covers.ts'
import type { ClientEvent } from '../../../services/client/events.ts'
import { Payments } from '../../../services/client/payments.ts'
import type { PaymentStatus, VoucherRequest } from '../../../services/client/relay-port.ts'
import type { Leg } from '../../../services/client/session.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'
import { createGuestMaker } from '../../fakes/guest.ts'

const makeGuest = await createGuestMaker()
const guest = makeGuest()
const leg = { digest: guest.keyset.digest, host: { keyset: guest.keyset } } as unknown as Leg
const [escrow, payee, market] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array
]
const voucherKey = generateEd25519()
const terms = {
  credit: Number(EXPOSURE_LIMITS.credit),
  feeShare: 500,
  keyId: 'r1',
  market,
  minDelay: 86_400,
  network: -4242,
  payee,
  keysetDigest: guest.keyset.digest
}

let events: ClientEvent[]
let files: Map<string, PayeeCover>
let given: VoucherRequest[]
let reserved: bigint
let lose: 'nothing' | 'the way there' | 'the way back'
let status: Partial<PaymentStatus>
let seq = 0
let signing = voucherKey

beforeEach(() => {
  ;[events, files, given, reserved, lose, status] = [[], new Map(), [], 10n ** 9n, 'nothing', {}]
  signing = voucherKey
})

function open(change: Partial<typeof terms> = {}): Payments {
  const store: CoverStore = {
    read: async (name) => files.get(name) ?? NO_COVER,
    write: async (name, cover) => void files.set(name, cover)
  }
  const signed = signPaymentTerms({ ...terms, ...change }, guest.receiptKey)
  const give = async (request: VoucherRequest): Promise<PaymentStatus> => {
    if (request.voucher !== undefined && lose === 'the way there') throw new ServiceError('UNAVAILABLE', 'lost')
    given.push(request)
    if (request.voucher !== undefined && lose === 'the way back') throw new ServiceError('UNAVAILABLE', 'lost')
    return { terms: signed, delivered: 0n, vouchered: 0n, reason: '', ...status }
  }
  const paying = { escrow, readVoucherKey: async () => signing, market, feeShare: 500, delay: 86_400, network: -4242 }
  return new Payments({
    escrow: { ...paying, readReserved: async () => reserved },
    store,
    give,
    onEvent: (event) => events.push(event)
  })
}

function statement(price: bigint, by = guest.receiptKey): UsageStatement {
  const fields = {
    counts: { prompt: 1, cached: 0, completion: 1, reasoning: 0 },
    durationMs: 1,
    epoch: guest.keyset.epoch,
    finish: 'complete' as const,
    keyId: 'r1',
    model: 'test/model',
    n: seq,
    price,
    receiptHash: null,
    seq: ++seq,
    sessionId: randomBytes(16),
    tenant: randomBytes(16),
    keysetDigest: guest.keyset.digest
  }
  return parseUsage(signUsage(fields, by))
}

/** What a request asks for that can wait no longer than this. */
const room = (maxPrice = 1n) => ({ maxPrice, isPatient: false, until: AbortSignal.timeout(20) })

const sums = () =>
  given.flatMap(({ voucher }) => (voucher === undefined ? [] : [parseVoucher(voucher.voucher).cumulative]))
const refusals = () => events.flatMap((event) => (event.kind === 'voucher-refused' ? [event.reason] : []))

describe('a consumer pays', () => {
  test('what it owes after each answer, by vouchers over the statements that it took on', async () => {
    const payments = open()
    const statements = [statement(1000n), statement(500n)]
    for (const one of statements) payments.owe(leg, one)
    await payments.idle()
    expect(sums()).toEqual([1000n, 1500n])
    const last = given.at(-1)?.voucher
    const { usageRoot } = verifyVoucher(last?.voucher as Uint8Array, {
      escrow,
      payee,
      voucherKeys: [ed25519PublicBytes(voucherKey)]
    })
    expect(usageRoot).toEqual(coverRoot(statements.reduce(coverStatement, EMPTY_COVER)))
    expect(last?.covered).toEqual([{ epoch: guest.keyset.epoch, seq: statements[1]?.seq }])
  })

  test('in advance what a host asks for, for requests that are under way and below the limit', async () => {
    const payments = open()
    status = { reason: 'credit', cumulative: 5_000_000n }
    expect(await payments.settle([leg], room(5_000_000n))).toEqual([])
    expect(sums()).toEqual([5_000_000n])
  })
})

describe('a consumer that has changed its key', () => {
  const newKey = generateEd25519()
  const signedBy = (key: typeof newKey) =>
    verifyVoucher(given.at(-1)?.voucher?.voucher as Uint8Array, {
      ...{ escrow, payee, voucherKeys: [ed25519PublicBytes(key)] }
    })

  test('signs what it owes by the new one', async () => {
    const payments = open()
    payments.owe(leg, statement(1000n))
    await payments.idle()
    expect(signedBy(voucherKey).cumulative).toBe(1000n)
    signing = newKey
    payments.owe(leg, statement(500n))
    await payments.idle()
    expect(signedBy(newKey).cumulative).toBe(1500n)
  })

  test('signs the same sum again where a host counts the old one no more', async () => {
    const payments = open()
    payments.owe(leg, statement(1000n))
    await payments.idle()
    signing = newKey
    status = { reason: 'credit', cumulative: 800n }
    await payments.settle([leg], { maxPrice: 1n, isPatient: false, until: AbortSignal.timeout(1000) })
    expect(signedBy(newKey).cumulative).toBe(1000n)
  })
})

describe('a consumer signs nothing', () => {
  test.each([
    ['for a statement that the host did not sign', {}, () => statement(1000n, generateEd25519()), /USAGE_REFUSED/],
    ['for a host that names another market', { market: payee }, () => statement(1000n), /other terms/],
    ['for a host of another network', { network: -239 }, () => statement(1000n), /other terms/],
    ['for a host that wants a longer delay', { minDelay: 90_000 }, () => statement(1000n), /other terms/]
  ])('%s', async (_, change, make, reason) => {
    const payments = open(change)
    payments.owe(leg, make())
    await payments.idle()
    expect(sums()).toEqual([])
    expect(refusals()).toEqual([expect.stringMatching(reason)])
  })

  test('beyond the reservation, and up to it what it owes', async () => {
    reserved = 1200n
    const payments = open()
    payments.owe(leg, statement(1000n))
    payments.owe(leg, statement(500n))
    payments.owe(leg, statement(500n))
    await payments.idle()
    expect(sums()).toEqual([1000n, 1200n])
    expect(refusals()).toEqual([expect.stringMatching(/reservation/)])
  })

  test.each([
    ['more than its requests may come to', 5_000_000n, 5_000_002n],
    ['as much as the limit', 10n ** 12n, EXPOSURE_LIMITS.credit]
  ])('that a host asks in advance for %s', async (_, underWay, asked) => {
    const payments = open()
    using running = payments.begin(underWay)
    status = { reason: 'credit', cumulative: asked }
    expect(await payments.settle([leg], room())).toEqual([])
    expect(sums()).toEqual([])
    running[Symbol.dispose]()
  })

  test('for counts that are hard to believe: a provider that inflates them gets nothing, and reads why', async () => {
    const payments = open()
    payments.refuse(leg, ['90000 completion tokens in 12 bytes'])
    await payments.idle()
    expect(sums()).toEqual([])
    expect(refusals()).toEqual(['90000 completion tokens in 12 bytes'])
  })
})

describe('a consumer that is killed', () => {
  test.each(['the way there', 'the way back'] as const)(
    'after signing, with %s lost, pays once and all of it',
    async (lost) => {
      lose = lost
      const first = open()
      first.owe(leg, statement(1000n))
      await first.idle()
      lose = 'nothing'
      const again = open()
      again.owe(leg, statement(500n))
      await again.idle()
      expect(sums().at(-1)).toBe(1500n)
      expect(given.at(-1)?.voucher?.covered).toHaveLength(2)
    }
  )

  test('at any write never signs less than before, nor anything twice', async () => {
    for (let crash = 0; crash < 6; crash++) {
      ;[files, given] = [new Map(), []]
      let writes = 0
      const before = open()
      const set = files.set.bind(files)
      files.set = (name, cover) => {
        if (writes++ >= crash) throw new ServiceError('INTERNAL', 'killed')
        return set(name, cover)
      }
      for (const price of [100n, 10n, 1n]) before.owe(leg, statement(price))
      await before.idle()
      files.set = set
      const signed = sums()
      const again = open()
      again.owe(leg, statement(1000n))
      await again.idle()
      expect(sums().at(-1)).toBeGreaterThanOrEqual((signed.at(-1) ?? 0n) + 1000n)
      expect(sums()).toEqual([...sums()].sort((a, b) => (a < b ? -1 : 1)))
    }
  })
})
