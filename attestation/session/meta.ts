import { ByteReader } from '../byte-reader.ts'
import { hmacSha256 } from '../crypto.ts'
import { concatBytes, uint8, uint16, uint32, uint64 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { encodeModelName, readModelName } from './model-name.ts'
import { paddedSize } from './padding.ts'

/** What a relay may know of a request: the layout is fixed, and every byte of it is bound into the seal. */
export interface Meta {
  readonly sessionId: Uint8Array
  /** Below 2^53. */
  readonly n: number
  readonly stream: boolean
  /** Unix seconds. */
  readonly deadline: number
  /** Of the padded plaintext, exact. */
  readonly inputSize: number
  /** Tokens, 0: none. */
  readonly outputLimit: number
  /** 0: none. */
  readonly cadenceMs: number
  /** nanoTON for this request, 0: none. */
  readonly maxPrice: bigint
  /** 8 bytes, all zero: none. */
  readonly affinity: Uint8Array
  readonly model: string
}

export const MAX_INPUT: number = 64 * 1024 * 1024

const STREAM_FLAG = 1

export function encodeMeta(meta: Meta): Uint8Array {
  if (!Number.isSafeInteger(meta.n)) throw new TypeError(`n ${meta.n} is not below 2^53`)
  if (meta.inputSize > MAX_INPUT) throw new AttestationError('TOO_LARGE', 'an input over 64 MiB')
  return concatBytes(
    uint8(1),
    meta.sessionId,
    uint64(meta.n),
    uint8(meta.stream ? STREAM_FLAG : 0),
    uint64(meta.deadline),
    uint32(meta.inputSize),
    uint32(meta.outputLimit),
    uint16(meta.cadenceMs),
    uint64(meta.maxPrice),
    meta.affinity,
    encodeModelName(meta.model)
  )
}

/** Refuses with REQUEST_MALFORMED, or TOO_LARGE for an input over 64 MiB. */
export function parseMeta(bytes: Uint8Array): Meta {
  const reader = new ByteReader(bytes, 'REQUEST_MALFORMED')
  if (reader.uint8('version') !== 1) throw reader.refuse('version is not 1')
  const sessionId = reader.bytes(16, 'session id')
  const n = reader.safeUint64('n')
  const flags = reader.uint8('flags')
  if (flags > STREAM_FLAG) throw reader.refuse(`flags ${flags}`)
  // Above 2^53 the number is not exact, but so far ahead that it is refused as a deadline all the same.
  const deadline = Number(reader.uint64('deadline'))
  const inputSize = reader.uint32('input size')
  const outputLimit = reader.uint32('output limit')
  const cadenceMs = reader.uint16('cadence')
  const maxPrice = reader.uint64('max price')
  const affinity = reader.bytes(8, 'affinity')
  const model = readModelName(reader)
  reader.end()
  if (inputSize > MAX_INPUT) throw new AttestationError('TOO_LARGE', 'an input over 64 MiB')
  if (paddedSize(inputSize) !== inputSize) throw reader.refuse(`${inputSize} is not a padded size`)
  const stream = flags === STREAM_FLAG
  return { sessionId, n, stream, deadline, inputSize, outputLimit, cadenceMs, maxPrice, affinity, model }
}

/** Lets a relay prefer the host that has this prompt's prefix cached without learning the prefix; `key` is the client's own. */
export function affinityOf(key: Uint8Array, prefix: Uint8Array): Uint8Array {
  return hmacSha256(key, prefix).slice(0, 8)
}
