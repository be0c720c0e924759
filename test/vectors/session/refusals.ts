import { ed25519PrivateKey } from '../../../attestation/crypto.ts'
import { concatBytes, decodeHex, decodeUtf8, encodeHex as hex, encodeUtf8, uint16 } from '../../../attestation/encoding.ts'
import type { AttestationErrorCode } from '../../../attestation/errors.ts'
import { parseReceipt, signReceipt } from '../../../attestation/receipt/receipt.ts'
import { parseUsage, signUsage } from '../../../attestation/receipt/usage.ts'
import { type AcceptFields, parseAccept } from '../../../attestation/session/accept.ts'
import { ChunkSealer } from '../../../attestation/session/chunk-stream.ts'
import { encodeHello, type HelloFields, parseHello } from '../../../attestation/session/hello.ts'
import { signAccept } from '../../../attestation/session/host-handshake.ts'
import * as schedule from '../../../attestation/session/key-schedule.ts'
import { parseKeyset } from '../../../attestation/session/keyset.ts'
import { encodeMeta, parseMeta } from '../../../attestation/session/meta.ts'
import { sealWrap } from '../../../attestation/session/wrap.ts'
import { LegSecret } from '../../../attestation/session/leg.ts'
import type { Conversations, RecordedHost, RecordedSession } from '../../attestation/session/conversation.ts'
import type { Refusal, RefusedChunk } from '../../attestation/session/refusal.ts'
import { frameRefusals, keysetRefusals } from './refusals-of-layout.ts'
import { NOW, SENT, seed } from './seeds.ts'

type Named = Refusal & { readonly name: string }

/** One failure each, made from a good message of the conversations; the outcome is the code. */
export function refusals(conversations: Conversations): readonly Named[] {
  const [paid, free] = conversations.sessions as [RecordedSession, RecordedSession]
  const [host1, host2] = conversations.hosts as [RecordedHost, RecordedHost]
  return [
    ...helloRefusals(paid, free, host1),
    ...acceptRefusals(paid, host1),
    ...requestRefusals(paid, host1),
    ...answerRefusals(paid, host1),
    ...receiptRefusals(paid, host1),
    ...usageRefusals(paid, host1, host2),
    ...keysetRefusals(host1),
    ...frameRefusals(conversations)
  ]
}

function helloRefusals(paid: RecordedSession, free: RecordedSession, host: RecordedHost): readonly Named[] {
  const hello = decodeHex(paid.hello.hello)
  const signature = paid.hello.payer_signature ?? ''
  const good = parseHello(hello)
  const refusal = (name: string, code: AttestationErrorCode, bytes: Uint8Array, payer = signature): Named => ({
    name: `hello-${name}`,
    kind: 'hello',
    host: host.name,
    now: NOW,
    hello: hex(bytes),
    payer_signature: payer,
    code
  })
  const other = (fields: Partial<HelloFields>): Uint8Array => encodeHello({ ...good, ...fields })
  const at = (offset: number, bytes: Uint8Array): Uint8Array => replaced(hello, offset, bytes)
  const freeHello = decodeHex(free.hello.hello)
  return [
    refusal('downgraded-kem', 'HELLO_REFUSED', at(1, uint16(0x0020))),
    refusal('other-aead', 'HELLO_REFUSED', at(3, uint16(0x0002))),
    refusal('other-version', 'HELLO_MALFORMED', at(0, Uint8Array.of(2))),
    refusal('truncated', 'HELLO_MALFORMED', hello.slice(0, -1)),
    refusal('extended', 'HELLO_MALFORMED', concatBytes(hello, new Uint8Array(1))),
    refusal('no-time', 'HELLO_MALFORMED', other({ ttlSeconds: 0 })),
    refusal('too-much-time', 'HELLO_MALFORMED', other({ ttlSeconds: 3601 })),
    refusal('digest-twice', 'HELLO_MALFORMED', other({ digests: good.digests.map(() => decodeHex(host.digest)) })),
    refusal('nine-digests', 'HELLO_MALFORMED', other({ digests: Array.from({ length: 9 }, (_, i) => seed(`digest ${i}`)) })),
    refusal('digest-not-offered', 'KEYSET_CHANGED', other({ digests: [seed('another host')] })),
    refusal('other-model', 'HELLO_REFUSED', other({ model: 'another/model' })),
    refusal('payer-signature-of-another-hello', 'HELLO_REFUSED', other({ clientNonce: seed('another nonce') })),
    refusal('payer-without-signature', 'HELLO_REFUSED', hello, ''),
    refusal('signature-without-payer', 'HELLO_REFUSED', freeHello, signature)
  ]
}

