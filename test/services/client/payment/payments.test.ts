import { beforeEach, describe, expect, test } from 'vitest'
import { ed25519PublicBytes, generateEd25519 } from '../../../../attestation/crypto.ts'
import { coverRoot, coverStatement, EMPTY_COVER, isCoveredSigned } from '../../../../attestation/receipt/cover.ts'
import { EXPOSURE_LIMITS } from '../../../../attestation/receipt/exposure.ts'
import { verifyVoucher } from '../../../../attestation/receipt/voucher.ts'
import { ServiceError } from '../../../../services/runtime/errors.ts'
import { settle } from '../chat.ts'
import { escrow, guest, leg, PayingWorld, payee, voucherKey } from './paying-world.ts'

let w: PayingWorld
beforeEach(() => {
  w = new PayingWorld()
})

/** What a request asks for that can wait no longer than this. */
const room = (maxPrice = 1n) => ({ maxPrice, isPatient: false, until: AbortSignal.timeout(20) })

describe('a consumer pays', () => {
  test('what it owes after each answer, by vouchers over the statements that it took on', async () => {
    const payments = w.open()
    const statements = [w.statement(1000n), w.statement(500n)]
    for (const one of statements) {
      payments.owe(leg, one)
      await payments.idle()
    }
    expect(w.sums()).toEqual([1000n, 1500n])
    const last = w.given.at(-1)?.voucher
    const { usageRoot } = verifyVoucher(last?.voucher as Uint8Array, {
      escrow,
      payee,
      voucherKeys: [ed25519PublicBytes(voucherKey)]
    })
    expect(usageRoot).toEqual(coverRoot(statements.reduce(coverStatement, EMPTY_COVER)))
    expect(last?.covered).toEqual([{ epoch: guest.keyset.epoch, seq: statements[1]?.seq }])
    const said = { signature: last?.coveredSignature ?? new Uint8Array(0), signer: ed25519PublicBytes(voucherKey) }
    expect(isCoveredSigned(last?.voucher ?? new Uint8Array(0), last?.covered ?? [], said)).toBe(true)
  })

  test('and says again what for, until the market has heard it', async () => {
    const payments = w.open()
    const statements = [1000n, 500n, 200n].map((price) => w.statement(price))
    w.status = { isStored: false }
    for (const one of statements.slice(0, 2)) {
      payments.owe(leg, one)
      await payments.idle()
    }
    w.status = {}
    for (const one of statements.slice(2)) payments.owe(leg, one)
    await payments.idle()
    const told = w.given.flatMap(({ voucher }) =>
      voucher === undefined ? [] : [voucher.covered.map(({ seq }) => seq)]
    )
    const [one, two, three] = statements.map(({ seq }) => seq)
    expect(told).toEqual([[one], [one, two], [one, two, three]])
    payments.owe(leg, w.statement(1n))
    await payments.idle()
    expect(w.given.at(-1)?.voucher?.covered).toHaveLength(1)
  })

  test('by one voucher for what came while its host was slow to take one', async () => {
    const payments = w.open()
    const slow = Promise.withResolvers<void>()
    w.answering = slow.promise
    for (const price of [1000n, 500n, 200n]) {
      payments.owe(leg, w.statement(price))
      await settle(5)
    }
    slow.resolve()
    await payments.idle()
    expect(w.sums()).toEqual([1000n, 1700n])
  })

  test('in advance what a host asks for, for requests that are under way and below the limit', async () => {
    const payments = w.open()
    w.status = { reason: 'credit', cumulative: 5_000_000n }
    expect(await payments.settle([leg], room(5_000_000n))).toEqual([])
    expect(w.sums()).toEqual([5_000_000n])
  })
})

describe('a consumer that has changed its key', () => {
  const newKey = generateEd25519()
  const signedBy = (key: typeof newKey) =>
    verifyVoucher(w.given.at(-1)?.voucher?.voucher as Uint8Array, {
      ...{ escrow, payee, voucherKeys: [ed25519PublicBytes(key)] }
    })

  test('signs what it owes by the new one', async () => {
    const payments = w.open()
    payments.owe(leg, w.statement(1000n))
    await payments.idle()
    expect(signedBy(voucherKey).cumulative).toBe(1000n)
    w.signing = newKey
    payments.owe(leg, w.statement(500n))
    await payments.idle()
    expect(signedBy(newKey).cumulative).toBe(1500n)
  })

  test('signs the same sum again where a host counts the old one no more', async () => {
    const payments = w.open()
    payments.owe(leg, w.statement(1000n))
    await payments.idle()
    w.signing = newKey
    w.status = { reason: 'credit', cumulative: 800n }
    await payments.settle([leg], { maxPrice: 1n, isPatient: false, until: AbortSignal.timeout(1000) })
    expect(signedBy(newKey).cumulative).toBe(1000n)
  })
})

