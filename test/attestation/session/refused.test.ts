import { expect, it } from 'vitest'
import { ed25519PrivateKey, sha256 } from '../../../attestation/crypto.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { verifyReceipt } from '../../../attestation/receipt/receipt.ts'
import { verifyUsage } from '../../../attestation/receipt/usage.ts'
import { parseFrames } from '../../../attestation/session/frames.ts'
import { acceptHello } from '../../../attestation/session/handshake.ts'
import { parseKeyset } from '../../../attestation/session/keyset.ts'
import { openRequest } from '../../../attestation/session/request.ts'
import { AnswerOpener } from '../../../attestation/session/response.ts'
import { type RecordedSession, readOwnConversations } from './conversation.ts'
import { type RefusalKind, type RefusalOf, readRefusals } from './refusal.ts'
import { bytes, clientOf, hostLegOf, hostNamed, keysetOf, pricesOf } from './replay.ts'

const conversations = readOwnConversations()

/** What a reader of each kind of message does with it. */
const READERS: { readonly [K in RefusalKind]: (refusal: RefusalOf<K>) => unknown } = {
  hello: (refusal) => {
    const host = hostNamed(conversations, refusal.host)
    const { price } = conversations.sessions[0]!.accepts[0]!.fields
    const message = { hello: bytes(refusal.hello), payerSignature: bytes(refusal.payer_signature) }
    return acceptHello(message, {
      keyset: keysetOf(host),
      sessionKey: ed25519PrivateKey(bytes(host.session_seed)),
      prices: pricesOf(price),
      replayWindow: 64,
      now: refusal.now,
      maxNotAfter: refusal.now + 3600
    })
  },
  accept: async (refusal) => {
    using client = await clientOf(conversations, sessionNamed(refusal.session))
    return await client.receiveAccept(
      { accept: bytes(refusal.accept), signature: bytes(refusal.signature) },
      refusal.now
    )
  },
  request: (refusal) => {
    const leg = hostLegOf(conversations, sessionNamed(refusal.session), refusal.host)
    for (const n of refusal.spent) leg.replay.spend(n)
    const opener = openRequest(leg, bytes(refusal.meta), bytes(refusal.wrap), refusal.now)
    for (const { sealed, final } of refusal.chunks) opener.open(bytes(sealed), final)
    return opener.end()
  },
  answer: (refusal) => {
    const { request, responses } = sessionNamed(refusal.session)
    const { reply } = responses.find((one) => one.host === refusal.host)!
    const digest = bytes(hostNamed(conversations, refusal.host).digest)
    const binding = { thm: bytes(request.thm), salt: bytes(refusal.salt), digest, requestHash: bytes(request.req) }
    const opener = new AnswerOpener(bytes(reply), binding, () => {})
    for (const { sealed, final } of refusal.chunks) opener.open(bytes(sealed), final)
    return opener.end()
  },
  receipt: (refusal) => {
    const { request, responses, hello } = sessionNamed(refusal.session)
    const response = responses.find((one) => one.host === refusal.host)!
    return verifyReceipt(encodeUtf8(refusal.receipt_utf8), {
      keyset: keysetOf(hostNamed(conversations, refusal.host)),
      sessionId: bytes(hello.session_id),
      n: request.meta_fields.n,
      requestContentHash: sha256(encodeUtf8(request.body_utf8)),
      responseContentHash: sha256(encodeUtf8(response.content_utf8))
    })
  },
  usage: (refusal) => verifyUsage(encodeUtf8(refusal.usage_utf8), keysetOf(hostNamed(conversations, refusal.host))),
  keyset: (refusal) => parseKeyset(encodeUtf8(refusal.keyset_utf8)),
  frames: (refusal) => parseFrames(bytes(refusal.batch))
}

it.each(readRefusals())('refuses %s', async (_, refusal) => {
  const read = READERS[refusal.kind] as (refusal: unknown) => unknown
  const outcome = await Promise.resolve()
    .then(() => read(refusal))
    .then(
      () => 'accepted',
      (error: unknown) => (error instanceof AttestationError ? error.code : error)
    )
  expect(outcome).toBe(refusal.code)
})

function sessionNamed(name: string): RecordedSession {
  return conversations.sessions.find((session) => session.name === name)!
}
