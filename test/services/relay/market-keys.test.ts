import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GrantedKey, type KeyChange, type KeyLimits, MarketKeys } from '../../../services/relay/market-keys.ts'
import { silentLogger } from '../../../services/runtime/log.ts'
import { hashToken } from '../../../services/runtime/tokens.ts'
import { ManualTimers } from '../../fakes/manual-timers.ts'

const GRACE_MS = 60_000
const NONE: KeyLimits = { requestsPerMinute: 0, tokensPerDay: 0n, nanotonPerMonth: 0n }

function key(secret: string, changes: Partial<GrantedKey> = {}): GrantedKey {
  return {
    ...{ id: `id-${secret}`, keyId: new Uint8Array(16), hash: hashToken(secret), organisation: 'acme' },
    ...{ models: new Set<string>(), assurance: 0, limits: NONE, organisationLimits: NONE },
    ...{ spent: { tokens: 0n, nanoton: 0n }, organisationSpent: { tokens: 0n, nanoton: 0n } },
    ...changes
  }
}

/** A market whose stream a test writes and ends. */
class FakeMarket {
  #line: (KeyChange | 'end')[] = []
  #wake = (): void => {}
  calls = 0

  async *watch(signal: AbortSignal): AsyncGenerator<KeyChange, void> {
    this.calls++
    signal.addEventListener('abort', () => this.#push('end'))
    for (;;) {
      const next = this.#line.shift()
      if (next === 'end') return
      if (next !== undefined) yield next
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async tell(...changes: (KeyChange | 'end')[]): Promise<void> {
    for (const change of changes) this.#push(change)
    await settle()
  }

  grant(...keys: readonly GrantedKey[]): Promise<void> {
    return this.tell(...keys.map((one) => ({ kind: 'granted' as const, key: one })), { kind: 'snapshot-end' })
  }

  #push(change: KeyChange | 'end'): void {
    this.#line.push(change)
    this.#wake()
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

let market: FakeMarket
let timers: ManualTimers
let keys: MarketKeys

beforeEach(() => {
  market = new FakeMarket()
  timers = new ManualTimers()
  const watch = (signal: AbortSignal) => market.watch(signal)
  keys = new MarketKeys({ watch, timers, logger: silentLogger, monotonic: () => timers.now, graceMs: GRACE_MS })
})
afterEach(() => keys[Symbol.asyncDispose]())

describe("the market's keys", () => {
  it('are none before the market has told all of them', async () => {
    expect(() => keys.find('one')).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    await market.grant(key('one'))
    expect(keys.find('one')).toMatchObject({ tenant: 'acme', name: 'id-one' })
    expect(keys.find('two')).toBeUndefined()
  })

  it('that are revoked start nothing more, on links that were open before either', async () => {
    await market.grant(key('one'))
    const grant = keys.find('one')
    expect(grant?.start('m')).toBeUndefined()
    await market.tell({ kind: 'revoked', id: 'id-one' })
    expect(keys.find('one')).toBeUndefined()
    expect(grant?.start('m')).toBe('KEY_REFUSED')
  })

  it('that the next snapshot lacks are revoked', async () => {
    await market.grant(key('one'), key('two'))
    const grant = keys.find('one')
    await market.tell('end')
    timers.advance(200)
    await settle()
    await market.grant(key('two'))
    expect(grant?.start('m')).toBe('KEY_REFUSED')
    expect(keys.find('two')).toBeDefined()
  })

  it('count for a grace after the market was lost, and no longer', async () => {
    await market.grant(key('one'))
    const grant = keys.find('one')
    await market.tell('end')
    timers.now += GRACE_MS - 1
    expect(keys.find('one')).toBe(grant)
    timers.now += 1
    expect(() => keys.find('one')).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }))
    expect(grant?.start('m')).toBe('KEY_REFUSED')
  })

  it('are for their models and for hosts of which enough is proven', async () => {
    await market.grant(key('one', { models: new Set(['m']), assurance: 2 }))
    const grant = keys.find('one')
    expect([grant?.start('m'), grant?.start('other')]).toEqual([undefined, 'KEY_REFUSED'])
    expect([grant?.allows(1), grant?.allows(2)]).toEqual([false, true])
  })

  it('start so many requests a minute, which come back evenly', async () => {
    await market.grant(key('one', { limits: { ...NONE, requestsPerMinute: 2 } }))
    const grant = keys.find('one')
    expect([grant?.start('m'), grant?.start('m'), grant?.start('m')]).toEqual([undefined, undefined, 'RATE_LIMITED'])
    timers.now += 30_000
    expect([grant?.start('m'), grant?.start('m')]).toEqual([undefined, 'RATE_LIMITED'])
  })

  it.each<[string, Partial<GrantedKey>, string]>([
    ['of a day', { limits: { ...NONE, tokensPerDay: 100n } }, 'QUOTA_SPENT'],
    ['of a month', { limits: { ...NONE, nanotonPerMonth: 50n } }, 'BUDGET_SPENT'],
    ['of the organisation, by any of its keys', { organisationLimits: { ...NONE, tokensPerDay: 100n } }, 'QUOTA_SPENT']
  ])('start nothing once what they may spend %s is spent', async (_what, change, code) => {
    await market.grant(key('one', change), key('two', change))
    const [one, two] = [keys.find('one'), keys.find('two')]
    one?.spend(99n, 49n)
    expect(one?.start('m')).toBeUndefined()
    one?.spend(1n, 1n)
    expect(one?.start('m')).toBe(code)
    expect(two?.start('m')).toBe(change.organisationLimits === undefined ? undefined : code)
    // A new day, or a higher limit: the market says so.
    await market.grant(key('one', { ...change, spent: { tokens: 0n, nanoton: 0n } }))
    expect(one?.start('m')).toBeUndefined()
  })

  it('that are refused by one limit spend nothing of another', async () => {
    const organisationLimits = { ...NONE, requestsPerMinute: 1 }
    await market.grant(key('one', { organisationLimits }), key('two', { organisationLimits, models: new Set(['n']) }))
    expect(keys.find('two')?.start('m')).toBe('KEY_REFUSED')
    expect(keys.find('one')?.start('m')).toBeUndefined()
  })
})
