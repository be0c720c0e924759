import { AttestationError } from '../errors.ts'

/** The frame types of `bombyx-link/1`. */
export const FRAME = {
  hello: 1,
  slots: 2,
  open: 3,
  data: 4,
  final: 5,
  credit: 6,
  reset: 7,
  accept: 8,
  usage: 9,
  ack: 10,
  ping: 11,
  pong: 12,
  goaway: 13
} as const

export type FrameKind = keyof typeof FRAME
export type FrameType = (typeof FRAME)[FrameKind]

/** u8 type ‖ u32 stream ‖ u24 length. */
export const FRAME_HEADER_LENGTH = 8
/** Most bytes of frames in one batch, headers included. */
export const MAX_BATCH = 65_536
export const MAX_FRAME_PAYLOAD: number = MAX_BATCH - FRAME_HEADER_LENGTH

export type FrameVisitor = (type: FrameType, stream: number, payload: Uint8Array) => void

/** Writes the header of a frame; its `length` payload bytes follow at `at + FRAME_HEADER_LENGTH`. */
export function writeFrameHeader(
  target: Uint8Array,
  at: number,
  frame: { readonly type: FrameType; readonly stream: number; readonly length: number }
): void {
  const { type, stream, length } = frame
  target[at] = type
  target[at + 1] = stream >>> 24
  target[at + 2] = stream >>> 16
  target[at + 3] = stream >>> 8
  target[at + 4] = stream
  target[at + 5] = length >>> 16
  target[at + 6] = length >>> 8
  target[at + 7] = length
}

/**
 * Visits the frames of a batch in order; payloads are views of it. Refuses an unknown type and a frame that is cut off
 * with FRAME_MALFORMED, after it has visited those before.
 */
export function readFrames(batch: Uint8Array, visit: FrameVisitor): void {
  const end = batch.byteLength
  let at = 0
  while (at < end) {
    // A sealed chunk a frame: this loop is the hot path of a relay, so it reads bytes without a reader object.
    if (end - at < FRAME_HEADER_LENGTH) throw new AttestationError('FRAME_MALFORMED', 'frame header cut off')
    const type = batch[at] as FrameType
    const stream = uint24(batch, at + 1) * 256 + (batch[at + 4] as number)
    const from = at + FRAME_HEADER_LENGTH
    at = from + uint24(batch, at + 5)
    if (type < FRAME.hello || type > FRAME.goaway) throw new AttestationError('FRAME_MALFORMED', `frame type ${type}`)
    if (at > end) throw new AttestationError('FRAME_MALFORMED', 'frame payload cut off')
    visit(type, stream, batch.subarray(from, at))
  }
}

function uint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number)
}
