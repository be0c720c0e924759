import {
  ed25519PublicBytes,
  equalBytes,
  erase,
  type PrivateKey,
  randomBytes,
  signEd25519,
  verifyEd25519
} from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import { type AcceptFields, encodeAccept } from './accept.ts'
import type { AcceptMessage, HelloMessage } from './handshake.ts'
import { type HelloFields, parseHello } from './hello.ts'
import { encapsulate } from './hpke.ts'
import {
  acceptHash,
  acceptMessage,
  helloHash,
  legSecret,
  payerMessage,
  sessionIdOf,
  tenantPseudonym
} from './key-schedule.ts'
import type { Keyset } from './keyset.ts'
import { type HostLeg, LegSecret, type Prices } from './leg.ts'
import { MAX_REPLAY_WINDOW, MIN_REPLAY_WINDOW, ReplayWindow } from './replay-window.ts'

/** What a host answers hellos with. */
export interface HostKeys {
  readonly keyset: Keyset
  /** The private half of the keyset's one session key. */
  readonly sessionKey: PrivateKey
  readonly prices: Prices
  /** 64..65536. */
  readonly replayWindow: number
  /** Unix seconds, from a clock that never runs behind the monotonic one. */
  readonly now: number
  /** Unix seconds: no leg outlives it. */
  readonly maxNotAfter: number
}

/**
 * Answers a hello as one host, in this order:
 *
 * 1. the hello's layout and suite;
 * 2. it offers this host's digest and names the model that the keyset serves;
 * 3. the payer's signature where it names a payer, and none where it does not;
 * 4. something is left of the keyset's life.
 *
 * Refuses with HELLO_MALFORMED, KEYSET_CHANGED (the digest is not offered), HELLO_REFUSED or KEYSET_LAPSED.
 */
export async function acceptHello(
  message: HelloMessage,
  host: HostKeys
): Promise<{ readonly message: AcceptMessage; readonly leg: HostLeg }> {
  checkHostKeys(host)
  const hello = parseHello(message.hello)
  const th0 = helloHash(message.hello)
  checkOffer(hello, host.keyset)
  checkPayer(hello, message.payerSignature, th0)
  const notAfter = Math.min(host.now + hello.ttlSeconds, host.keyset.notAfter, host.maxNotAfter)
  if (notAfter <= host.now) throw new AttestationError('KEYSET_LAPSED', 'nothing is left of the keyset’s life')
  const { enc, ss } = await encapsulateTo(hello.clientPublicKey, th0)
  const accept: AcceptFields = {
    sessionId: sessionIdOf(th0),
    digest: host.keyset.digest,
    notAfter,
    replayWindow: host.replayWindow,
    hostNonce: randomBytes(32),
    prices: host.prices,
    enc
  }
  return signAccept({ hello, th0, accept, ss }, host)
}

/** All that one answer is made of, before it is encoded and signed. */
export interface AcceptParts {
  readonly hello: HelloFields
  readonly th0: Uint8Array
  readonly accept: AcceptFields
  /** Taken over, and erased. */
  readonly ss: Uint8Array
}

/** Encodes and signs an answer and makes its leg; deterministic, so that vectors can record `enc` and `ss`. */
export function signAccept(
  parts: AcceptParts,
  host: Pick<HostKeys, 'keyset' | 'sessionKey'>
): { readonly message: AcceptMessage; readonly leg: HostLeg } {
  const { hello, th0, accept, ss } = parts
  const bytes = encodeAccept(accept)
  const th1 = acceptHash(th0, bytes)
  const signature = signEd25519(host.sessionKey, acceptMessage(th1))
  const secret = new LegSecret(legSecret(th1, ss))
  erase(ss)
  const leg: HostLeg = {
    sessionId: accept.sessionId,
    digest: accept.digest,
    model: hello.model,
    notAfter: accept.notAfter,
    prices: accept.prices,
    tenant: tenantPseudonym(hello.payer?.voucherKey ?? accept.sessionId),
    payer: hello.payer,
    replay: new ReplayWindow(accept.replayWindow),
    secret,
    [Symbol.dispose]: () => secret[Symbol.dispose]()
  }
  return { message: { accept: bytes, signature }, leg }
}

function checkHostKeys(host: HostKeys): void {
  if (host.replayWindow < MIN_REPLAY_WINDOW || host.replayWindow > MAX_REPLAY_WINDOW) {
    throw new TypeError(`a replay window of ${host.replayWindow}`)
  }
  const [sessionKey, ...more] = host.keyset.sessionKeys
  if (sessionKey === undefined || more.length > 0) throw new TypeError('a keyset has one session key')
  if (!equalBytes(sessionKey.publicKey, ed25519PublicBytes(host.sessionKey))) {
    throw new TypeError('the session key is not the keyset’s')
  }
}

function checkOffer(hello: HelloFields, keyset: Keyset): void {
  if (!hello.digests.some((digest) => equalBytes(digest, keyset.digest))) {
    throw new AttestationError('KEYSET_CHANGED', 'the hello does not offer this keyset')
  }
  if (hello.model !== keyset.model.id) throw new AttestationError('HELLO_REFUSED', 'not the model served here')
}

function checkPayer(hello: HelloFields, signature: Uint8Array, th0: Uint8Array): void {
  const proven =
    hello.payer === undefined
      ? signature.byteLength === 0
      : verifyEd25519(hello.payer.voucherKey, payerMessage(th0), signature)
  if (!proven) throw new AttestationError('HELLO_REFUSED', 'payer signature does not fit the hello')
}

async function encapsulateTo(clientPublicKey: Uint8Array, th0: Uint8Array) {
  try {
    return await encapsulate(clientPublicKey, th0)
  } catch (cause) {
    throw new AttestationError('HELLO_REFUSED', 'nothing can be encapsulated to the client’s key', { cause })
  }
}
