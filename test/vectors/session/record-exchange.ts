import { ed25519PrivateKey, sha256 } from '../../../attestation/crypto.ts'
import { concatBytes, decodeHex, decodeUtf8, encodeBase64, encodeHex as hex, encodeUtf8, lengthPrefixed } from '../../../attestation/encoding.ts'
import { RECEIPT_TRAILER, signReceipt } from '../../../attestation/receipt/receipt.ts'
import { priceOf, signUsage, type TokenCounts, type UsageFinish } from '../../../attestation/receipt/usage.ts'
import { type BhttpResponseHead, encodeBhttpRequest, encodeBhttpResponse } from '../../../attestation/session/bhttp.ts'
import { BhttpResponseReader } from '../../../attestation/session/bhttp-response-reader.ts'
import { cacheSalt } from '../../../attestation/session/cache-salt.ts'
import { ChunkSealer, writeChunkNonce } from '../../../attestation/session/chunk-stream.ts'
import * as schedule from '../../../attestation/session/key-schedule.ts'
import { LegSecret } from '../../../attestation/session/leg.ts'
import { affinityOf, encodeMeta } from '../../../attestation/session/meta.ts'
import { padZero } from '../../../attestation/session/padding.ts'
import { SseSealer } from '../../../attestation/session/sse-seal.ts'
import { sealWrap } from '../../../attestation/session/wrap.ts'
import type { RecordedAccept, RecordedHost, RecordedResponse, RecordedSession } from '../../attestation/session/conversation.ts'
import { MODEL, NOW, seed } from './seeds.ts'

export interface Exchange {
  readonly name: string
  readonly paid: boolean
  readonly seed: (label: string) => Uint8Array
  readonly hosts: readonly RecordedHost[]
  readonly accepts: readonly RecordedAccept[]
  readonly sessionId: Uint8Array
  readonly tenant: Uint8Array
}

const COUNTS: TokenCounts = { prompt: 41, cached: 16, completion: 7, reasoning: 2 }
const CHUNK = 1024

export function recordRequest(exchange: Exchange): RecordedSession['request'] {
  const { paid } = exchange
  const text = paid ? `Say it again. ${'The moth does not feed. '.repeat(90)}` : 'Which moth?'
  const body = JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: text }], ...(paid && { stream: true }) })
  const scope = paid ? [['bombyx-cache', 'tenant'] as const] : []
  const headers = [['content-type', 'application/json'] as const, ...scope]
  const bhttp = encodeBhttpRequest({ method: 'POST', path: '/v1/chat/completions', headers, content: encodeUtf8(body) })
  const padded = padZero(bhttp)
  const [affinityKey, prefix] = [exchange.seed('affinity'), 'Say it again.']
  const fields = {
    sessionId: exchange.sessionId,
    n: paid ? 2 ** 40 + 5 : 0,
    stream: paid,
    deadline: NOW + 120,
    inputSize: padded.byteLength,
    outputLimit: paid ? 256 : 0,
    cadenceMs: paid ? 20 : 0,
    maxPrice: paid ? 9_000_000n : 0n,
    affinity: paid ? affinityOf(affinityKey, encodeUtf8(prefix)) : new Uint8Array(8),
    model: MODEL
  }
  const meta = encodeMeta(fields)
  const thm = schedule.metaHash(meta)
  const dek = exchange.seed('dek')
  const keys = schedule.requestKeys(thm, dek)
  const iv = keys.slice(32)
  const plaintexts = cut(padded, CHUNK)
  const chunks = sealAll(keys.slice(), plaintexts)
  return {
    affinity_key: hex(affinityKey),
    affinity_prefix_utf8: prefix,
    meta_fields: {
      session_id: hex(fields.sessionId),
      n: fields.n,
      stream: fields.stream,
      deadline: fields.deadline,
      input_size: fields.inputSize,
      output_limit: fields.outputLimit,
      cadence_ms: fields.cadenceMs,
      max_price: Number(fields.maxPrice),
      affinity: hex(fields.affinity),
      model: fields.model
    },
    meta: hex(meta),
    thm: hex(thm),
    dek: hex(dek),
    wraps: exchange.accepts.map((accept) => ({
      host: accept.host,
      digest: accept.fields.digest,
      wrap_key: hex(schedule.wrapKey(decodeHex(accept.leg), thm)),
      wrap: hex(sealWrap({ digest: decodeHex(accept.fields.digest), secret: new LegSecret(decodeHex(accept.leg)) }, thm, dek).wrap)
    })),
    body_utf8: body,
    forwarded_body_utf8: JSON.stringify({ ...JSON.parse(body), cache_salt: saltOf(exchange) }),
    bhttp: hex(bhttp),
    padded: hex(padded),
    k: hex(keys.slice(0, 32)),
    iv: hex(iv),
    nonces: plaintexts.map((_, j) => nonce(iv, j)),
    plaintexts: plaintexts.map(hex),
    chunks: chunks.map(hex),
    req: hex(sha256(...chunks.map(lengthPrefixed)))
  }
}

export function nonce(iv: Uint8Array, j: number): string {
  const made = new Uint8Array(12)
  writeChunkNonce(made, iv, j)
  return hex(made)
}

