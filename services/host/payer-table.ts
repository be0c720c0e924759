import { KEYSET_LIFETIME_SECONDS } from './identity.ts'
import type { PayerAccount } from './payer-account.ts'
import { MOST_PAYERS } from './payer-memory.ts'

/** A payer that is here: its account is held in memory, and its escrow looked at. */
export interface PresentPayer {
  readonly account: PayerAccount
  looking: boolean
  /** Unix seconds of the last attempt: relays ask as often as they like. */
  lookedAt: number
  /** Unix seconds. */
  usedAt: number
}

/** An escrow is looked at again well before what was seen is too old to give credit against. */
const LOOK_AGAIN_SECONDS = 240
const LOOK_PAUSE_SECONDS = 2
/** Whoever asks for nothing for so long is looked at when it asks again: how many there are is for anybody with escrows to say. */
const ACTIVE_SECONDS = 600
/** Whoever asks for nothing for so long has no session: none outlives its keyset. It is remembered, and looked at no more. */
const IDLE_SECONDS = KEYSET_LIFETIME_SECONDS

/** Which payers are here, by the names of their accounts, and when each is looked at and left. */
export class PayerTable {
  readonly #present = new Map<string, PresentPayer>()
  /** Unix seconds. */
  readonly #clock: () => number

  constructor(clock: () => number) {
    this.#clock = clock
  }

  get isFull(): boolean {
    return this.#present.size >= MOST_PAYERS
  }

  has(name: string): boolean {
    return this.#present.has(name)
  }

  get(name: string): PresentPayer | undefined {
    return this.#present.get(name)
  }

  use(name: string): PayerAccount | undefined {
    const payer = this.#present.get(name)
    if (payer !== undefined) payer.usedAt = this.#clock()
    return payer?.account
  }

  add(name: string, account: PayerAccount): void {
    const now = this.#clock()
    this.#present.set(name, { account, looking: false, lookedAt: now, usedAt: now })
  }

  delete(name: string): void {
    this.#present.delete(name)
  }

  /** Those that asked for nothing for a day. */
  gone(): readonly (readonly [string, PresentPayer])[] {
    return [...this.#present].filter(
      ([, { usedAt, account }]) => this.#clock() >= usedAt + IDLE_SECONDS && account.isIdle
    )
  }

  /** Whoever asked for nothing for longest; undefined: all are at it. */
  oldest(): readonly [string, PresentPayer] | undefined {
    const idle = [...this.#present].filter(([, { account }]) => account.isIdle)
    return idle.reduce<(typeof idle)[number] | undefined>(
      (oldest, next) => (oldest === undefined || next[1].usedAt < oldest[1].usedAt ? next : oldest),
      undefined
    )
  }

  /** Those that are at it, and were not looked at for a while. */
  due(): readonly (readonly [string, PresentPayer])[] {
    const now = this.#clock()
    return [...this.#present].filter(([name, { account, looking, usedAt }]) => {
      const isActive = now < usedAt + ACTIVE_SECONDS || !account.isIdle
      return isActive && !looking && now - account.sight.checkedAt >= LOOK_AGAIN_SECONDS && this.mayLook(name)
    })
  }

  mayLook(name: string): boolean {
    const payer = this.#present.get(name)
    return payer !== undefined && this.#clock() >= payer.lookedAt + LOOK_PAUSE_SECONDS
  }
}
