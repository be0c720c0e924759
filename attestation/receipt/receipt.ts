import {
  constant,
  hex,
  integer,
  nullable,
  object,
  type Read,
  type Shape,
  ShapeError,
  text
} from '../appraisal/shape.ts'
import { equalBytes, type PrivateKey } from '../crypto.ts'
import { AttestationError } from '../errors.ts'
import type { Keyset } from '../session/keyset.ts'
import {
  digestText,
  isSignedBy,
  parseDocument,
  type SignedDocument,
  signDocument,
  signedObject
} from './signed-document.ts'
import type { TokenCounts } from './usage.ts'

/** The trailer that carries a receipt, as standard base64 of its bytes. */
export const RECEIPT_TRAILER = 'bombyx-receipt'

export interface ReceiptFields {
  /** The id in the answer; null where it has none. */
  readonly chatId: string | null
  /** Path as the client sent it. */
  readonly endpoint: string
  readonly method: string
  readonly model: string
  readonly keyId: string
  /** 16 bytes. */
  readonly receiptId: Uint8Array
  /** Unix seconds. */
  readonly servedAt: number
  readonly keysetDigest: Uint8Array
  readonly sessionId: Uint8Array
  readonly n: number
  /** SHA-256 of the request's HTTP content as the client sent it. */
  readonly receivedHash: Uint8Array
  /** SHA-256 of the body that the engine got. */
  readonly forwardedHash: Uint8Array
  /** SHA-256 of the answer's HTTP content as the client gets it. */
  readonly returnedHash: Uint8Array
  /** 32 random bytes; `requestHash` is SHA-256(salt ‖ request content). */
  readonly salt: Uint8Array
  readonly requestHash: Uint8Array
  readonly usage: TokenCounts
  /** The host's attestation in the log; null where there is no log. */
  readonly logIndex: number | null
}

/** A receipt as it was signed. */
export interface Receipt extends ReceiptFields {
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
}

/** What a client knows of its request and the answer it got. */
export interface ReceiptExpectations {
  /** Of the leg that answered. */
  readonly keyset: Keyset
  readonly sessionId: Uint8Array
  readonly n: number
  readonly requestContentHash: Uint8Array
  readonly responseContentHash: Uint8Array
  /** Where the client found the host's attestation in the log; absent: it did not look, and compares nothing. */
  readonly logIndex?: bigint
}

const count = integer(0, Number.MAX_SAFE_INTEGER)
const name = text('^.+$', 255)
const anyText = text('', 4096)

const received = object({ bodyHash: digestText, type: constant('request.received') })
const forwarded = object({ bodyHash: digestText, type: constant('request.forwarded') })
const session = object({
  n: count,
  requestHash: digestText,
  salt: hex(32),
  sessionId: hex(16),
  type: constant('session')
})
const usage = object({
  cachedTokens: count,
  completionTokens: count,
  promptTokens: count,
  reasoningTokens: count,
  type: constant('usage')
})
const attestation = object({ logIndex: nullable(count), type: constant('attestation') })
const returned = object({ bodyHash: digestText, type: constant('response.returned') })

/** The events of a request in the order in which they happen: each is there, and once. */
const eventLog = sequence([received, forwarded, session, usage, attestation, returned] as const)

const receipt = signedObject({
  apiVersion: constant('aci/1'),
  chatId: nullable(anyText),
  endpoint: anyText,
  eventLog,
  keyId: name,
  method: name,
  model: name,
  receiptId: hex(16),
  servedAt: count,
  workloadKeysetDigest: digestText
})

/** The JCS form, signed by the keyset's receipt key. */
export function signReceipt(fields: ReceiptFields, receiptKey: PrivateKey): Uint8Array {
  const document = {
    apiVersion: 'aci/1',
    chatId: fields.chatId,
    endpoint: fields.endpoint,
    eventLog: eventsOf(fields),
    keyId: fields.keyId,
    method: fields.method,
    model: fields.model,
    receiptId: fields.receiptId,
    servedAt: fields.servedAt,
    workloadKeysetDigest: fields.keysetDigest
  } as const
  return signDocument(receipt, document, receiptKey)
}

