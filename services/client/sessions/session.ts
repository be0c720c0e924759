import type { AdmittedHost } from '../../../attestation/admit.ts'
import { erase, randomBytes } from '../../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import type { ClientLeg } from '../../../attestation/session/handshake.ts'
import { affinityOf } from '../../../attestation/session/meta.ts'

export type Leg = ClientLeg<AdmittedHost>

/** A renewal that failed is tried again after this long. */
const RENEWAL_PAUSE_SECONDS = 10
const NO_AFFINITY = new Uint8Array(8)

/**
 * A session with the hosts that accepted its hello: it numbers requests and gives out the legs that still stand. Its
 * secrets are erased when it is retired and the last request that uses them has ended.
 */
export class ClientSession {
  readonly model: string
  readonly id: Uint8Array
  readonly legs: readonly Leg[]
  /** Unix seconds; where the last leg ends. */
  readonly notAfter: number
  readonly #affinityKey = randomBytes(32)
  #renewAt: number
  #next = 0
  #users = 0
  #retired = false

  constructor(model: string, legs: readonly Leg[], openedAt: number) {
    const [first] = legs
    if (first === undefined) throw new TypeError('a session has legs')
    this.model = model
    this.id = first.sessionId
    this.legs = legs
    this.notAfter = Math.max(...legs.map(standsUntil))
    this.#renewAt = openedAt + Math.floor((this.notAfter - openedAt) * 0.75)
  }

  /** Whether a successor is worth opening; after a yes the answer is no for some seconds, in which to open it. */
  takeRenewal(now: number): boolean {
    if (now < this.#renewAt) return false
    this.#renewAt = now + RENEWAL_PAUSE_SECONDS
    return true
  }

  /** Legs whose appraisal, keyset and lifetime all hold at `now`, unix seconds. */
  standing(now: number): readonly Leg[] {
    return this.legs.filter((leg) => now < standsUntil(leg))
  }

  /** The next request's number: each is used once. */
  takeNumber(): number {
    return this.#next++
  }

  /** What lets a relay find the host that has this prefix cached, and nobody else learn or compare it. */
  affinity(prefix: string): Uint8Array {
    return prefix === '' ? NO_AFFINITY : affinityOf(this.#affinityKey, encodeUtf8(prefix))
  }

  /** Keeps the secrets until the answer's end. */
  use(): Disposable {
    this.#users++
    let using = true
    return {
      [Symbol.dispose]: () => {
        if (!using) return
        using = false
        this.#users--
        this.#eraseWhenUnused()
      }
    }
  }

  /** No new requests. */
  retire(): void {
    this.#retired = true
    this.#eraseWhenUnused()
  }

  #eraseWhenUnused(): void {
    if (!this.#retired || this.#users > 0) return
    for (const leg of this.legs) leg[Symbol.dispose]()
    erase(this.#affinityKey)
  }
}

/** A request is `<session>-<n>` to people: told in `x-bombyx-request` before its receipt exists. */
export function requestName(session: ClientSession, n: number): string {
  return `${encodeHex(session.id)}-${n}`
}

function standsUntil(leg: Leg): number {
  return Math.min(leg.notAfter, leg.host.notAfter, leg.host.keyset.notAfter)
}
