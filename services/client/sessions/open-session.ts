import type { AdmittedHost } from '../../../attestation/admit.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import type { Payer } from '../../../attestation/session/client-handshake.ts'
import { type ClientHandshake, createHello } from '../../../attestation/session/handshake.ts'
import type { MaxPrices } from '../client.ts'
import { ClientError, type ClientErrorCode, type HostRefusalReason } from '../errors.ts'
import type { ClientEventListener } from '../events.ts'
import type { HelloAnswer, RelayPort } from '../relays/relay-port.ts'
import { ClientSession, type Leg } from './session.ts'

/** The KEM, KDF and AEAD of every session: there is no other to fall back to. */
export const SUITE = 'X-Wing (X25519 + ML-KEM-768), HKDF-SHA256, ChaCha20-Poly1305'

/** The longest wait for hosts' answers; the ephemeral key is erased then. */
const HANDSHAKE_MS = 10_000
/** How long the others have once the first host has answered. */
const STRAGGLER_MS = 1_500

export interface SessionContext {
  /** Unix seconds that never run behind the monotonic clock. */
  readonly clock: () => number
  readonly onEvent: ClientEventListener
  readonly sessionSeconds: number
  readonly maxPrices: MaxPrices | undefined
  readonly payer?: Payer | undefined
}

/** Runs one handshake with all the hosts at once. SESSION_REFUSED, NO_CAPACITY or UNPAID when none gives a leg. */
export async function openSession(
  relay: RelayPort,
  model: string,
  hosts: readonly AdmittedHost[],
  context: SessionContext
): Promise<ClientSession> {
  const started = performance.now()
  const { payer } = context
  const wish = { model, ttlSeconds: context.sessionSeconds, hosts, ...(payer === undefined ? {} : { payer }) }
  using handshake = await createHello(wish, context.clock())
  const gathering = new LegGathering(handshake, context)
  await gathering.run(relay, hosts.length)
  const { legs, refusals } = gathering
  if (legs.length === 0) throw refusedByAll(refusals)
  const session = new ClientSession(model, legs, context.clock())
  context.onEvent({
    kind: 'session-opened',
    sessionId: encodeHex(session.id),
    model,
    relay: relay.authority,
    suite: SUITE,
    legs: legs.map(({ digest, host, notAfter }) => ({ host: encodeHex(digest), tee: host.tee, notAfter })),
    refusals,
    elapsedMs: performance.now() - started
  })
  return session
}

/** Collects answers until every host has given one, the stragglers' time is up, or the relay ends the call. */
class LegGathering {
  readonly legs: Leg[] = []
  readonly refusals: HostRefusalReason[] = []
  readonly #handshake: ClientHandshake<AdmittedHost>
  readonly #context: SessionContext
  readonly #enough = new AbortController()

  constructor(handshake: ClientHandshake<AdmittedHost>, context: SessionContext) {
    this.#handshake = handshake
    this.#context = context
  }

  async run(relay: RelayPort, wanted: number): Promise<void> {
    const limit = setTimeout(() => this.#enough.abort(), HANDSHAKE_MS)
    let stragglers: NodeJS.Timeout | undefined
    try {
      for await (const answer of relay.openSession(this.#handshake.message, { signal: this.#enough.signal })) {
        await this.#receive(answer)
        if (this.legs.length + this.refusals.length >= wanted) return
        if (this.legs.length === 1) stragglers ??= setTimeout(() => this.#enough.abort(), STRAGGLER_MS)
      }
    } catch (error) {
      // A relay that dies half way takes nothing back: legs that were checked stand.
      if (this.legs.length === 0 && !this.#enough.signal.aborted) throw error
    } finally {
      clearTimeout(limit)
      clearTimeout(stragglers)
    }
  }

  async #receive(answer: HelloAnswer): Promise<void> {
    if (answer.kind === 'refusal') {
      this.#refuse(encodeHex(answer.keysetDigest), answer.code, 'the host or the relay refused the hello')
      return
    }
    try {
      const leg = await this.#handshake.receiveAccept(answer.message, this.#context.clock())
      if (tooDear(leg, this.#context.maxPrices)) {
        leg[Symbol.dispose]()
        this.#refuse(encodeHex(leg.digest), 'PRICE', 'the host asks more than the highest price set')
      } else {
        this.legs.push(leg)
      }
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      this.#refuse('unknown', error.code, error.message)
    }
  }

  #refuse(host: string, code: string, reason: string): void {
    this.refusals.push({ host, code, reason })
  }
}

function tooDear({ prices }: Leg, most: MaxPrices | undefined): boolean {
  if (most === undefined) return false
  return (
    prices.prompt > most.prompt ||
    prices.cached > most.cached ||
    prices.completion > most.completion ||
    prices.reasoning > most.reasoning
  )
}

/** One code when all agree on it and it tells the caller what to do; otherwise each host's own reason. */
function refusedByAll(refusals: readonly HostRefusalReason[]): ClientError {
  const codes = new Set(refusals.map(({ code }) => code))
  const shared = (['NO_CAPACITY', 'UNPAID'] as const).find((code) => codes.size === 1 && codes.has(code))
  const code: ClientErrorCode = shared ?? 'SESSION_REFUSED'
  const said = refusals.map(({ host, code: why }) => `${host.slice(0, 16)}: ${why}`).join('; ')
  return new ClientError(code, `no host opened a session (${said || 'no answer in time'})`, { hosts: refusals })
}
