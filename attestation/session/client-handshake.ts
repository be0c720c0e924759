import type { AdmittedHost } from '../admit.ts'
import {
  ed25519PublicBytes,
  equalBytes,
  erase,
  type PrivateKey,
  randomBytes,
  signEd25519,
  verifyEd25519
} from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { type AcceptFields, parseAccept } from './accept.ts'
import type { AcceptMessage, HelloMessage } from './handshake.ts'
import { encodeHello, MAX_LEGS, MAX_TTL_SECONDS } from './hello.ts'
import { EphemeralKey } from './hpke.ts'
import { acceptHash, acceptMessage, helloHash, legSecret, payerMessage, sessionIdOf } from './key-schedule.ts'
import type { Keyset } from './keyset.ts'
import { LegSecret, type PayerIdentity, type Prices } from './leg.ts'
import { MAX_REPLAY_WINDOW, MIN_REPLAY_WINDOW } from './replay-window.ts'

/** How far a host's idea of a leg's end may lie beyond the client's. */
const CLOCK_SLACK_SECONDS = 60

/** Who pays: the escrow account and the key that signs its vouchers. */
export interface Payer {
  /** i8 workchain ‖ hash, 33 bytes. */
  readonly escrow: Uint8Array
  readonly voucherKey: PrivateKey
}

/** What a client asks for. Its hosts can be made by `admitHost` alone, so that no other gets a key. */
export interface SessionWish<H extends AdmittedHost> {
  readonly model: string
  /** 1..3600. */
  readonly ttlSeconds: number
  /** 1..8, of distinct keysets. */
  readonly hosts: readonly H[]
  readonly payer?: Payer
}

/** The client's half of a session with one host. */
export interface ClientLeg<H extends AdmittedHost = AdmittedHost> extends Disposable {
  readonly sessionId: Uint8Array
  readonly digest: Uint8Array
  /** Unix seconds. */
  readonly notAfter: number
  readonly replayWindow: number
  readonly prices: Prices
  readonly host: H
  readonly secret: LegSecret
}

/** A hello that waits for its answers; dispose after the last one, or after 10 s: it erases the ephemeral key. */
export interface ClientHandshake<H extends AdmittedHost = AdmittedHost> extends Disposable {
  readonly message: HelloMessage
  /** 16 bytes. */
  readonly sessionId: Uint8Array
  /**
   * Checks one host's answer in the protocol's order and makes its leg. Refuses with ACCEPT_MALFORMED, KEYSET_LAPSED
   * (the evidence behind it) or ACCEPT_REFUSED. An answer that the host did not sign leaves room for the one it did.
   */
  receiveAccept(message: AcceptMessage, now: number): Promise<ClientLeg<H>>
}

/** What is drawn at random for a hello. */
export interface HelloSecrets {
  readonly clientNonce: Uint8Array
  readonly ephemeralKey: EphemeralKey
}

/** Makes a fresh ephemeral key and the hello that offers it to the hosts; `now` is unix seconds. */
export async function createHello<H extends AdmittedHost>(
  wish: SessionWish<H>,
  now: number
): Promise<ClientHandshake<H>> {
  const secrets = { clientNonce: randomBytes(32), ephemeralKey: await EphemeralKey.generate() }
  return dangerouslyCreateHelloFrom(secrets, wish, now)
}

/** For published vectors: a hello whose randomness is given, and so known to others. */
export function dangerouslyCreateHelloFrom<H extends AdmittedHost>(
  secrets: HelloSecrets,
  wish: SessionWish<H>,
  now: number
): ClientHandshake<H> {
  checkWish(wish)
  const hello = encodeHello({
    clientNonce: secrets.clientNonce,
    ttlSeconds: wish.ttlSeconds,
    model: wish.model,
    digests: wish.hosts.map((host) => host.keyset.digest),
    clientPublicKey: secrets.ephemeralKey.publicKey,
    payer: wish.payer && payerIdentity(wish.payer)
  })
  return new Handshake(hello, secrets.ephemeralKey, { wish, sent: now })
}

class Handshake<H extends AdmittedHost> implements ClientHandshake<H> {
  readonly message: HelloMessage
  readonly sessionId: Uint8Array
  readonly #th0: Uint8Array
  readonly #ephemeralKey: EphemeralKey
  readonly #sent: number
  readonly #wish: SessionWish<H>
  readonly #answered = new Set<string>()