function acceptRefusals(session: RecordedSession, host: RecordedHost): readonly Named[] {
  const recorded = session.accepts.find((accept) => accept.host === host.name)!
  const good = decodeHex(recorded.accept)
  const th0 = decodeHex(session.hello.th0)
  const keys = { keyset: parseKeyset(encodeUtf8(host.keyset_utf8)), sessionKey: ed25519PrivateKey(decodeHex(host.session_seed)) }
  const refusal = (name: string, code: AttestationErrorCode, accept: Uint8Array, more: object = {}): Named => ({
    name: `accept-${name}`,
    kind: 'accept',
    session: session.name,
    now: NOW,
    accept: hex(accept),
    signature: recorded.signature,
    code,
    ...more
  })
  const signed = (name: string, fields: Partial<AcceptFields>): Named => {
    const accept = { ...parseAccept(good), ...fields }
    const ss = decodeHex(recorded.ss)
    const { message } = signAccept({ hello: parseHello(decodeHex(session.hello.hello)), th0, accept, ss }, keys)
    return refusal(name, 'ACCEPT_REFUSED', message.accept, { signature: hex(message.signature) })
  }
  const otherSignature = session.accepts.find((accept) => accept.host !== host.name)!.signature
  return [
    refusal('truncated', 'ACCEPT_MALFORMED', good.slice(0, -1)),
    refusal('extended', 'ACCEPT_MALFORMED', concatBytes(good, new Uint8Array(1))),
    refusal('price-of-2-to-53', 'ACCEPT_MALFORMED', replaced(good, 93, decodeHex('0020000000000000'))),
    refusal('digest-not-offered', 'ACCEPT_REFUSED', replaced(good, 17, seed('another host'))),
    refusal('lapsed-keyset', 'KEYSET_LAPSED', good, { now: keys.keyset.notAfter }),
    refusal('wrong-signature', 'ACCEPT_REFUSED', good, { signature: otherSignature }),
    refusal('altered-enc', 'ACCEPT_REFUSED', replaced(good, good.length - 1, Uint8Array.of((good.at(-1) as number) ^ 1))),
    signed('another-session', { sessionId: seed('another session').slice(0, 16) }),
    signed('ended', { notAfter: NOW }),
    signed('outlives-what-was-asked', { notAfter: SENT + 3600 + 61 }),
    signed('outlives-its-keyset', { notAfter: keys.keyset.notAfter + 1 }),
    signed('window-too-small', { replayWindow: 63 }),
    signed('window-too-large', { replayWindow: 65_537 })
  ]
}

