import { ed25519PrivateKey, ed25519PublicBytes, signEd25519 } from '../../../attestation/crypto.ts'
import { concatBytes, decodeHex, decodeUtf8, encodeHex as hex, encodeUtf8, lengthPrefixed } from '../../../attestation/encoding.ts'
import { type CacheScope, cacheSalt } from '../../../attestation/session/cache-salt.ts'
import { encodeHello, type HelloFields } from '../../../attestation/session/hello.ts'
import { signAccept } from '../../../attestation/session/host-handshake.ts'
import { EphemeralKey, encapsulate } from '../../../attestation/session/hpke.ts'
import * as schedule from '../../../attestation/session/key-schedule.ts'
import { challengeNonce, encodeChallenge, encodeKeyset, gpuNonce, parseKeyset, reportData, reportDataStatement } from '../../../attestation/session/keyset.ts'
import { paddedSize } from '../../../attestation/session/padding.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import type { Conversations, RecordedAccept, RecordedHost, RecordedSession } from '../../attestation/session/conversation.ts'
import { nonce, recordRequest, recordResponse, usageStatement } from './record-exchange.ts'
import { recordLink } from './record-link.ts'
import { MODEL, NOW, SENT, seed } from './seeds.ts'
import { xwingPublicKey } from './xwing.ts'

/** `before` is the file as it was: its `enc` values are kept. */
export async function recordConversations(before: Conversations | undefined): Promise<Conversations> {
  const hosts = ['host1', 'host2'].map(recordHost)
  const sessions = [
    await recordSession(plan('with_payer', hosts, true), before),
    await recordSession(plan('without_payer', [...hosts].reverse(), false), before)
  ]
  const voucher = ed25519PublicBytes(ed25519PrivateKey(seed('voucher')))
  return {
    protocol: 'bombyx-session/1',
    link_protocol: 'bombyx-link/1',
    time: { sent: SENT, now: NOW },
    voucher_seed: hex(seed('voucher')),
    voucher_public_key: hex(voucher),
    hosts,
    sessions,
    cache_salt: recordCacheSalt(sessions),
    link: recordLink(hosts, sessions[0] as RecordedSession),
    nonce_examples: [0, 1, 255, 256, 65_536, 2 ** 32 - 1].map((j) => ({ iv: hex(seed('iv').slice(0, 12)), j, nonce: nonce(seed('iv').slice(0, 12), j) })),
    lp_examples: ['', 'bombyx'].map((x) => ({ x: hex(encodeUtf8(x)), lp: hex(lengthPrefixed(encodeUtf8(x))) })),
    padding: [0, 1024, 1025, 1281, 1537, 1793, 2049, 2561, 3073, 3585, 4097, 65_537, 1_000_000, 67_108_864].map((length) => ({
      length,
      padded: paddedSize(length)
    }))
  } as Conversations
}

interface Plan {
  readonly name: string
  readonly hosts: readonly RecordedHost[]
  readonly paid: boolean
  readonly ttlSeconds: number
  readonly seed: (label: string) => Uint8Array
}

function plan(name: string, hosts: readonly RecordedHost[], paid: boolean): Plan {
  return { name, hosts, paid, ttlSeconds: paid ? 3600 : 600, seed: (label) => seed(`${name} ${label}`) }
}