  constructor(
    hello: Uint8Array,
    ephemeralKey: EphemeralKey,
    opening: { readonly wish: SessionWish<H>; readonly sent: number }
  ) {
    this.#th0 = helloHash(hello)
    this.#ephemeralKey = ephemeralKey
    this.#wish = opening.wish
    this.#sent = opening.sent
    this.sessionId = sessionIdOf(this.#th0)
    const voucherKey = opening.wish.payer?.voucherKey
    const payerSignature = voucherKey ? signEd25519(voucherKey, payerMessage(this.#th0)) : new Uint8Array(0)
    this.message = { hello, payerSignature }
  }

  async receiveAccept(message: AcceptMessage, now: number): Promise<ClientLeg<H>> {
    const accept = parseAccept(message.accept)
    const host = this.#offeredHost(accept)
    if (now >= Math.min(host.notAfter, host.keyset.notAfter)) {
      throw new AttestationError('KEYSET_LAPSED', 'the evidence behind this host is out of date')
    }
    const th1 = acceptHash(this.#th0, message.accept)
    checkSignature(host.keyset, this.#wish.model, { th1, signature: message.signature })
    this.#checkTerms(accept, host, now)
    this.#answered.add(encodeHex(accept.digest))
    const ss = await this.#decapsulate(accept.enc)
    const secret = new LegSecret(legSecret(th1, ss))
    erase(ss)
    return {
      sessionId: this.sessionId,
      digest: host.keyset.digest,
      notAfter: accept.notAfter,
      replayWindow: accept.replayWindow,
      prices: accept.prices,
      host,
      secret,
      [Symbol.dispose]: () => secret[Symbol.dispose]()
    }
  }

  [Symbol.dispose](): void {
    this.#ephemeralKey[Symbol.dispose]()
  }

  #offeredHost(accept: AcceptFields): H {
    const host = this.#wish.hosts.find((offered) => equalBytes(offered.keyset.digest, accept.digest))
    if (host === undefined) throw refused('a digest that was not offered')
    if (this.#answered.has(encodeHex(accept.digest))) throw refused('a second answer by one host')
    return host
  }

  #checkTerms(accept: AcceptFields, host: H, now: number): void {
    if (!equalBytes(accept.sessionId, this.sessionId)) throw refused('another session')
    const latest = Math.min(host.keyset.notAfter, this.#sent + this.#wish.ttlSeconds + CLOCK_SLACK_SECONDS)
    if (accept.notAfter <= now) throw refused('the leg has ended')
    if (accept.notAfter > latest) throw refused('the leg would outlive its keyset or what was asked for')
    if (accept.replayWindow < MIN_REPLAY_WINDOW || accept.replayWindow > MAX_REPLAY_WINDOW) {
      throw refused(`a replay window of ${accept.replayWindow}`)
    }
  }

  async #decapsulate(enc: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.#ephemeralKey.receive(enc, this.#th0)
    } catch (cause) {
      throw new AttestationError('ACCEPT_REFUSED', 'enc cannot be decapsulated', { cause })
    }
  }
}

function checkSignature(
  keyset: Keyset,
  model: string,
  signed: { readonly th1: Uint8Array; readonly signature: Uint8Array }
): void {
  const [sessionKey, ...more] = keyset.sessionKeys
  if (sessionKey === undefined || more.length > 0) throw refused('the keyset has not exactly one session key')
  if (keyset.model.id !== model) throw refused('the keyset serves another model')
  if (!verifyEd25519(sessionKey.publicKey, acceptMessage(signed.th1), signed.signature)) {
    throw refused('not signed by the session key')
  }
}

function checkWish(wish: SessionWish<AdmittedHost>): void {
  const { hosts, ttlSeconds } = wish
  if (hosts.length < 1 || hosts.length > MAX_LEGS)
    throw new TypeError(`a session has 1 to 8 hosts, not ${hosts.length}`)
  if (new Set(hosts.map((host) => encodeHex(host.keyset.digest))).size !== hosts.length) {
    throw new TypeError('a host twice')
  }
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 1 || ttlSeconds > MAX_TTL_SECONDS) {
    throw new TypeError(`a session lives 1 to 3600 s, not ${ttlSeconds}`)
  }
}

function payerIdentity(payer: Payer): PayerIdentity {
  if (payer.escrow.byteLength !== 33) throw new TypeError('an escrow address is 33 bytes')
  return { escrow: payer.escrow, voucherKey: ed25519PublicBytes(payer.voucherKey) }
}

function refused(message: string): AttestationError {
  return new AttestationError('ACCEPT_REFUSED', message)
}
