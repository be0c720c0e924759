import { ByteReader } from '../byte-reader.ts'
import { concatBytes, uint8, uint16, uint32, uint64 } from '../encoding.ts'
import { XWING_ENC_LENGTH } from './hpke.ts'
import type { Prices } from './leg.ts'

const PRICE_LIMIT = 2n ** 53n

/** One host's answer to a hello. */
export interface AcceptFields {
  /** 16 bytes. */
  readonly sessionId: Uint8Array
  /** The host's keyset digest. */
  readonly digest: Uint8Array
  /** Unix seconds. */
  readonly notAfter: number
  readonly replayWindow: number
  /** 32 random bytes. */
  readonly hostNonce: Uint8Array
  readonly prices: Prices
  /** 1120 bytes. */
  readonly enc: Uint8Array
}

export function encodeAccept(fields: AcceptFields): Uint8Array {
  const { prompt, cached, completion, reasoning } = fields.prices
  return concatBytes(
    uint8(1),
    fields.sessionId,
    fields.digest,
    uint64(fields.notAfter),
    uint32(fields.replayWindow),
    fields.hostNonce,
    ...[prompt, cached, completion, reasoning].map(encodePrice),
    uint16(fields.enc.byteLength),
    fields.enc
  )
}

/** Reads an accept to its last byte; what its values must be is the handshake's to check. Refuses with ACCEPT_MALFORMED. */
export function parseAccept(bytes: Uint8Array): AcceptFields {
  const reader = new ByteReader(bytes, 'ACCEPT_MALFORMED')
  if (reader.uint8('version') !== 1) throw reader.refuse('version is not 1')
  const sessionId = reader.bytes(16, 'session id')
  const digest = reader.bytes(32, 'digest')
  // Above 2^53 the number is not exact, but so far beyond any keyset's end that it is refused all the same.
  const notAfter = Number(reader.uint64('not after'))
  const replayWindow = reader.uint32('replay window')
  const hostNonce = reader.bytes(32, 'host nonce')
  const prices = {
    prompt: readPrice(reader, 'prompt price'),
    cached: readPrice(reader, 'cached price'),
    completion: readPrice(reader, 'completion price'),
    reasoning: readPrice(reader, 'reasoning price')
  }
  if (reader.uint16('enc length') !== XWING_ENC_LENGTH) throw reader.refuse('not an X-Wing enc')
  const enc = reader.bytes(XWING_ENC_LENGTH, 'enc')
  reader.end()
  return { sessionId, digest, notAfter, replayWindow, hostNonce, prices, enc }
}

function encodePrice(price: bigint): Uint8Array {
  if (price < 0n || price >= PRICE_LIMIT) throw new TypeError(`price ${price} is not below 2^53`)
  return uint64(price)
}

function readPrice(reader: ByteReader, field: string): bigint {
  const price = reader.uint64(field)
  if (price >= PRICE_LIMIT) throw reader.refuse(`${field} is not below 2^53`)
  return price
}
