import { createSha256, equalBytes, erase, randomBytes } from '../crypto.ts'
import { encodeHex, uint32 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { ChunkSealer, cutChunks } from './chunk-stream.ts'
import type { ClientLeg } from './client-handshake.ts'
import { metaHash, requestKeys } from './key-schedule.ts'
import { encodeMeta, MAX_INPUT, type Meta } from './meta.ts'
import { paddedSize, padZero } from './padding.ts'
import { AnswerOpener, type ResponseOpener, type SealedChunk } from './response.ts'
import { DEK_LENGTH, sealWrap, type Wrap } from './wrap.ts'

/** What a caller decides of a request's meta; session and size come from the legs and the plaintext. */
export type RequestWish = Omit<Meta, 'sessionId' | 'inputSize'>

/** A request sealed once for all its legs; sending it again means these same bytes. */
export interface SealedRequest extends Disposable {
  readonly meta: Meta
  readonly metaBytes: Uint8Array
  readonly wraps: readonly Wrap[]
  readonly chunks: readonly SealedChunk[]
  /**
   * The reader of the answer that ACCEPT announced. Refuses (ANSWER_REFUSED) a digest without a wrap here, a second
   * ACCEPT by the same leg, and any once a chunk of an answer has been opened.
   */
  openResponse(digest: Uint8Array, salt: Uint8Array): ResponseOpener
}

/**
 * Pads one encoded Binary HTTP request and seals it for every leg that stands at `now`. The request holds what it needs
 * of its legs. Refuses with SESSION_EXPIRED when none is left, TOO_LARGE over 64 MiB.
 */
export function sealRequest(
  legs: readonly ClientLeg[],
  wish: RequestWish,
  bhttp: Uint8Array,
  now: number
): SealedRequest {
  return dangerouslySealRequestWith(randomBytes(DEK_LENGTH), standingLegs(legs, now), { wish, bhttp })
}

/** For published vectors: a request under a dek that is given. `dek` is taken over and erased. */
export function dangerouslySealRequestWith(
  dek: Uint8Array,
  legs: readonly ClientLeg[],
  request: { readonly wish: RequestWish; readonly bhttp: Uint8Array }
): SealedRequest {
  const inputSize = paddedSize(request.bhttp.byteLength)
  if (inputSize > MAX_INPUT) throw new AttestationError('TOO_LARGE', 'a request over 64 MiB')
  const meta = { ...request.wish, sessionId: sessionOf(legs), inputSize }
  const metaBytes = encodeMeta(meta)
  const thm = metaHash(metaBytes)
  const wraps = legs.map((leg) => sealWrap(leg, thm, dek))
  const { chunks, requestHash } = sealChunks(requestKeys(thm, dek), padZero(request.bhttp))
  erase(dek)
  const replies = legs.map((leg) => ({ digest: leg.digest, key: leg.secret.replyKey(thm) }))
  return new Sealed({ meta, metaBytes, wraps, chunks }, { thm, requestHash, replies })
}

/** What opens the answers: a key for each leg that was given a wrap. */
interface Answers {
  readonly thm: Uint8Array
  readonly requestHash: Uint8Array
  readonly replies: readonly { readonly digest: Uint8Array; readonly key: Uint8Array }[]
}

class Sealed implements SealedRequest {
  readonly meta: Meta
  readonly metaBytes: Uint8Array
  readonly wraps: readonly Wrap[]
  readonly chunks: readonly SealedChunk[]
  readonly #answers: Answers
  readonly #accepted = new Set<string>()
  #answered = false
  #erased = false

  constructor(sent: Pick<SealedRequest, 'meta' | 'metaBytes' | 'wraps' | 'chunks'>, answers: Answers) {
    this.meta = sent.meta
    this.metaBytes = sent.metaBytes
    this.wraps = sent.wraps
    this.chunks = sent.chunks
    this.#answers = answers
  }

  openResponse(digest: Uint8Array, salt: Uint8Array): ResponseOpener {
    const reply = this.#answers.replies.find((one) => equalBytes(one.digest, digest))
    if (reply === undefined) throw refused('accepted by a host that was sent no wrap')
    if (this.#erased) throw refused('accepted after the request was given up')
    if (this.#answered) throw refused('accepted again after an answer has begun')
    const name = encodeHex(digest)
    if (this.#accepted.has(name)) throw refused('accepted twice by one host')
    this.#accepted.add(name)
    const { thm, requestHash } = this.#answers
    return new AnswerOpener(reply.key, { thm, salt, digest: reply.digest, requestHash }, () => {
      if (this.#answered) throw refused('a second answer')
      this.#answered = true
    })
  }

  [Symbol.dispose](): void {
    this.#erased = true
    erase(...this.#answers.replies.map((reply) => reply.key))
  }
}

function standingLegs(legs: readonly ClientLeg[], now: number): readonly ClientLeg[] {
  const standing = legs.filter((leg) => now < Math.min(leg.notAfter, leg.host.notAfter, leg.host.keyset.notAfter))
  if (standing.length === 0) throw new AttestationError('SESSION_EXPIRED', 'no leg of the session stands any more')
  return standing
}

function sessionOf(legs: readonly ClientLeg[]): Uint8Array {
  const [first, ...others] = legs
  if (first === undefined) throw new TypeError('a request has a leg')
  if (others.some((leg) => !equalBytes(leg.sessionId, first.sessionId))) throw new TypeError('legs of two sessions')
  return first.sessionId
}

function sealChunks(keys: Uint8Array, padded: Uint8Array) {
  using sealer = new ChunkSealer(keys)
  const hash = createSha256()
  const chunks: SealedChunk[] = []
  let left = padded.byteLength
  for (const plaintext of cutChunks(padded)) {
    left -= plaintext.byteLength
    const sealed = sealer.seal(plaintext, left === 0)
    hash.update(uint32(sealed.byteLength))
    hash.update(sealed)
    chunks.push({ sealed, final: left === 0 })
  }
  erase(padded)
  return { chunks, requestHash: hash.digest() }
}

function refused(message: string): AttestationError {
  return new AttestationError('ANSWER_REFUSED', message)
}