function recordHost(name: string): RecordedHost {
  const [sessionSeed, receiptSeed] = [seed(`${name} session key`), seed(`${name} receipt key`)]
  const sessionKey = ed25519PublicBytes(ed25519PrivateKey(sessionSeed))
  const receiptKey = ed25519PublicBytes(ed25519PrivateKey(receiptSeed))
  const epoch = seed(`${name} epoch`).slice(0, 16)
  const bytes = encodeKeyset({
    epoch,
    subject: `bombyx:host:${hex(seed(`${name} subject`).slice(0, 16))}`,
    model: { id: MODEL, engine: 'vllm', weights: seed('weights') },
    notAfter: SENT + 86_400,
    sessionKeys: [{ keyId: 's1', publicKey: sessionKey }],
    receiptKeys: [{ keyId: 'r1', publicKey: receiptKey }],
    gpus: [{ arch: 'HOPPER', certificateSha256: seed(`${name} gpu`) }],
    switches: [],
    tlsKeys: [seed(`${name} tls`)]
  })
  const { digest } = parseKeyset(bytes)
  const beacon = name === 'host1' ? { network: -3, seqno: 41_000_001, genUtime: SENT - 60, rootHash: seed('block') } : NO_BEACON
  const challenge = { random: seed(`${name} challenge`), ...beacon }
  const nonce = challengeNonce(challenge)
  return {
    name,
    session_seed: hex(sessionSeed),
    receipt_seed: hex(receiptSeed),
    session_public_key: hex(sessionKey),
    receipt_public_key: hex(receiptKey),
    epoch: hex(epoch),
    keyset_utf8: decodeUtf8(bytes),
    keyset_bytes: hex(bytes),
    digest: hex(digest),
    keyset_digest: `sha256:${hex(digest)}`,
    challenge: {
      random: hex(challenge.random),
      network: challenge.network,
      seqno: challenge.seqno,
      root_hash: hex(challenge.rootHash),
      gen_utime: challenge.genUtime,
      preimage: hex(encodeChallenge(challenge)),
      nonce: hex(nonce)
    },
    statement_utf8: decodeUtf8(reportDataStatement(digest, nonce)),
    report_data: hex(reportData(digest, nonce)),
    gpu_nonce: hex(gpuNonce(digest, nonce))
  }
}

const NO_BEACON = { network: 0, seqno: 0, genUtime: 0, rootHash: new Uint8Array(32) }

async function recordSession(plan: Plan, before: Conversations | undefined): Promise<RecordedSession> {
  const xwingSeed = plan.seed('client key')
  const fields = helloFields(plan, xwingPublicKey(xwingSeed))
  const hello = encodeHello(fields)
  const th0 = schedule.helloHash(hello)
  const sessionId = schedule.sessionIdOf(th0)
  const known = before?.sessions.find((session) => session.name === plan.name)
  using key = await EphemeralKey.dangerouslyFromSeed(xwingSeed, fields.clientPublicKey)
  const accepts: RecordedAccept[] = []
  for (const host of plan.hosts) {
    const kept = known?.hello.hello === hex(hello) ? known.accepts.find((accept) => accept.host === host.name) : undefined
    const enc = kept ? decodeHex(kept.fields.enc) : (await encapsulate(fields.clientPublicKey, th0)).enc
    accepts.push(recordAccept({ plan, host, fields, th0, enc, ss: await key.receive(enc, th0) }))
  }
  const recordedHello = recordHello(plan, fields, hello)
  const tenant = decodeHex(recordedHello.tenant_pseudonym)
  const exchange = { ...plan, accepts, sessionId, tenant }
  const request = recordRequest(exchange)
  const responders = plan.paid ? [...plan.hosts].reverse() : plan.hosts.slice(-1)
  const counts = { prompt: 12, cached: 0, completion: 1, reasoning: 0 }
  const host1 = plan.hosts.find((host) => host.name === 'host1') as RecordedHost
  const finish = plan.paid ? 'cancelled' : 'failed'
  return {
    name: plan.name,
    client_xwing_seed: hex(xwingSeed),
    hello: recordedHello,
    hpke_info: hex(schedule.hpkeInfo(th0)),
    accepts,
    request,
    responses: responders.map((host) => recordResponse(exchange, request, host)),
    unanswered: { host: 'host1', usage_statement_utf8: usageStatement(exchange, host1, { finish, counts, receipt: null, seq: 2 }) }
  }
}

function helloFields(plan: Plan, clientPublicKey: Uint8Array): HelloFields {
  const escrow = concatBytes(Uint8Array.of(0xff), plan.seed('escrow'))
  const voucherKey = ed25519PublicBytes(ed25519PrivateKey(seed('voucher')))
  return {
    clientNonce: plan.seed('client nonce'),
    ttlSeconds: plan.ttlSeconds,
    model: MODEL,
    digests: plan.hosts.map((host) => decodeHex(host.digest)),
    clientPublicKey,
    payer: plan.paid ? { escrow, voucherKey } : undefined
  }
}