describe('a consumer signs nothing', () => {
  test.each([
    ['for a statement that the host did not sign', {}, () => w.statement(1000n, generateEd25519()), /USAGE_REFUSED/],
    ['for a host that names another market', { market: payee }, () => w.statement(1000n), /other terms/],
    ['for a host of another network', { network: -239 }, () => w.statement(1000n), /other terms/],
    ['for a host that wants a longer delay', { minDelay: 90_000 }, () => w.statement(1000n), /other terms/]
  ])('%s', async (_, change, make, reason) => {
    const payments = w.open(change)
    payments.owe(leg, make())
    await payments.idle()
    expect(w.sums()).toEqual([])
    expect(w.refusals()).toEqual([expect.stringMatching(reason)])
  })

  test('beyond the reservation, and up to it what it owes', async () => {
    w.reserved = 1200n
    const payments = w.open()
    for (const price of [1000n, 500n, 500n]) {
      payments.owe(leg, w.statement(price))
      await payments.idle()
    }
    expect(w.sums()).toEqual([1000n, 1200n])
    expect(w.refusals()).toEqual([expect.stringMatching(/reservation/)])
  })

  test.each([
    ['more than its requests may come to', 5_000_000n, 5_000_002n],
    ['as much as the limit', 10n ** 12n, EXPOSURE_LIMITS.credit]
  ])('that a host asks in advance for %s', async (_, underWay, asked) => {
    const payments = w.open()
    using running = payments.begin(underWay)
    w.status = { reason: 'credit', cumulative: asked }
    expect(await payments.settle([leg], room())).toEqual([])
    expect(w.sums()).toEqual([])
    running[Symbol.dispose]()
  })

  test('for counts that are hard to believe: a provider that inflates them gets nothing, and reads why', async () => {
    const payments = w.open()
    payments.refuse(leg, ['90000 completion tokens in 12 bytes'])
    await payments.idle()
    expect(w.sums()).toEqual([])
    expect(w.refusals()).toEqual(['90000 completion tokens in 12 bytes'])
  })
})

describe('a consumer that is killed', () => {
  test('while a host is slow to take a voucher has written down all that it owes, and gives it when it runs again', async () => {
    const payments = w.open()
    w.answering = new Promise(() => {})
    const [first, second] = [w.statement(1000n), w.statement(500n)]
    for (const one of [first, second]) {
      payments.owe(leg, one)
      await settle(5)
    }
    const files = new Map(w.files)
    w.answering = Promise.resolve()
    w.files = files
    w.given = []
    await w.open().catchUp(true)
    expect(w.sums()).toEqual([1500n])
    expect(w.given.at(-1)).toMatchObject({ keysetDigest: guest.keyset.digest })
    expect(w.given.at(-1)?.voucher?.covered.map(({ seq }) => seq)).toEqual([first.seq, second.seq])
    await w.open().catchUp(true)
    expect(w.sums()).toEqual([1500n])
  })

  test.each(['the way there', 'the way back'] as const)(
    'after signing, with %s lost, pays once and all of it',
    async (lost) => {
      w.lose = lost
      const first = w.open()
      first.owe(leg, w.statement(1000n))
      await first.idle()
      w.lose = 'nothing'
      const again = w.open()
      again.owe(leg, w.statement(500n))
      await again.idle()
      expect(w.sums().at(-1)).toBe(1500n)
      expect(w.given.at(-1)?.voucher?.covered).toHaveLength(2)
    }
  )

  test('at any write never signs less than before, nor anything twice', async () => {
    for (let crash = 0; crash < 6; crash++) {
      ;[w.files, w.given] = [new Map(), []]
      let writes = 0
      const before = w.open()
      const set = w.files.set.bind(w.files)
      w.files.set = (name, cover) => {
        if (writes++ >= crash) throw new ServiceError('INTERNAL', 'killed')
        return set(name, cover)
      }
      for (const price of [100n, 10n, 1n]) before.owe(leg, w.statement(price))
      await before.idle()
      w.files.set = set
      const signed = w.sums()
      const again = w.open()
      again.owe(leg, w.statement(1000n))
      await again.idle()
      expect(w.sums().at(-1)).toBeGreaterThanOrEqual((signed.at(-1) ?? 0n) + 1000n)
      expect(w.sums()).toEqual([...w.sums()].sort((a, b) => (a < b ? -1 : 1)))
    }
  })
})