export function recordResponse(exchange: Exchange, request: RecordedSession['request'], host: RecordedHost): RecordedResponse {
  const accept = exchange.accepts.find((one) => one.host === host.name) as RecordedAccept
  const salt = exchange.seed(`${host.name} response salt`)
  const thm = decodeHex(request.thm)
  const reply = schedule.replyKey(decodeHex(accept.leg), thm)
  const binding = { thm, salt, digest: decodeHex(host.digest), requestHash: decodeHex(request.req) }
  const keys = schedule.responseKeys(reply, binding)
  let receipt = new Uint8Array(0)
  const trailers = (contentHash: Uint8Array) => {
    receipt = new Uint8Array(signedReceipt({ exchange, request, host, returnedHash: contentHash }))
    return [[RECEIPT_TRAILER, encodeBase64(receipt)] as const]
  }
  const plaintexts = exchange.paid ? sseAnswer(trailers) : wholeAnswer(trailers)
  return {
    host: host.name,
    salt: hex(salt),
    reply: hex(reply),
    k: hex(keys.slice(0, 32)),
    iv: hex(keys.slice(32)),
    plaintexts: plaintexts.map(hex),
    chunks: sealAll(keys, plaintexts).map(hex),
    content_utf8: decodeUtf8(contentOf(plaintexts)),
    receipt_utf8: decodeUtf8(receipt),
    usage_statement_utf8: usageStatement(exchange, host, { finish: 'complete', counts: COUNTS, receipt, seq: 1 })
  }
}

export interface Finish {
  readonly finish: UsageFinish
  readonly counts: TokenCounts
  readonly receipt: Uint8Array | null
  readonly seq: number
}

export function usageStatement(exchange: Exchange, host: RecordedHost, finish: Finish): string {
  const { price } = (exchange.accepts.find((one) => one.host === host.name) as RecordedAccept).fields
  const prices = {
    prompt: BigInt(price.prompt),
    cached: BigInt(price.cached),
    completion: BigInt(price.completion),
    reasoning: BigInt(price.reasoning)
  }
  const fields = {
    counts: finish.counts,
    durationMs: 433,
    epoch: decodeHex(host.epoch),
    finish: finish.finish,
    keyId: 'r1',
    model: MODEL,
    n: exchange.paid ? 2 ** 40 + 5 : 0,
    price: priceOf(finish.counts, prices),
    receiptHash: finish.receipt && sha256(finish.receipt),
    seq: finish.seq,
    sessionId: exchange.sessionId,
    tenant: exchange.tenant,
    keysetDigest: decodeHex(host.digest)
  }
  return decodeUtf8(signUsage(fields, ed25519PrivateKey(decodeHex(host.receipt_seed))))
}

interface ReceiptParts {
  readonly exchange: Exchange
  readonly request: RecordedSession['request']
  readonly host: RecordedHost
  readonly returnedHash: Uint8Array
}

function signedReceipt({ exchange, request, host, returnedHash }: ReceiptParts): Uint8Array {
  const salt = exchange.seed(`${host.name} receipt salt`)
  const body = encodeUtf8(request.body_utf8)
  const fields = {
    chatId: `chatcmpl-${exchange.name}`,
    endpoint: '/v1/chat/completions',
    method: 'POST',
    model: MODEL,
    keyId: 'r1',
    receiptId: exchange.seed(`${host.name} receipt id`).slice(0, 16),
    servedAt: NOW + 1,
    keysetDigest: decodeHex(host.digest),
    sessionId: exchange.sessionId,
    n: request.meta_fields.n,
    receivedHash: sha256(body),
    forwardedHash: sha256(encodeUtf8(request.forwarded_body_utf8)),
    returnedHash,
    salt,
    requestHash: sha256(salt, body),
    usage: COUNTS,
    logIndex: exchange.paid ? 7 : null
  }
  return signReceipt(fields, ed25519PrivateKey(decodeHex(host.receipt_seed)))
}

type Trailers = (contentHash: Uint8Array) => readonly (readonly [string, string])[]

/** Two events, a tick without one, an event that leaves a gap of one byte, and a last line. */
function sseAnswer(trailers: Trailers): readonly Uint8Array[] {
  const head: BhttpResponseHead = { status: 200, headers: [['content-type', 'text/event-stream']] }
  const sealer = new SseSealer(head)
  const event = (text: string): Uint8Array => encodeUtf8(`data: {"delta":"${text}"}\n\n`)
  sealer.push(event('It '))
  const plaintexts = [...sealer.take(), ...sealer.tick()]
  sealer.push(event('x'.repeat(256 - 1 - 2 - 20)))
  plaintexts.push(...sealer.take())
  sealer.push(encodeUtf8('data: [DONE]\n\n'))
  return [...plaintexts, ...sealer.finish(trailers)]
}

function wholeAnswer(trailers: Trailers): readonly Uint8Array[] {
  const content = encodeUtf8(JSON.stringify({ id: 'chatcmpl-without_payer', choices: [{ text: 'Bombyx mori.' }] }))
  const head: BhttpResponseHead = { status: 200, headers: [['content-type', 'application/json']] }
  return cut(encodeBhttpResponse(head, content, trailers(sha256(content))), CHUNK)
}

function contentOf(plaintexts: readonly Uint8Array[]): Uint8Array {
  const reader = new BhttpResponseReader()
  const parts = plaintexts.flatMap((plaintext) => reader.push(plaintext))
  return concatBytes(...parts.flatMap((part) => (part.kind === 'content' ? [part.bytes] : [])))
}

function sealAll(keys: Uint8Array, plaintexts: readonly Uint8Array[]): readonly Uint8Array[] {
  const sealer = new ChunkSealer(keys)
  return plaintexts.map((plaintext, j) => sealer.seal(plaintext, j === plaintexts.length - 1))
}

function cut(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, j) => bytes.subarray(j * size, (j + 1) * size))
}

function saltOf({ paid, tenant, sessionId }: Exchange): string {
  return cacheSalt(seed('guest'), paid ? { kind: 'tenant', tenant } : { kind: 'session', tenant, sessionId })
}
