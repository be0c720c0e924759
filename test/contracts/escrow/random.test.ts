import { toNano } from '@ton/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes } from '../../../attestation/crypto.ts'
import * as say from '../../../contracts/escrow/messages.ts'
import { ESCROW_EXITS as EXIT } from '../../../contracts/escrow/messages.ts'
import type { FeeYear } from '../sandbox.ts'
import { FEE_SHARE, feesOf, openWorld, type Wallet, type World } from './world.ts'

const TON = toNano('1')
const DELAY = 1000
const KEYS = [1, 2, 3].map((fill) => ed25519PrivateKey(new Uint8Array(32).fill(fill)))
type Who = 'consumer' | 'market' | 'payee' | 'stranger'

/** What an escrow should be, written down a second time and without a chain. */
class Model {
  closesAt = 0
  closed = false
  key = 0
  oldKey: { key: number; until: number } | undefined
  collected = 0n
  readonly payees = new Map<Who, { reserved: bigint; paid: bigint; pending?: { to: bigint; at: number } }>()

  fee(cumulative: bigint): bigint {
    return (cumulative * BigInt(FEE_SHARE)) / 10_000n
  }

  get feeDue(): bigint {
    return [...this.payees.values()].reduce((sum, { paid }) => sum + this.fee(paid), -this.collected)
  }

  get locked(): bigint {
    const withFee = (amount: bigint) => amount + this.fee(amount)
    return [...this.payees.values()].reduce((sum, { reserved, paid }) => sum + withFee(reserved) - withFee(paid), 0n)
  }

  signs(key: number, now: number): boolean {
    return key === this.key || (key === this.oldKey?.key && now < this.oldKey.until)
  }
}

/** A message: what it should come to, and what it makes of the model if it comes to 0. */
interface Step {
  readonly name: string
  readonly by: Who
  readonly value: bigint
  readonly body: (world: World) => ReturnType<typeof say.encodeClose> | undefined
  readonly expected: (model: Model, now: number) => number
  readonly apply: (model: Model, now: number) => void
}
type Move = Step | { readonly name: 'wait'; readonly seconds: number }

const who = fc.constantFrom<Who>('consumer', 'market', 'payee', 'stranger')
const mostlyConsumer = fc.oneof({ weight: 9, arbitrary: fc.constant<Who>('consumer') }, { weight: 1, arbitrary: who })
// Few and round, so that sums meet; and some that nobody expects.
const amount = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 0n, max: 12n }).map((twentieths) => (twentieths * TON) / 20n) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 100n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 2n * TON }) }
)
const payees = fc.constantFrom<Who>('payee', 'payee', 'stranger', 'market')
const value = fc.bigInt({ min: TON / 50n, max: TON })
const account = (world: World, name: Who): Wallet => world[name]

const weighted = <T>(weight: number, name: string, of: fc.Arbitrary<T>, make: (of: T) => Omit<Step, 'name'>) => ({
  weight,
  arbitrary: of.map((given): Move => ({ name, ...make(given) }))
})
const byConsumer = ({ by }: { by: Who }, then: () => number) => (by === 'consumer' ? then() : EXIT.NOT_CONSUMER)
const whenOpen = (model: Model, then: () => number) => (model.closed ? EXIT.CLOSED : then())