function recordHello(plan: Plan, fields: HelloFields, hello: Uint8Array): RecordedSession['hello'] {
  const th0 = schedule.helloHash(hello)
  const sessionId = schedule.sessionIdOf(th0)
  const message = schedule.payerMessage(th0)
  const signature = signEd25519(ed25519PrivateKey(seed('voucher')), message)
  const grpc = bombyxV1.Relay.service.OpenSession.requestSerialize(plan.paid ? { hello, payerSignature: signature } : { hello })
  return {
    fields: {
      kem: 0x647a,
      aead: 3,
      client_nonce: hex(fields.clientNonce),
      ttl_seconds: fields.ttlSeconds,
      model: fields.model,
      digests: fields.digests.map(hex),
      client_public_key: hex(fields.clientPublicKey),
      payer: fields.payer
        ? { escrow_workchain: -1, escrow_hash: hex(fields.payer.escrow.slice(1)), voucher_public_key: hex(fields.payer.voucherKey) }
        : null
    },
    hello: hex(hello),
    th0: hex(th0),
    session_id: hex(sessionId),
    tenant_pseudonym: hex(schedule.tenantPseudonym(fields.payer?.voucherKey ?? sessionId)),
    ...(plan.paid && { payer_signed_message: hex(message), payer_signature: hex(signature) }),
    grpc_message: hex(grpc)
  }
}

interface AcceptPlan {
  readonly plan: Plan
  readonly host: RecordedHost
  readonly fields: HelloFields
  readonly th0: Uint8Array
  readonly enc: Uint8Array
  readonly ss: Uint8Array
}

function recordAccept({ plan, host, fields, th0, enc, ss }: AcceptPlan): RecordedAccept {
  const price = { prompt: 30_000_000 + host.name.length, cached: 7_500_000, completion: 120_000_001, reasoning: 120_000_001 }
  const accept = {
    sessionId: schedule.sessionIdOf(th0),
    digest: decodeHex(host.digest),
    notAfter: SENT + plan.ttlSeconds,
    replayWindow: plan.paid ? 16_384 : 64,
    hostNonce: plan.seed(`${host.name} nonce`),
    prices: { prompt: BigInt(price.prompt), cached: BigInt(price.cached), completion: BigInt(price.completion), reasoning: BigInt(price.reasoning) },
    enc
  }
  const secret = hex(ss)
  const keys = { keyset: parseKeyset(encodeUtf8(host.keyset_utf8)), sessionKey: ed25519PrivateKey(decodeHex(host.session_seed)) }
  const { message } = signAccept({ hello: fields, th0, accept, ss }, keys)
  const th1 = schedule.acceptHash(th0, message.accept)
  return {
    host: host.name,
    fields: {
      session_id: hex(accept.sessionId),
      digest: host.digest,
      not_after: accept.notAfter,
      replay_window: accept.replayWindow,
      host_nonce: hex(accept.hostNonce),
      price,
      enc: hex(enc)
    },
    accept: hex(message.accept),
    th1: hex(th1),
    signed_message: hex(schedule.acceptMessage(th1)),
    signature: hex(message.signature),
    grpc_message: hex(acceptProtobuf(message)),
    ss: secret,
    leg: hex(schedule.legSecret(th1, decodeHex(secret)))
  }
}

/** The message alone, out of the event that carries it: a tag and a two-byte length come before. */
function acceptProtobuf(accept: { readonly accept: Uint8Array; readonly signature: Uint8Array }): Uint8Array {
  return bombyxV1.Relay.service.OpenSession.responseSerialize({ accept, event: 'accept' }).subarray(3)
}

function recordCacheSalt(sessions: readonly RecordedSession[]): Conversations['cache_salt'] {
  const [payer, none] = sessions.map(({ hello }) => ({ tenant: decodeHex(hello.tenant_pseudonym), sessionId: decodeHex(hello.session_id) }))
  const salt = (scope: CacheScope) => ({ value: cacheSalt(seed('guest'), scope) })
  if (!payer || !none) throw new TypeError('two sessions are recorded')
  return {
    guest_random: hex(seed('guest')),
    session_scope: salt({ kind: 'session', ...payer }),
    tenant_scope: salt({ kind: 'tenant', tenant: payer.tenant }),
    no_payer: salt({ kind: 'session', ...none })
  }
}