function requestRefusals(session: RecordedSession, host: RecordedHost): readonly Named[] {
  const { request } = session
  const leg = session.accepts.find((accept) => accept.host === host.name)!
  const chunks = chunksOf(request.chunks)
  const [own, other] = [true, false].map((mine) => request.wraps.find((wrap) => (wrap.host === host.name) === mine)!.wrap)
  const good = { meta: request.meta, wrap: own as string, now: NOW, spent: [] as number[], chunks }
  const refusal = (name: string, code: AttestationErrorCode, more: Partial<typeof good>): Named => ({
    name: `request-${name}`,
    kind: 'request',
    session: session.name,
    host: host.name,
    ...good,
    ...more,
    code
  })
  const meta = parseMeta(decodeHex(request.meta))
  const resealed = (fields: Partial<typeof meta>): Partial<typeof good> => {
    const bytes = encodeMeta({ ...meta, ...fields })
    const secret = new LegSecret(decodeHex(leg.leg))
    const wrap = sealWrap({ digest: decodeHex(host.digest), secret }, schedule.metaHash(bytes), decodeHex(request.dek)).wrap
    return { meta: hex(bytes), wrap: hex(wrap), chunks: [] }
  }
  const { n } = meta
  const longer = sealed(schedule.requestKeys(decodeHex(request.thm), decodeHex(request.dek)), [meta.inputSize + 1])
  const shorter = sealed(schedule.requestKeys(decodeHex(request.thm), decodeHex(request.dek)), [meta.inputSize - 256])
  return [
    refusal('truncated', 'TRUNCATED', { chunks: chunks.slice(0, -1) }),
    refusal('reordered', 'UNSEAL_FAILED', { chunks: [chunks[1]!, chunks[0]!, ...chunks.slice(2)] }),
    refusal('chunk-twice', 'UNSEAL_FAILED', { chunks: [chunks[0]!, ...chunks] }),
    refusal('ended-early', 'UNSEAL_FAILED', { chunks: [{ ...chunks[0]!, final: true }] }),
    refusal('end-as-middle', 'UNSEAL_FAILED', { chunks: chunks.map((chunk) => ({ ...chunk, final: false })) }),
    refusal('chunk-after-the-end', 'UNSEAL_FAILED', { chunks: [...chunks, chunks[0]!] }),
    refusal('larger-than-meta', 'TOO_LARGE', { chunks: longer }),
    refusal('smaller-than-meta', 'REQUEST_MALFORMED', { chunks: shorter }),
    refusal('other-meta', 'UNSEAL_FAILED', { meta: hex(encodeMeta({ ...meta, outputLimit: meta.outputLimit + 1 })) }),
    refusal('other-legs-wrap', 'UNSEAL_FAILED', { wrap: other as string }),
    refusal('cut-wrap', 'UNSEAL_FAILED', { wrap: (own as string).slice(2) }),
    refusal('replayed', 'REPLAYED', { spent: [n] }),
    refusal('below-the-window', 'REPLAYED', { spent: [n + leg.fields.replay_window] }),
    refusal('deadline-passed', 'DEADLINE_PASSED', { now: meta.deadline }),
    refusal('deadline-too-far', 'DEADLINE_PASSED', resealed({ deadline: NOW + 901 })),
    refusal('lapsed-leg', 'SESSION_EXPIRED', { now: leg.fields.not_after }),
    refusal('other-session', 'SESSION_UNKNOWN', resealed({ sessionId: seed('another session').slice(0, 16) })),
    refusal('unknown-flag', 'REQUEST_MALFORMED', { meta: hex(replaced(decodeHex(request.meta), 25, Uint8Array.of(3))) }),
    refusal('unpadded-size', 'REQUEST_MALFORMED', { meta: hex(encodeMeta({ ...meta, inputSize: 2559 })) })
  ]
}

function answerRefusals(session: RecordedSession, host: RecordedHost): readonly Named[] {
  const response = session.responses.find((one) => one.host === host.name)!
  const others = session.responses.find((one) => one.host !== host.name)!
  const chunks = chunksOf(response.chunks)
  const good = { salt: response.salt, chunks }
  const refusal = (name: string, code: AttestationErrorCode, more: Partial<typeof good>): Named => ({
    name: `answer-${name}`,
    kind: 'answer',
    session: session.name,
    host: host.name,
    ...good,
    ...more,
    code
  })
  const cut = { ...chunks[0]!, sealed: chunks[0]!.sealed.slice(0, -2) }
  return [
    refusal('truncated', 'TRUNCATED', { chunks: chunks.slice(0, -1) }),
    refusal('empty', 'TRUNCATED', { chunks: [] }),
    refusal('reordered', 'UNSEAL_FAILED', { chunks: [chunks[1]!, chunks[0]!, ...chunks.slice(2)] }),
    refusal('chunk-twice', 'UNSEAL_FAILED', { chunks: [chunks[0]!, ...chunks] }),
    refusal('chunk-left-out', 'UNSEAL_FAILED', { chunks: [chunks[0]!, ...chunks.slice(2)] }),
    refusal('ended-early', 'UNSEAL_FAILED', { chunks: [{ ...chunks[0]!, final: true }] }),
    refusal('end-as-middle', 'UNSEAL_FAILED', { chunks: chunks.map((chunk) => ({ ...chunk, final: false })) }),
    refusal('chunk-after-the-end', 'UNSEAL_FAILED', { chunks: [...chunks, chunks[0]!] }),
    refusal('cut-chunk', 'UNSEAL_FAILED', { chunks: [cut, ...chunks.slice(1)] }),
    refusal('other-salt', 'UNSEAL_FAILED', { salt: others.salt }),
    refusal('of-another-leg', 'UNSEAL_FAILED', { salt: others.salt, chunks: chunksOf(others.chunks) }),
    refusal('of-the-request-itself', 'UNSEAL_FAILED', { chunks: chunksOf(session.request.chunks) })
  ]
}