const moves: fc.Arbitrary<Move> = fc.oneof(
  weighted(1, 'deposit', fc.record({ by: who, value }), (of) => ({
    ...of,
    body: () => undefined,
    expected: (model) => whenOpen(model, () => (model.closesAt > 0 ? EXIT.CLOSING : 0)),
    apply: () => {}
  })),
  weighted(5, 'reserve', fc.record({ by: mostlyConsumer, value, payee: payees, reserved: amount }), (of) => ({
    ...of,
    body: (world) => say.encodeReserve(account(world, of.payee).address, of.reserved),
    expected: (model) =>
      whenOpen(model, () =>
        byConsumer(of, () => {
          if (model.closesAt > 0) return EXIT.CLOSING
          return of.reserved > (model.payees.get(of.payee)?.reserved ?? 0n) ? 0 : EXIT.NOT_A_RAISE
        })
      ),
    apply: (model) => {
      model.payees.set(of.payee, { reserved: of.reserved, paid: model.payees.get(of.payee)?.paid ?? 0n })
    }
  })),
  weighted(3, 'askRelease', fc.record({ by: mostlyConsumer, value, payee: payees, to: amount }), (of) => ({
    ...of,
    body: (world) => say.encodeAskRelease(account(world, of.payee).address, of.to),
    expected: (model) =>
      whenOpen(model, () =>
        byConsumer(of, () => {
          const entry = model.payees.get(of.payee)
          if (entry === undefined) return EXIT.PAYEE_UNKNOWN
          return of.to < entry.reserved ? 0 : EXIT.NO_RELEASE
        })
      ),
    apply: (model, now) => {
      const { reserved = 0n, paid = 0n } = model.payees.get(of.payee) ?? {}
      model.payees.set(of.payee, { reserved, paid, pending: { to: of.to, at: now + DELAY } })
    }
  })),
  weighted(4, 'release', fc.record({ by: mostlyConsumer, value, payee: payees }), (of) => ({
    ...of,
    body: (world) => say.encodeRelease(account(world, of.payee).address),
    expected: (model, now) =>
      whenOpen(model, () =>
        byConsumer(of, () => {
          const entry = model.payees.get(of.payee)
          if (entry === undefined) return EXIT.PAYEE_UNKNOWN
          if (entry.pending === undefined) return EXIT.NO_RELEASE
          return now >= entry.pending.at ? 0 : EXIT.TOO_EARLY
        })
      ),
    apply: (model) => {
      const { paid = 0n, pending } = model.payees.get(of.payee) ?? {}
      const to = pending?.to ?? 0n
      model.payees.set(of.payee, { paid, reserved: to > paid ? to : paid })
    }
  })),
  weighted(2, 'changeKey', fc.record({ by: mostlyConsumer, value, key: fc.nat(2) }), (of) => ({
    ...of,
    body: () => say.encodeChangeKey(ed25519PublicBytes(KEYS[of.key]!)),
    expected: (model, now) =>
      whenOpen(model, () =>
        byConsumer(of, () => (model.oldKey !== undefined && now < model.oldKey.until ? EXIT.KEY_CHANGING : 0))
      ),
    apply: (model, now) => {
      model.oldKey = { key: model.key, until: now + DELAY }
      model.key = of.key
    }
  })),
  weighted(
    5,
    'claim',
    fc.record({ by: who, value, payee: payees, cumulative: amount, key: fc.oneof(fc.constant(0), fc.nat(2)) }),
    (of) => ({
      ...of,
      body: (world) =>
        say.encodeClaim(world.voucher(account(world, of.payee).address, of.cumulative, { key: KEYS[of.key]! })),
      expected: (model, now) =>
        whenOpen(model, () => {
          const entry = model.payees.get(of.payee)
          if (!model.signs(of.key, now)) return EXIT.VOUCHER_UNSIGNED
          if (entry === undefined) return EXIT.PAYEE_UNKNOWN
          return of.cumulative > entry.paid && entry.reserved > entry.paid ? 0 : EXIT.NOTHING_TO_PAY
        }),
      apply: (model) => {
        const entry = model.payees.get(of.payee)
        if (entry !== undefined) entry.paid = of.cumulative < entry.reserved ? of.cumulative : entry.reserved
      }
    })
  ),
  weighted(2, 'collectFee', fc.record({ by: fc.oneof(fc.constant<Who>('market'), who), value }), (of) => ({
    ...of,
    body: say.encodeCollectFee,
    expected: (model) =>
      whenOpen(model, () => {
        if (of.by !== 'market') return EXIT.NOT_MARKET
        return model.feeDue > 0n ? 0 : EXIT.NOTHING_TO_PAY
      }),
    apply: (model) => {
      model.collected += model.feeDue
    }
  })),
  weighted(1, 'askClose', fc.record({ by: who, value }), (of) => ({
    ...of,
    body: say.encodeAskClose,
    expected: (model) => whenOpen(model, () => byConsumer(of, () => (model.closesAt > 0 ? EXIT.CLOSING : 0))),
    apply: (model, now) => {
      model.closesAt = now + DELAY
    }
  })),
  weighted(1, 'close', fc.record({ by: mostlyConsumer, value }), (of) => ({
    ...of,
    body: say.encodeClose,
    expected: (model, now) =>
      whenOpen(model, () => byConsumer(of, () => (model.closesAt > 0 && now >= model.closesAt ? 0 : EXIT.TOO_EARLY))),
    apply: (model) => {
      model.closed = true
    }
  })),
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 2 * DELAY }).map((seconds): Move => ({ name: 'wait', seconds })) }
)