/** Reads a receipt, its signature unchecked. Refuses with RECEIPT_MALFORMED. */
export function parseReceipt(bytes: Uint8Array): Receipt {
  return receiptOf(parseDocument(receipt, bytes, 'RECEIPT_MALFORMED'))
}

/**
 * Checks, in this order: signature by the receipt key, keyset digest, session, n, hash of the request's content, hash of
 * the answer's, place in the log. Refuses with RECEIPT_MALFORMED or RECEIPT_REFUSED; the answer is refused with it.
 */
export function verifyReceipt(bytes: Uint8Array, expected: ReceiptExpectations): Receipt {
  const signed = parseDocument(receipt, bytes, 'RECEIPT_MALFORMED')
  const read = receiptOf(signed)
  if (!isSignedBy(expected.keyset.receiptKeys, read.keyId, signed)) throw refused('not signed by the receipt key')
  if (!equalBytes(read.keysetDigest, expected.keyset.digest)) throw refused('of another keyset')
  if (!equalBytes(read.sessionId, expected.sessionId)) throw refused('of another session')
  if (read.n !== expected.n) throw refused('of another request')
  if (!equalBytes(read.receivedHash, expected.requestContentHash)) throw refused('another request was received')
  if (!equalBytes(read.returnedHash, expected.responseContentHash)) throw refused('another answer was returned')
  if (expected.logIndex !== undefined && (read.logIndex === null || BigInt(read.logIndex) !== expected.logIndex)) {
    throw refused('of another attestation in the log')
  }
  return read
}

function eventsOf(fields: ReceiptFields): Read<typeof eventLog> {
  const { n, requestHash, salt, sessionId, usage: counts } = fields
  return [
    { bodyHash: fields.receivedHash, type: 'request.received' },
    { bodyHash: fields.forwardedHash, type: 'request.forwarded' },
    { n, requestHash, salt, sessionId, type: 'session' },
    {
      cachedTokens: counts.cached,
      completionTokens: counts.completion,
      promptTokens: counts.prompt,
      reasoningTokens: counts.reasoning,
      type: 'usage'
    },
    { logIndex: fields.logIndex, type: 'attestation' },
    { bodyHash: fields.returnedHash, type: 'response.returned' }
  ]
}

function receiptOf(signed: SignedDocument<Read<typeof receipt>>): Receipt {
  const { fields, bytes, signature } = signed
  const [received, forwarded, session, usage, attestation, returned] = fields.eventLog
  return {
    bytes,
    signature,
    chatId: fields.chatId,
    endpoint: fields.endpoint,
    method: fields.method,
    model: fields.model,
    keyId: fields.keyId,
    receiptId: fields.receiptId,
    servedAt: fields.servedAt,
    keysetDigest: fields.workloadKeysetDigest,
    sessionId: session.sessionId,
    n: session.n,
    receivedHash: received.bodyHash,
    forwardedHash: forwarded.bodyHash,
    returnedHash: returned.bodyHash,
    salt: session.salt,
    requestHash: session.requestHash,
    usage: {
      prompt: usage.promptTokens,
      cached: usage.cachedTokens,
      completion: usage.completionTokens,
      reasoning: usage.reasoningTokens
    },
    logIndex: attestation.logIndex
  }
}

type ReadEach<S> = { readonly [I in keyof S]: Read<S[I]> }

/** A list with exactly these items. */
function sequence<const S extends readonly Shape<never>[] | readonly Shape<unknown>[]>(items: S): Shape<ReadEach<S>> {
  const shapes = items as readonly Shape<unknown>[]
  return {
    schema: { type: 'array', prefixItems: shapes.map((item) => item.schema), items: false },
    read(value, at) {
      if (!Array.isArray(value) || value.length !== shapes.length)
        throw new ShapeError(at, `${shapes.length} items wanted`)
      return shapes.map((item, index) => item.read(value[index], `${at}[${index}]`)) as unknown as ReadEach<S>
    },
    write: (value) => shapes.map((item, index) => item.write(value[index as keyof typeof value]))
  }
}

function refused(message: string): AttestationError {
  return new AttestationError('RECEIPT_REFUSED', message)
}
