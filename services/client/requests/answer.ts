import { createSha256 } from '../../../attestation/crypto.ts'
import { concatBytes, decodeBase64 } from '../../../attestation/encoding.ts'
import { AttestationError, type AttestationErrorCode } from '../../../attestation/errors.ts'
import { RECEIPT_TRAILER, type Receipt, verifyReceipt } from '../../../attestation/receipt/receipt.ts'
import { type BhttpResponseHead, BhttpResponseReader, type HttpField } from '../../../attestation/session/bhttp.ts'
import type { ResponseOpener, SealedChunk } from '../../../attestation/session/response.ts'
import { ClientError, type ClientErrorCode } from '../errors.ts'
import type { Leg } from '../sessions/session.ts'
import type { Attempt } from './attempt.ts'

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
  readonly #hash = createSha256()
  #head: BhttpResponseHead | undefined
  #content: Uint8Array[] = []
  #trailers: readonly HttpField[] = []
  /** What broke off; told when what was opened before it has been read. */
  #failure: unknown
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
    while (this.#head === undefined) {
      if (this.#opener.ended) throw new ClientError('ANSWER_MALFORMED', 'the answer has no head')
      await this.#openArrived()
    }
    return this.#head
  }

  /** Then until undefined, which is the end of a complete stream: all content that has come since. */
  async content(): Promise<Uint8Array | undefined> {
    // Chunks may hold padding alone: only the final one ends the answer.
    while (this.#content.length === 0) {
      if (this.#opener.ended) return undefined
      await this.#openArrived()
    }
    const [only, ...others] = this.#content
    const bytes = only !== undefined && others.length === 0 ? only : concatBytes(...this.#content)
    this.#content = []
    this.#hash.update(bytes)
    this.#contentBytes += bytes.byteLength
    return bytes
  }

  /**
   * Last: the receipt, verified against what was sent and what came. Undefined only for a 404, which is all that a host
   * answers without one.
   */
  receipt(): Receipt | undefined {
    const fields = this.#trailers.filter(([name]) => name === RECEIPT_TRAILER)
    const [field] = fields
    if (field === undefined && this.#head?.status === 404) return undefined
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

  /** Waits for chunks and opens all that have come. */
  async #openArrived(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await this.#attempt.arrival()
    try {
      while (!this.#opener.ended) {
        const chunk = this.#attempt.take()
        if (chunk === undefined) return
        inClientTerms(() => this.#open(chunk))
      }
    } catch (error) {
      if (this.#content.length === 0) throw error
      this.#failure = error
    }
  }

  #open({ sealed, final }: SealedChunk): void {
    this.#sealedBytes += sealed.byteLength
    const plaintext = this.#opener.open(sealed, final)
    this.#started = true
    for (const part of this.#bhttp.push(plaintext)) {
      if (part.kind === 'content') this.#content.push(part.bytes)
      else if (part.kind === 'trailers') this.#trailers = part.fields
      else if (part.kind === 'head') this.#head = part
      else throw new ClientError('ANSWER_MALFORMED', 'the answer does not begin with its head')
    }
    if (final) this.#bhttp.end()
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
