import { ByteReader } from '../../../attestation/byte-reader.ts'
import { ed25519PrivateKey } from '../../../attestation/crypto.ts'
import { concatBytes, lengthPrefixed } from '../../../attestation/encoding.ts'
import { parseReceipt, verifyReceipt } from '../../../attestation/receipt/receipt.ts'
import { parseUsage, verifyUsage } from '../../../attestation/receipt/usage.ts'
import { encodeAccept, parseAccept } from '../../../attestation/session/accept.ts'
import { acceptHello } from '../../../attestation/session/handshake.ts'
import { encodeHello, parseHello } from '../../../attestation/session/hello.ts'
import { metaHash } from '../../../attestation/session/key-schedule.ts'
import { parseKeyset } from '../../../attestation/session/keyset.ts'
import { encodeMeta, parseMeta } from '../../../attestation/session/meta.ts'
import { openRequest } from '../../../attestation/session/request.ts'
import { AnswerOpener } from '../../../attestation/session/response.ts'
import { readOwnConversations } from '../../attestation/session/conversation.ts'
import {
  acceptMessageOf,
  bytes,
  clientOf,
  hostLegOf,
  hostNamed,
  keysetOf,
  pricesOf
} from '../../attestation/session/replay.ts'
import type { FuzzTarget } from '../target.ts'
import { mustBe } from './evidence.ts'

