import type { PrivateKey } from '../../attestation/crypto.ts'
import type { ReceiptFields } from '../../attestation/receipt/receipt.ts'
import type { UsageFields } from '../../attestation/receipt/usage.ts'
import type { BhttpRequest, HttpField } from '../../attestation/session/bhttp.ts'
import type { SessionCode } from '../../attestation/session/codes.ts'
import type { SealedChunk } from '../../attestation/session/response.ts'

/** What a fake engine answers: a body, or events as they come. */
export type FakeAnswer =
  | { readonly status: number; readonly body: string; readonly headers?: readonly HttpField[] }
  | { readonly events: Iterable<string> | AsyncIterable<string> }

/** How a host behaves; the honest one answers, seals, signs and counts as the protocol says. */
export interface HostScript {
  readonly answer: (request: BhttpRequest, signal: AbortSignal) => FakeAnswer | Promise<FakeAnswer>
  readonly refuseHello?: SessionCode
  /** Instead of taking the request. */
  readonly refuseOpen?: SessionCode
  /** After ACCEPT, instead of the answer. */
  readonly refuseAnswer?: SessionCode
  /** What becomes of each sealed chunk of the answer. */
  readonly tamper?: (chunk: SealedChunk, index: number) => readonly SealedChunk[]
  /** The answer stops after so many chunks, without a word. */
  readonly resetAfter?: { readonly chunks: number; readonly code: SessionCode }
  readonly receipt?: (fields: ReceiptFields) => ReceiptFields | undefined
  readonly usage?: (fields: UsageFields) => UsageFields
  readonly receiptKey?: PrivateKey
  /** Signs usage statements in place of the keyset's key. */
  readonly usageKey?: PrivateKey
}
