import { createSha256 } from '../../attestation/crypto.ts'
import { decodeBase64 } from '../../attestation/encoding.ts'
import { AttestationError, type AttestationErrorCode } from '../../attestation/errors.ts'
import { RECEIPT_TRAILER, type Receipt, verifyReceipt } from '../../attestation/receipt/receipt.ts'
import {
  type BhttpResponseHead,
  type BhttpResponsePart,
  BhttpResponseReader,
  type HttpField
} from '../../attestation/session/bhttp.ts'
import type { ResponseOpener } from '../../attestation/session/response.ts'
import type { Attempt } from './attempt.ts'
import { ClientError, type ClientErrorCode } from './errors.ts'
import type { Leg } from './session.ts'

const ANSWER_CODES: Partial<Record<AttestationErrorCode, ClientErrorCode>> = {
  UNSEAL_FAILED: 'UNSEAL_FAILED',
  TRUNCATED: 'TRUNCATED',
  ENCODING_MALFORMED: 'RECEIPT_REFUSED',
  RECEIPT_MALFORMED: 'RECEIPT_REFUSED',
  RECEIPT_REFUSED: 'RECEIPT_REFUSED',
  ANSWER_REFUSED: 'PROTOCOL'
}

/** What the receipt of an answer must agree with. */
export interface AnsweredRequest {
  readonly leg: Leg
  readonly n: number
  readonly bodyHash: Uint8Array
}

/**
 * Opens the answer of one leg, chunk by chunk in order. What `content` gives has been opened with this leg's key; only
 * when `receipt` has returned is it known to be whole.
 */
export class AnswerReader {
  readonly #attempt: Attempt
  readonly #opener: ResponseOpener
  readonly #request: AnsweredRequest
  readonly #bhttp = new BhttpResponseReader()
  readonly #parts: BhttpResponsePart[] = []
  readonly #hash = createSha256()
  #trailers: readonly HttpField[] = []
  #status = 0
  #contentBytes = 0
  #sealedBytes = 0
  #started = false

  constructor(attempt: Attempt, opener: ResponseOpener, request: AnsweredRequest) {
    this.#attempt = attempt
    this.#opener = opener
    this.#request = request
  }

  /** A chunk has been opened. */
  get started(): boolean {
    return this.#started
  }

  get contentBytes(): number {
    return this.#contentBytes
  }

  get sealedBytes(): number {
    return this.#sealedBytes
  }

  /** First of all. */
  async head(): Promise<BhttpResponseHead> {
    const part = await this.#next()
    if (part?.kind !== 'head') throw new ClientError('ANSWER_MALFORMED', 'the answer does not begin with its head')
    const { status } = part
    if (status < 200 || status > 599) throw new ClientError('ANSWER_MALFORMED', `the answer's status is ${status}`)
    this.#status = status
    return part
  }

  /** Then until undefined, which is the end of a complete stream. */
  async content(): Promise<Uint8Array | undefined> {
    const part = await this.#next()
    if (part?.kind === 'content') {
      this.#hash.update(part.bytes)
      this.#contentBytes += part.bytes.byteLength
      return part.bytes
    }
    if (part?.kind === 'trailers') this.#trailers = part.fields
    if (part?.kind === 'head') throw new ClientError('ANSWER_MALFORMED', 'the answer has a second head')
    // Trailers may be followed by chunks of padding alone: only the final one ends the answer.
    return part === undefined ? undefined : this.content()
  }

  /**
   * Last: the receipt, verified against what was sent and what came. Undefined only for a 404, which is all that a host
   * answers without one.
   */
  receipt(): Receipt | undefined {
    const fields = this.#trailers.filter(([name]) => name === RECEIPT_TRAILER)
    const [field] = fields
    if (field === undefined && this.#status === 404) return undefined
    if (field === undefined || fields.length > 1) {
      throw new ClientError('RECEIPT_REFUSED', `the answer carries ${fields.length} receipts, one is wanted`)
    }
    const { leg, n, bodyHash } = this.#request
    const { inclusion } = leg.host
    return inClientTerms(() =>
      verifyReceipt(decodeBase64(field[1]), {
        ...(inclusion === null ? {} : { logIndex: inclusion.leafIndex }),
        keyset: leg.host.keyset,
        sessionId: leg.sessionId,
        n,
        requestContentHash: bodyHash,
        responseContentHash: this.#hash.digest()
      })
    )
  }

  async #next(): Promise<BhttpResponsePart | undefined> {
    while (this.#parts.length === 0 && !this.#opener.ended) {
      const { sealed, final } = await this.#attempt.next()
      this.#sealedBytes += sealed.byteLength
      const plaintext = inClientTerms(() => this.#opener.open(sealed, final))
      this.#started = true
      this.#parts.push(...inClientTerms(() => this.#bhttp.push(plaintext)))
      if (final) inClientTerms(() => this.#bhttp.end())
    }
    return this.#parts.shift()
  }
}

/** Runs a step of the trust core on an answer; its refusals become the client's, the core's own as the cause. */
export function inClientTerms<Result>(step: () => Result, codes = ANSWER_CODES): Result {
  try {
    return step()
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    throw new ClientError(codes[error.code] ?? 'ANSWER_MALFORMED', error.message, { cause: error })
  }
}
