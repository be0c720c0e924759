import { expect, test } from 'vitest'
import { ed25519PublicBytes, generateEd25519, randomBytes } from '../../../../attestation/crypto.ts'
import { EXPOSURE_LIMITS } from '../../../../attestation/receipt/exposure.ts'
import { signPaymentTerms } from '../../../../attestation/receipt/payment-terms.ts'
import { parseUsage, signUsage } from '../../../../attestation/receipt/usage.ts'
import type { ClientEvent } from '../../../../services/client/events.ts'
import type { CoverStore, PayeeCover } from '../../../../services/client/payment/covers.ts'
import { Payments } from '../../../../services/client/payment/payments.ts'
import type { PaymentStatus, VoucherRequest } from '../../../../services/client/relays/relay-port.ts'
import type { Leg } from '../../../../services/client/sessions/session.ts'
import { PayerAccount } from '../../../../services/host/payer-account.ts'
import { createGuestMaker } from '../../../fakes/guest.ts'
import { settle } from '../chat.ts'

const NOW = 1_800_000_000
const escrow = randomBytes(32)
const voucherKey = generateEd25519()
const publicKey = ed25519PublicBytes(voucherKey)
const makeGuest = await createGuestMaker()
const market = randomBytes(32)

/** A host as its payer meets it: the account that a real one keeps. */
class Host {
  readonly guest = makeGuest()
  readonly payee = randomBytes(32)
  readonly leg = { digest: this.guest.keyset.digest, host: { keyset: this.guest.keyset } } as unknown as Leg
  readonly account: PayerAccount
  most = 0
  running = 0
  #seq = 0

  constructor(checkedAt: number, reserved: bigint) {
    const view = { checkedAt, isClosing: false, reserved, claimableUntil: NOW + 86_400 }
    const sight = { checkedAt, paid: 0n, voucherKeys: [publicKey] as const, view: () => view }
    this.account = new PayerAccount({ escrow, payee: this.payee }, EXPOSURE_LIMITS, {
      ...{ sight, known: [], kept: undefined, left: 0n, keep: () => true }
    })
  }

  ask(maxPrice: bigint) {
    return { voucherKey: publicKey, maxPrice, now: NOW }
  }

  status({ maxPrice, voucher }: VoucherRequest): PaymentStatus {
    if (voucher !== undefined) this.account.take(voucher.voucher)
    const { delivered, vouchered, plan } = this.account.standing(this.ask(maxPrice))
    const fields = { credit: 50_000_000, feeShare: 500, keyId: 'r1', market, minDelay: 86_400, network: -4242 }
    const terms = { ...fields, payee: this.payee, keysetDigest: this.guest.keyset.digest }
    return {
      terms: signPaymentTerms(terms, this.guest.receiptKey),
      delivered,
      vouchered,
      reason: plan.kind === 'unpaid' ? plan.reason : '',
      isStored: true,
      ...(plan.kind === 'unpaid' && plan.cumulative !== undefined && { cumulative: plan.cumulative })
    }
  }

