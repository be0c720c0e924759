import { concatBytes, decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import { RECEIPT_TRAILER } from '../../../attestation/receipt/receipt.ts'
import { type BhttpResponsePart, BhttpResponseReader, encodeBhttpResponse } from '../../../attestation/session/bhttp.ts'
import type { HostLeg } from '../../../attestation/session/leg.ts'
import { openRequest, type RequestOpener } from '../../../attestation/session/request.ts'
import { SseSealer } from '../../../attestation/session/sse-seal.ts'
import type { Conversations, RecordedResponse, RecordedSession } from './conversation.ts'
import { bytes } from './replay.ts'

export function openRecorded(
  conversations: Conversations,
  session: RecordedSession,
  leg: HostLeg,
  wrap: Uint8Array
): { readonly opener: RequestOpener; readonly plaintext: Uint8Array } {
  const { request } = session
  const opener = openRequest(leg, bytes(request.meta), wrap, conversations.time.now)
  const last = request.chunks.length - 1
  const plaintexts = request.chunks.map((chunk, j) => opener.open(bytes(chunk), j === last))
  opener.end()
  return { opener, plaintext: concatBytes(...plaintexts) }
}

/** Feeds the sealer what the engine sent, which is what each plaintext holds besides its comment. */
export function resealed(response: RecordedResponse): readonly Uint8Array[] {
  const plaintexts = response.plaintexts.map(bytes)
  const reader = new BhttpResponseReader()
  const pieces = plaintexts.map((plaintext) => reader.push(plaintext))
  const { status, headers } = pieces.flat().find((part) => part.kind === 'head')!
  const trailers = [[RECEIPT_TRAILER, trailerOf(pieces.flat())] as const]
  if (!headers.some(([, value]) => value === 'text/event-stream')) {
    const whole = encodeBhttpResponse({ status, headers }, contentOf(pieces.flat()), trailers)
    const ends = plaintexts.map((_, i) =>
      plaintexts.slice(0, i + 1).reduce((sum, { byteLength }) => sum + byteLength, 0)
    )
    return plaintexts.map(({ byteLength }, i) => whole.subarray(ends[i]! - byteLength, ends[i]))
  }
  const sealer = new SseSealer({ status, headers })
  const sealed = pieces.slice(0, -1).flatMap((parts) => {
    const sent = decodeUtf8(contentOf(parts)).replace(/(^|\n): *\n$/, '$1')
    sealer.push(encodeUtf8(sent))
    return sent === '' ? sealer.tick() : sealer.take()
  })
  sealer.push(contentOf(pieces.at(-1)!))
  return [...sealed, ...sealer.finish(() => trailers)]
}

export function contentOf(parts: readonly BhttpResponsePart[]): Uint8Array {
  return concatBytes(...parts.flatMap((part) => (part.kind === 'content' ? [part.bytes] : [])))
}

export function trailerOf(parts: readonly BhttpResponsePart[]): string {
  const fields = parts.flatMap((part) => (part.kind === 'trailers' ? part.fields : []))
  return fields.find(([name]) => name === RECEIPT_TRAILER)![1]
}