async function play(year: FeeYear, script: readonly Move[]): Promise<void> {
  const world = await openWorld(year, { delay: DELAY })
  const model = new Model()
  const deploy = await world.send(world.consumer, undefined, { value: 2n * TON, init: world.escrow.init })
  let expected = 2n * TON - feesOf(deploy)
  const paid = new Map<string, bigint>()
  for (const move of script) {
    if (!('body' in move)) {
      world.wait(move.seconds)
      continue
    }
    const now = world.chain.now ?? 0
    const free = model.closed ? 0n : await world.escrow.getFree()
    const outcome = await world.send(account(world, move.by), move.body(world), { value: move.value })
    const wanted = move.expected(model, now)
    const isUncovered = move.name === 'reserve' && wanted === 0 && outcome.exit === EXIT.NOT_COVERED
    if (!isUncovered) expect([move.name, outcome.exit]).toEqual([move.name, wanted])
    expect(outcome.bounced).toBe(outcome.exit !== 0)
    const locked = model.locked
    if (outcome.exit === 0) move.apply(model, now)
    // Uncovered is only what the deposit could not have covered, but for rent and gas.
    if (isUncovered) {
      const trial = new Model()
      for (const [name, entry] of model.payees) trial.payees.set(name, { ...entry })
      move.apply(trial, now)
      expect(free + move.value - (trial.locked - locked)).toBeLessThan(TON / 10n)
    }

    // What came in = what went out + what is there + fees of the chain, to the nanoTON.
    const out = outcome.transaction.outMessages
      .values()
      .map(({ info }) => (info.type === 'internal' ? info.value.coins : 0n))
    expected += move.value - feesOf(outcome) - out.reduce((sum, one) => sum + one, 0n)
    expect(await world.balance()).toBe(expected)
    for (const { to, says } of outcome.sent)
      if (says.kind === 'payout') paid.set(to, (paid.get(to) ?? 0n) + says.amount)
    for (const [name, entry] of model.payees)
      expect(paid.get(account(world, name).address.toString()) ?? 0n).toBe(entry.paid)
    if (model.closed) {
      expect(await world.escrow.getState()).toEqual({ kind: 'closed' })
      continue
    }
    const state = await world.state()
    expect(state).toMatchObject({ locked: model.locked, feeDue: model.feeDue })
    for (const [name, entry] of model.payees)
      expect(await world.payeeState(account(world, name).address)).toEqual(entry)
    // Whatever is owed is there, and rent beside it.
    expect(await world.balance()).toBeGreaterThan(state.locked + state.feeDue)
    if (move.name === 'reserve' && outcome.exit === 0) expect(await world.escrow.getFree()).toBeGreaterThanOrEqual(0n)
  }
}

describe.each<FeeYear>([2025, 2026])('at the fees of %i, any sequence of messages', (year) => {
  it('leaves the escrow as the model says, solvent, and with every nanoTON accounted for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { minLength: 20, maxLength: 50 }), (script) => play(year, script)),
      { numRuns: 6, interruptAfterTimeLimit: 90_000 }
    )
  }, 120_000)
})
