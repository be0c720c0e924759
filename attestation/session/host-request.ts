import { createSha256, equalBytes, erase } from '../crypto.ts'
import { uint32 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { ChunkOpener } from './chunk-stream.ts'
import { metaHash, requestKeys } from './key-schedule.ts'
import type { HostLeg } from './leg.ts'
import { type Meta, parseMeta } from './meta.ts'
import { AnswerSealer, type ResponseSealer } from './response.ts'
import { openWrap } from './wrap.ts'

/** How far ahead a deadline may lie. */
const MAX_DEADLINE_SECONDS = 900

/** A host's reader of one request. It holds what it needs of its leg, which may end meanwhile. */
export interface RequestOpener extends Disposable {
  readonly meta: Meta
  /** True once the final chunk was opened. */
  readonly ended: boolean
  /** Opens the next chunk. Refuses with UNSEAL_FAILED, TOO_LARGE or REQUEST_MALFORMED (the sizes contradict meta). */
  open(sealed: Uint8Array, final: boolean): Uint8Array
  /** Call when the stream ends, however it ends. Refuses with TRUNCATED unless the final chunk was opened. */
  end(): void
  /** After the final chunk; `salt` is the one that went out with ACCEPT. */
  sealResponse(salt: Uint8Array): ResponseSealer
}

/**
 * Opens the request's key for this leg, in the protocol's order: session, wrap opens, n unused, deadline. It does not
 * spend n: whoever writes ACCEPT does, in that turn. Refuses with REQUEST_MALFORMED, TOO_LARGE, SESSION_UNKNOWN,
 * SESSION_EXPIRED, UNSEAL_FAILED, REPLAYED or DEADLINE_PASSED.
 */
export function openRequest(leg: HostLeg, metaBytes: Uint8Array, wrap: Uint8Array, now: number): RequestOpener {
  const meta = parseMeta(metaBytes)
  if (!equalBytes(meta.sessionId, leg.sessionId)) throw new AttestationError('SESSION_UNKNOWN', 'another session')
  if (now >= leg.notAfter) throw new AttestationError('SESSION_EXPIRED', 'the leg has ended')
  const thm = metaHash(metaBytes)
  const dek = openWrap(leg, thm, wrap)
  try {
    if (!leg.replay.canSpend(meta.n)) throw new AttestationError('REPLAYED', `request ${meta.n} is spent`)
    if (now >= meta.deadline || meta.deadline > now + MAX_DEADLINE_SECONDS) {
      throw new AttestationError('DEADLINE_PASSED', `deadline ${meta.deadline} at ${now}`)
    }
    const answer = { thm, digest: leg.digest, reply: leg.secret.replyKey(thm) }
    return new Opener(meta, requestKeys(thm, dek), answer)
  } finally {
    erase(dek)
  }
}

/** What the answer's keys are made of, but for the salt and the request's hash. */
interface AnswerKeys {
  readonly thm: Uint8Array
  readonly digest: Uint8Array
  readonly reply: Uint8Array
}

class Opener implements RequestOpener {
  readonly meta: Meta
  readonly #chunks: ChunkOpener
  readonly #answer: AnswerKeys
  readonly #hash = createSha256()
  #received = 0

  constructor(meta: Meta, keys: Uint8Array, answer: AnswerKeys) {
    this.meta = meta
    this.#chunks = new ChunkOpener(keys)
    this.#answer = answer
  }

  get ended(): boolean {
    return this.#chunks.ended
  }

  open(sealed: Uint8Array, final: boolean): Uint8Array {
    const plaintext = this.#chunks.open(sealed, final)
    this.#hash.update(uint32(sealed.byteLength))
    this.#hash.update(sealed)
    this.#received += plaintext.byteLength
    const { inputSize } = this.meta
    if (this.#received > inputSize) throw this.#refuse('TOO_LARGE', `more than the ${inputSize} bytes of meta`)
    if (final && this.#received < inputSize) throw this.#refuse('REQUEST_MALFORMED', `less than ${inputSize} bytes`)
    return plaintext
  }

  end(): void {
    if (!this.ended) throw this.#refuse('TRUNCATED', 'the request ended without its final chunk')
  }

  sealResponse(salt: Uint8Array): ResponseSealer {
    if (!this.ended) throw new TypeError('an answer follows the final chunk of its request')
    const { thm, digest, reply } = this.#answer
    const sealer = new AnswerSealer(reply, { thm, digest, salt, requestHash: this.#hash.digest() })
    erase(reply)
    return sealer
  }

  [Symbol.dispose](): void {
    this.#chunks[Symbol.dispose]()
    erase(this.#answer.reply)
  }

  #refuse(code: 'TOO_LARGE' | 'REQUEST_MALFORMED' | 'TRUNCATED', message: string): AttestationError {
    this[Symbol.dispose]()
    return new AttestationError(code, message)
  }
}