  /** Undefined: UNPAID. */
  async answer(maxPrice: bigint, price: bigint) {
    const plan = this.account.admit(this.ask(maxPrice))
    if (plan.kind !== 'serve') return undefined
    this.most = Math.max(this.most, ++this.running)
    await settle(1000)
    this.running--
    this.account.settle(plan.upTo, price)
    const fields = {
      counts: { prompt: 1, cached: 0, completion: 1, reasoning: 0 },
      ...{ durationMs: 1, finish: 'complete' as const, keyId: 'r1', model: 'test/model', n: 1, price },
      ...{ epoch: this.guest.keyset.epoch, receiptHash: null, seq: ++this.#seq, sessionId: randomBytes(16) },
      ...{ tenant: randomBytes(16), keysetDigest: this.guest.keyset.digest }
    }
    return parseUsage(signUsage(fields, this.guest.receiptKey))
  }
}

function openPayments(hosts: readonly Host[], reserved: bigint, events: ClientEvent[]): Payments {
  const files = new Map<string, PayeeCover>()
  const store: CoverStore = {
    read: async (name) => files.get(name),
    write: async (name, cover) => void files.set(name, cover),
    payees: async () => [...files.keys()]
  }
  const give = async (request: VoucherRequest): Promise<PaymentStatus> => {
    await settle(1)
    return hosts.find(({ leg }) => leg.digest === request.keysetDigest)!.status(request)
  }
  const paying = {
    escrow,
    firstVoucherKey: publicKey,
    readVoucherKey: async () => voucherKey,
    market,
    feeShare: 500,
    delay: 86_400,
    network: -4242
  }
  const readReserved = async (): Promise<bigint> => reserved
  const relay = { giveVoucher: give, listVouchers: async () => [], findStatements: async () => [] }
  return new Payments({
    escrow: { ...paying, readReserved },
    store,
    relay,
    now: () => NOW,
    onEvent: (event) => events.push(event)
  })
}

/** A request as `exchange` has it answered: true where it was. */
async function request(payments: Payments, hosts: readonly Host[], maxPrice: bigint, price: bigint): Promise<boolean> {
  const until = AbortSignal.timeout(20_000)
  let candidates = hosts
  for (let tries = 1; ; tries++) {
    const host = candidates[Math.floor(Math.random() * candidates.length)]!
    {
      using _ = payments.begin(maxPrice)
      const usage = await host.answer(maxPrice, price)
      if (usage !== undefined) {
        payments.owe(host.leg, usage)
        return true
      }
    }
    const legs = await payments.settle(
      hosts.map(({ leg }) => leg),
      { maxPrice, isPatient: tries > 3, until }
    )
    if (legs.length === 0) return false
    candidates = hosts.filter(({ leg }) => legs.includes(leg))
  }
}

const FRESH = NOW
const STALE = NOW - EXPOSURE_LIMITS.maxAge - 1
const TON = 1_000_000_000n

interface Crowd {
  readonly hosts?: number
  /** Unix seconds of the last look at the chain. */
  readonly seen?: number
  /** Of each request. */
  readonly maxPrice: bigint
  readonly requests: number
  /** That run at once with one host. */
  readonly most: number
}

test.each<[string, Crowd]>([
  ['that fit the credit', { maxPrice: 2_500_000n, requests: 16, most: 16 }],
  ['that need vouchers in advance', { maxPrice: 4_000_000n, requests: 24, most: 24 }],
  ['of which some find room when others have ended', { maxPrice: 4_000_000n, requests: 60, most: 24 }],
  ['as dear as can be, one after the other', { maxPrice: 99_999_998n, requests: 5, most: 1 }],
  ['of two hosts', { hosts: 2, maxPrice: 4_000_000n, requests: 60, most: 24 }],
  ['of a host that has not seen the chain lately', { seen: STALE, maxPrice: 4_000_000n, requests: 30, most: 12 }],
  ['of such a host, as dear as can be', { seen: STALE, maxPrice: 49_999_999n, requests: 5, most: 1 }]
])(
  'requests %s are all answered',
  async (_, { hosts: count = 1, seen = FRESH, maxPrice, requests, most }) => {
    const events: ClientEvent[] = []
    const hosts = Array.from({ length: count }, () => new Host(seen, TON))
    const payments = openPayments(hosts, TON, events)
    const price = maxPrice / 7n
    const all = Array.from({ length: requests }, () => request(payments, hosts, maxPrice, price))
    expect(new Set(await Promise.all(all))).toEqual(new Set([true]))
    await payments.idle()
    for (const host of hosts) {
      expect(host.most).toBeLessThanOrEqual(most)
      expect(host.most).toBeGreaterThan((most * 3) / 4)
      const { delivered, vouchered } = host.account.standing(host.ask(0n))
      expect(vouchered).toBeGreaterThanOrEqual(delivered)
    }
    const delivered = hosts.map((host) => host.account.standing(host.ask(0n)).delivered)
    expect(delivered.reduce((sum, one) => sum + one, 0n)).toBe(BigInt(requests) * price)
    expect(events.filter(({ kind }) => kind === 'voucher-refused')).toEqual([])
  },
  30_000
)

test('a request that nothing under way can make room for is refused soon, and both sides read why', async () => {
  const events: ClientEvent[] = []
  const hosts = [new Host(STALE, TON)]
  const payments = openPayments(hosts, TON, events)
  expect(await request(payments, hosts, 50_000_000n, 1n)).toBe(false)
  const small = new Host(FRESH, 1000n)
  expect(await request(openPayments([small], 1000n, events), [small], 1001n, 1n)).toBe(false)
  const reasons = events.flatMap((event) => (event.kind === 'voucher-refused' ? [event.reason] : []))
  expect(reasons).toEqual(['50000000 is not owed', 'the host says reservation: no voucher helps'])
})

test('hosts that all ask to be paid ahead, or a relay that says so, get it from one request once', async () => {
  const events: ClientEvent[] = []
  const hosts = Array.from({ length: 8 }, () => new Host(STALE, TON))
  const payments = openPayments(hosts, TON, events)
  expect(await request(payments, hosts, 40_000_000n, 1n)).toBe(true)
  const ahead = hosts.map(
    ({ account }) => account.standing({ voucherKey: publicKey, maxPrice: 0n, now: NOW }).vouchered
  )
  expect(ahead.filter((sum) => sum > 0n)).toEqual([40_000_000n])
})
