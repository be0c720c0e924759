import type { SessionCode } from '../../attestation/session/codes.ts'
import { Allowance } from '../runtime/allowance.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { LinkTimers } from '../runtime/link/timers.ts'
import type { Logger } from '../runtime/log.ts'
import { hashToken } from '../runtime/tokens.ts'
import { pause } from './directory.ts'
import type { KeyGrant, KeyRing } from './key-grant.ts'

/** 0: no limit. */
export interface KeyLimits {
  readonly requestsPerMinute: number
  readonly tokensPerDay: bigint
  readonly nanotonPerMonth: bigint
}

export interface KeySpent {
  readonly tokens: bigint
  readonly nanoton: bigint
}

/** A good key as the market tells of it. */
export interface GrantedKey {
  /** Hex. */
  readonly id: string
  readonly keyId: Uint8Array
  /** `sha256:<hex>` of its secret. */
  readonly hash: string
  readonly organisation: string
  /** Empty: any. */
  readonly models: ReadonlySet<string>
  readonly assurance: number
  readonly limits: KeyLimits
  readonly organisationLimits: KeyLimits
  readonly spent: KeySpent
  readonly organisationSpent: KeySpent
}

export type KeyChange =
  | { readonly kind: 'granted'; readonly key: GrantedKey }
  | { readonly kind: 'revoked'; readonly id: string }
  | { readonly kind: 'snapshot-end' }

export interface MarketKeysContext {
  readonly watch: (signal: AbortSignal) => AsyncIterable<KeyChange>
  readonly timers: LinkTimers
  readonly logger: Logger
  /** Milliseconds that never run back. */
  readonly monotonic: () => number
  /** How long the last view counts after the market was lost. */
  readonly graceMs: number
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

/**
 * The market's keys, followed like the directory: a revocation is here at once. When the market is lost for longer than the grace, no
 * key is good: one may have been revoked.
 */
export class MarketKeys implements KeyRing, AsyncDisposable {
  readonly #context: MarketKeysContext
  readonly #stop = new AbortController()
  readonly #byId = new Map<string, MarketGrant>()
  readonly #byHash = new Map<string, MarketGrant>()
  readonly #organisations = new Map<string, Account>()
  readonly #running: Promise<void>
  #live = false
  #lostAt = Number.NEGATIVE_INFINITY

  constructor(context: MarketKeysContext) {
    this.#context = context
    this.#running = this.#run()
  }

  /** Whether the view counts. */
  get current(): boolean {
    return this.#live || this.#context.monotonic() - this.#lostAt < this.#context.graceMs
  }

  get size(): number {
    return this.#byId.size
  }

  find(secret: string): KeyGrant | undefined {
    if (!this.current) throw new ServiceError('UNAVAILABLE', 'the market, which knows the keys, cannot be reached')
    return this.#byHash.get(hashToken(secret))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { timers, monotonic, logger } = this.#context
    let delay = FIRST_RETRY_MS
    while (!this.#stop.signal.aborted) {
      try {
        await this.#followOnce()
      } catch (error) {
        if (!this.#stop.signal.aborted) logger.warn('keys lost', {}, error)
      }
      if (this.#live) this.#lostAt = monotonic()
      delay = this.#live ? FIRST_RETRY_MS : Math.min(delay * 2, LAST_RETRY_MS)
      this.#live = false
      await pause(delay, timers, this.#stop.signal)
    }
  }

  async #followOnce(): Promise<void> {
    const seen = new Set<string>()
    for await (const change of this.#context.watch(this.#stop.signal)) {
      if (change.kind === 'granted') {
        seen.add(change.key.id)
        this.#grant(change.key)
      } else if (change.kind === 'revoked') {
        this.#revoke(change.id)
      } else if (!this.#live) {
        for (const id of [...this.#byId.keys()]) if (!seen.has(id)) this.#revoke(id)
        this.#live = true
      }
    }
  }

  #grant(key: GrantedKey): void {
    const { monotonic } = this.#context
    const organisation = this.#organisations.get(key.organisation) ?? new Account(monotonic)
    this.#organisations.set(key.organisation, organisation)
    organisation.update(key.organisationLimits, key.organisationSpent)
    const grant = this.#byId.get(key.id) ?? new MarketGrant(key, organisation, { monotonic, ring: this })
    grant.update(key)
    this.#byId.set(key.id, grant)
    this.#byHash.set(key.hash, grant)
  }

  #revoke(id: string): void {
    const grant = this.#byId.get(id)
    if (grant === undefined) return
    grant.revoked = true
    this.#byId.delete(id)
    this.#byHash.delete(grant.hash)
  }
}

/** Limits of a key or an organisation, and what was spent of them. */
class Account {
  readonly #requests: Allowance
  #limits: KeyLimits = { requestsPerMinute: 0, tokensPerDay: 0n, nanotonPerMonth: 0n }
  #spent: KeySpent = { tokens: 0n, nanoton: 0n }

  constructor(monotonic: () => number) {
    this.#requests = new Allowance(monotonic)
  }

  /** What the market has stored counts; what passed here since comes on top until it says more. */
  update(limits: KeyLimits, spent: KeySpent): void {
    this.#limits = limits
    this.#spent = spent
    this.#requests.perMinute = limits.requestsPerMinute
  }

  refusal(): SessionCode | undefined {
    const { tokensPerDay, nanotonPerMonth } = this.#limits
    if (tokensPerDay > 0n && this.#spent.tokens >= tokensPerDay) return 'QUOTA_SPENT'
    if (nanotonPerMonth > 0n && this.#spent.nanoton >= nanotonPerMonth) return 'BUDGET_SPENT'
    return this.#requests.has ? undefined : 'RATE_LIMITED'
  }

  count(): void {
    this.#requests.take()
  }

  spend(tokens: bigint, nanoton: bigint): void {
    this.#spent = { tokens: this.#spent.tokens + tokens, nanoton: this.#spent.nanoton + nanoton }
  }
}

class MarketGrant implements KeyGrant {
  readonly name: string
  readonly tenant: string
  readonly keyId: Uint8Array
  readonly hash: string
  revoked = false
  readonly #organisation: Account
  readonly #own: Account
  readonly #ring: Pick<MarketKeys, 'current'>
  #models: ReadonlySet<string> = new Set()
  #assurance = 0

  constructor(
    key: GrantedKey,
    organisation: Account,
    { monotonic, ring }: { readonly monotonic: () => number; readonly ring: Pick<MarketKeys, 'current'> }
  ) {
    this.name = key.id
    this.tenant = key.organisation
    this.keyId = key.keyId
    this.hash = key.hash
    this.#organisation = organisation
    this.#own = new Account(monotonic)
    this.#ring = ring
  }

  update({ models, assurance, limits, spent }: GrantedKey): void {
    this.#models = models
    this.#assurance = assurance
    this.#own.update(limits, spent)
  }

  start(model: string): SessionCode | undefined {
    if (this.revoked || !this.#ring.current || !this.serves(model)) return 'KEY_REFUSED'
    const refusal = this.#own.refusal() ?? this.#organisation.refusal()
    if (refusal !== undefined) return refusal
    this.#own.count()
    this.#organisation.count()
    return undefined
  }

  serves(model: string): boolean {
    return this.#models.size === 0 || this.#models.has(model)
  }

  allows(assurance: number): boolean {
    return assurance >= this.#assurance
  }

  spend(tokens: bigint, nanoton: bigint): void {
    this.#own.spend(tokens, nanoton)
    this.#organisation.spend(tokens, nanoton)
  }
}