function receiptRefusals(session: RecordedSession, host: RecordedHost): readonly Named[] {
  const response = session.responses.find((one) => one.host === host.name)!
  const good = parseReceipt(encodeUtf8(response.receipt_utf8))
  const key = ed25519PrivateKey(decodeHex(host.receipt_seed))
  const refusal = (name: string, code: AttestationErrorCode, receipt: string): Named => ({
    name: `receipt-${name}`,
    kind: 'receipt',
    session: session.name,
    host: host.name,
    receipt_utf8: receipt,
    code
  })
  const signed = (name: string, fields: Partial<typeof good>): Named =>
    refusal(name, 'RECEIPT_REFUSED', decodeUtf8(signReceipt({ ...good, ...fields }, key)))
  const bySessionKey = signReceipt(good, ed25519PrivateKey(decodeHex(host.session_seed)))
  const text = response.receipt_utf8
  return [
    refusal('wrong-signature', 'RECEIPT_REFUSED', decodeUtf8(bySessionKey)),
    refusal('altered', 'RECEIPT_REFUSED', text.replace('"completion_tokens":7', '"completion_tokens":6')),
    refusal('not-canonical', 'RECEIPT_MALFORMED', text.replace(',"method"', ', "method"')),
    refusal('without-an-event', 'RECEIPT_MALFORMED', text.replace('{"log_index":7,"type":"attestation"},', '')),
    refusal('without-signature', 'RECEIPT_MALFORMED', text.replace(/"signature":"[0-9a-f]*",/, '')),
    signed('unknown-key', { keyId: 'r2' }),
    signed('another-keyset', { keysetDigest: seed('another host') }),
    signed('another-session', { sessionId: seed('another session').slice(0, 16) }),
    signed('another-request', { n: good.n + 1 }),
    signed('another-request-received', { receivedHash: seed('another body') }),
    signed('another-answer-returned', { returnedHash: seed('another body') })
  ]
}

function usageRefusals(session: RecordedSession, host: RecordedHost, other: RecordedHost): readonly Named[] {
  const text = session.unanswered.usage_statement_utf8
  const good = parseUsage(encodeUtf8(text))
  const key = ed25519PrivateKey(decodeHex(host.receipt_seed))
  const refusal = (name: string, code: AttestationErrorCode, usage: string, of = host.name): Named => ({
    name: `usage-${name}`,
    kind: 'usage',
    host: of,
    usage_utf8: usage,
    code
  })
  const signed = (name: string, fields: Partial<typeof good>): Named =>
    refusal(name, 'USAGE_REFUSED', decodeUtf8(signUsage({ ...good, ...fields }, key)))
  return [
    refusal('altered', 'USAGE_REFUSED', text.replace('"prompt_tokens":12', '"prompt_tokens":13')),
    refusal('wrong-signature', 'USAGE_REFUSED', decodeUtf8(signUsage(good, ed25519PrivateKey(seed('nobody'))))),
    refusal('another-host', 'USAGE_REFUSED', text, other.name),
    refusal('unknown-finish', 'USAGE_MALFORMED', text.replace('"cancelled"', '"abandoned"')),
    refusal('price-of-2-to-53', 'USAGE_MALFORMED', text.replace(/"price":\d+/, '"price":9007199254740992')),
    refusal('seq-0', 'USAGE_MALFORMED', text.replace(/"seq":\d+/, '"seq":0')),
    signed('another-epoch', { epoch: seed('another epoch').slice(0, 16) }),
    signed('another-model', { model: 'another/model' })
  ]
}

function chunksOf(chunks: readonly string[]): readonly RefusedChunk[] {
  return chunks.map((sealed, j) => ({ sealed, final: j === chunks.length - 1 }))
}

function sealed(keys: Uint8Array, sizes: readonly number[]): readonly RefusedChunk[] {
  const sealer = new ChunkSealer(keys)
  return chunksOf(sizes.map((size, j) => hex(sealer.seal(new Uint8Array(size), j === sizes.length - 1))))
}

function replaced(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  return concatBytes(bytes.subarray(0, at), by, bytes.subarray(at + by.byteLength))
}
