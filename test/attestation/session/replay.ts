import type { AdmittedHost } from '../../../attestation/admit.ts'
import { ed25519PrivateKey } from '../../../attestation/crypto.ts'
import { concatBytes, decodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import {
  type ClientHandshake,
  type ClientLeg,
  dangerouslyCreateHelloFrom,
  type Payer
} from '../../../attestation/session/client-handshake.ts'
import { parseHello } from '../../../attestation/session/hello.ts'
import { signAccept } from '../../../attestation/session/host-handshake.ts'
import { EphemeralKey } from '../../../attestation/session/hpke.ts'
import { helloHash } from '../../../attestation/session/key-schedule.ts'
import { type Keyset, parseKeyset } from '../../../attestation/session/keyset.ts'
import type { HostLeg, Prices } from '../../../attestation/session/leg.ts'
import type { RequestWish } from '../../../attestation/session/request.ts'
import type { Conversations, RecordedAccept, RecordedHost, RecordedSession } from './conversation.ts'

/** Rebuilds both sides of a recorded conversation from its seeds. */
export function bytes(hex: string): Uint8Array {
  return decodeHex(hex)
}

export function keysetOf(host: RecordedHost): Keyset {
  return parseKeyset(encodeUtf8(host.keyset_utf8))
}

export function hostNamed(conversations: Conversations, name: string): RecordedHost {
  return conversations.hosts.find((host) => host.name === name)!
}

/** What an appraisal would have given: these vectors are of the session alone. */
export function appraised(keyset: Keyset, notAfter = keyset.notAfter): AdmittedHost {
  return { keyset, keysetDigest: keyset.digest, notAfter, tee: 'virtual' } as unknown as AdmittedHost
}

export function pricesOf(price: RecordedAccept['fields']['price']): Prices {
  return {
    prompt: BigInt(price.prompt),
    cached: BigInt(price.cached),
    completion: BigInt(price.completion),
    reasoning: BigInt(price.reasoning)
  }
}

export async function ephemeralKeyOf(session: RecordedSession): Promise<EphemeralKey> {
  const publicKey = bytes(session.hello.fields.client_public_key)
  return EphemeralKey.dangerouslyFromSeed(bytes(session.client_xwing_seed), publicKey)
}

export async function clientOf(
  conversations: Conversations,
  session: RecordedSession
): Promise<ClientHandshake<AdmittedHost>> {
  const { fields } = session.hello
  const hosts = fields.digests.map((digest) =>
    appraised(keysetOf(conversations.hosts.find((host) => host.digest === digest)!))
  )
  const secrets = { clientNonce: bytes(fields.client_nonce), ephemeralKey: await ephemeralKeyOf(session) }
  const payer = payerOf(conversations, session)
  const wish = { model: fields.model, ttlSeconds: fields.ttl_seconds, hosts, ...(payer && { payer }) }
  return dangerouslyCreateHelloFrom(secrets, wish, conversations.time.sent)
}

export async function clientLegsOf(
  conversations: Conversations,
  session: RecordedSession
): Promise<readonly ClientLeg<AdmittedHost>[]> {
  using client = await clientOf(conversations, session)
  const byOffer = session.hello.fields.digests.map((digest) => session.accepts.find((a) => a.fields.digest === digest)!)
  return Promise.all(byOffer.map((accept) => client.receiveAccept(acceptMessageOf(accept), conversations.time.now)))
}

export function acceptMessageOf(accept: RecordedAccept) {
  return { accept: bytes(accept.accept), signature: bytes(accept.signature) }
}

/** The host's answer with the `enc` and secret that were recorded. */
export function answerOf(conversations: Conversations, session: RecordedSession, accept: RecordedAccept) {
  const { fields } = accept
  const host = hostNamed(conversations, accept.host)
  const hello = bytes(session.hello.hello)
  return signAccept(
    {
      hello: parseHello(hello),
      th0: helloHash(hello),
      accept: {
        sessionId: bytes(fields.session_id),
        digest: bytes(fields.digest),
        notAfter: fields.not_after,
        replayWindow: fields.replay_window,
        hostNonce: bytes(fields.host_nonce),
        prices: pricesOf(fields.price),
        enc: bytes(fields.enc)
      },
      ss: bytes(accept.ss)
    },
    { keyset: keysetOf(host), sessionKey: ed25519PrivateKey(bytes(host.session_seed)) }
  )
}

export function hostLegOf(conversations: Conversations, session: RecordedSession, name: string): HostLeg {
  return answerOf(conversations, session, session.accepts.find((accept) => accept.host === name)!).leg
}

export function wishOf(session: RecordedSession): RequestWish {
  const fields = session.request.meta_fields
  return {
    n: fields.n,
    stream: fields.stream,
    deadline: fields.deadline,
    outputLimit: fields.output_limit,
    cadenceMs: fields.cadence_ms,
    maxPrice: BigInt(fields.max_price),
    affinity: bytes(fields.affinity),
    model: fields.model
  }
}

function payerOf(conversations: Conversations, session: RecordedSession): Payer | undefined {
  const { payer } = session.hello.fields
  if (!payer) return undefined
  const escrow = concatBytes(Uint8Array.of(payer.escrow_workchain & 0xff), bytes(payer.escrow_hash))
  return { escrow, voucherKey: ed25519PrivateKey(bytes(conversations.voucher_seed)) }
}