/** What clients send to hosts and hosts to clients, past a relay that may change all of it. */
export async function sessionTargets(): Promise<readonly FuzzTarget[]> {
  const conversations = readOwnConversations()
  const { sessions, hosts, time } = conversations
  const [session] = sessions
  const [answer] = session!.responses
  const host = hostNamed(conversations, answer!.host)
  const keyset = keysetOf(host)
  const sessionKey = ed25519PrivateKey(bytes(host.session_seed))
  const accept = session!.accepts.find((one) => one.host === host.name)!
  const prices = pricesOf(accept.fields.price)
  const text = (utf8: string): Uint8Array => new Uint8Array(Buffer.from(utf8))
  const responses = sessions.flatMap((one) => one.responses)
  const receipts = responses.map(({ receipt_utf8 }) => text(receipt_utf8))
  const usages = responses.map(({ usage_statement_utf8 }) => text(usage_statement_utf8))
  const wrap = bytes(session!.request.wraps.find((one) => one.host === host.name)!.wrap)
  const sealed = session!.request.chunks.map(bytes)
  const binding = {
    thm: metaHash(bytes(session!.request.meta)),
    salt: bytes(answer!.salt),
    digest: keyset.digest,
    requestHash: bytes(session!.request.req)
  }
  const leg = hostLegOf(conversations, session!, host.name)
  return [
    {
      name: 'keyset',
      seeds: hosts.map(({ keyset_utf8 }) => text(keyset_utf8)),
      json: true,
      codes: ['KEYSET_MALFORMED'],
      weight: 10,
      limitMs: 100,
      run: (input) => mustBe(parseKeyset(input).bytes, input)
    },
    {
      name: 'hello',
      seeds: sessions.map((one) => bytes(one.hello.hello)),
      codes: ['HELLO_MALFORMED', 'HELLO_REFUSED'],
      weight: 12,
      limitMs: 50,
      run: (input) => mustBe(encodeHello(parseHello(input)), input)
    },
    {
      name: 'hello, accepted',
      seeds: [concatBytes(lengthPrefixed(bytes(session!.hello.hello)), bytes(session!.hello.payer_signature ?? ''))],
      codes: ['HELLO_MALFORMED', 'HELLO_REFUSED', 'KEYSET_CHANGED', 'KEYSET_LAPSED'],
      weight: 1,
      limitMs: 100,
      async run(input) {
        const [hello, payerSignature] = pair(input, 'HELLO_MALFORMED')
        const now = time.now
        const wish = { keyset, sessionKey, prices, replayWindow: 64, now, maxNotAfter: now + 3600 }
        const { leg: made } = await acceptHello({ hello, payerSignature }, wish)
        made[Symbol.dispose]()
      }
    },
    {
      name: 'accept',
      seeds: sessions.flatMap(({ accepts }) => accepts.map((one) => bytes(one.accept))),
      codes: ['ACCEPT_MALFORMED'],
      weight: 12,
      limitMs: 50,
      run(input) {
        const read = parseAccept(input)
        if (isExact(read.notAfter)) mustBe(encodeAccept(read), input)
      }
    },
    {
      name: 'accept, received',
      seeds: [concatBytes(lengthPrefixed(bytes(accept.accept)), bytes(accept.signature))],
      codes: ['ACCEPT_MALFORMED', 'ACCEPT_REFUSED', 'KEYSET_LAPSED'],
      weight: 1,
      limitMs: 100,
      async run(input) {
        const [read, signature] = pair(input, 'ACCEPT_MALFORMED')
        using client = await clientOf(conversations, session!)
        await client.receiveAccept({ accept: read, signature }, time.now)
        if (Buffer.compare(read, acceptMessageOf(accept).accept) !== 0) throw new Error('another accept was taken')
      }
    },
    {
      name: 'meta',
      seeds: sessions.map((one) => bytes(one.request.meta)),
      codes: ['REQUEST_MALFORMED', 'TOO_LARGE'],
      weight: 12,
      limitMs: 50,
      run(input) {
        const meta = parseMeta(input)
        if (isExact(meta.deadline)) mustBe(encodeMeta(meta), input)
      }
    },
    {
      name: 'sealed request',
      seeds: [concatBytes(...[bytes(session!.request.meta), wrap, ...sealed].map(lengthPrefixed))],
      codes: [
        'REQUEST_MALFORMED',
        'SESSION_UNKNOWN',
        'UNSEAL_FAILED',
        'REPLAYED',
        'DEADLINE_PASSED',
        'TRUNCATED',
        'TOO_LARGE',
        'SESSION_EXPIRED'
      ],
      weight: 8,
      limitMs: 100,
      run(input) {
        const [meta, sealedKey, ...chunks] = parts(input, 'REQUEST_MALFORMED')
        using opener = openRequest(leg, meta ?? new Uint8Array(0), sealedKey ?? new Uint8Array(0), time.now)
        for (const [index, chunk] of chunks.entries()) opener.open(chunk, index === chunks.length - 1)
        opener.end()
        mustBe(concatBytes(...chunks), concatBytes(...sealed))
      }
    },
    {
      name: 'sealed answer',
      seeds: responses.map(({ chunks }) => concatBytes(...chunks.map((chunk) => lengthPrefixed(bytes(chunk))))),
      codes: ['UNSEAL_FAILED', 'TRUNCATED', 'REQUEST_MALFORMED', 'TOO_LARGE'],
      weight: 8,
      limitMs: 100,
      run(input) {
        const opener = new AnswerOpener(bytes(answer!.reply), binding, () => {})
        const chunks = parts(input, 'REQUEST_MALFORMED')
        for (const [index, chunk] of chunks.entries()) opener.open(chunk, index === chunks.length - 1)
        opener.end()
        mustBe(concatBytes(...chunks), concatBytes(...answer!.chunks.map(bytes)))
      }
    },
    {
      name: 'receipt',
      seeds: receipts,
      json: true,
      codes: ['RECEIPT_MALFORMED', 'RECEIPT_REFUSED'],
      weight: 8,
      limitMs: 50,
      run(input) {
        const receipt = parseReceipt(input)
        const { sessionId, n, receivedHash, returnedHash } = receipt
        verifyReceipt(input, {
          keyset,
          sessionId,
          n,
          requestContentHash: receivedHash,
          responseContentHash: returnedHash
        })
        if (!receipts.some((one) => Buffer.compare(one, input) === 0)) throw new Error('another receipt was taken')
      }
    },
    {
      name: 'usage statement',
      seeds: usages,
      json: true,
      codes: ['USAGE_MALFORMED', 'USAGE_REFUSED'],
      weight: 8,
      limitMs: 50,
      run(input) {
        parseUsage(input)
        verifyUsage(input, keyset)
        if (!usages.some((one) => Buffer.compare(one, input) === 0)) throw new Error('another statement was taken')
      }
    }
  ]
}

/** Times past 2^53 are read roughly, as meta.ts says: they are refused for what they are. */
const isExact = (seconds: number): boolean => Number.isSafeInteger(seconds)

type MalformedCode = 'HELLO_MALFORMED' | 'ACCEPT_MALFORMED' | 'REQUEST_MALFORMED'

function pair(input: Uint8Array, code: MalformedCode): readonly [Uint8Array, Uint8Array] {
  const reader = new ByteReader(input, code)
  return [reader.bytes(reader.uint32('length'), 'message'), reader.rest()]
}

function parts(input: Uint8Array, code: MalformedCode): readonly Uint8Array[] {
  const reader = new ByteReader(input, code)
  const read: Uint8Array[] = []
  while (reader.remaining > 0) read.push(reader.bytes(reader.uint32('length'), 'part'))
  return read
}
