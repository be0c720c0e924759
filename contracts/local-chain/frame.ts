import { crc32 } from 'node:zlib'

/*
 * One entry of the journal: magic "BXJ2", body length and number as u32, a CRC-32 of those twelve bytes, a CRC-32 of the
 * body, then the body. The header's own checksum is what tells a torn tail from a damaged middle: a length that can be
 * believed says where the next entry must begin.
 */

export const FRAME_HEADER_BYTES = 20
/** The last byte is the version of what the entries hold. */
const MAGIC = 0x42584a32
const MAGIC_BYTES = Buffer.from('BXJ2', 'latin1')
/** A block of 64 messages with all their accounts fits a hundred times. */
export const MOST_BODY_BYTES = 256 * 1024 * 1024

export interface FrameHeader {
  /** 0 for the first entry of a journal, one more for each. */
  readonly number: number
  readonly length: number
  readonly bodyChecksum: number
}

export function encodeFrame(number: number, body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length)
  frame.writeUInt32BE(MAGIC, 0)
  frame.writeUInt32BE(body.length, 4)
  frame.writeUInt32BE(number, 8)
  frame.writeUInt32BE(crc32(frame.subarray(0, 12)), 12)
  frame.writeUInt32BE(crc32(body), 16)
  body.copy(frame, FRAME_HEADER_BYTES)
  return frame
}

/** The header at the start of `bytes`; undefined where none is or its checksum is wrong. */
export function parseFrameHeader(bytes: Buffer): FrameHeader | undefined {
  if (bytes.length < FRAME_HEADER_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined
  if (bytes.readUInt32BE(12) !== crc32(bytes.subarray(0, 12))) return undefined
  const length = bytes.readUInt32BE(4)
  if (length > MOST_BODY_BYTES) return undefined
  return { number: bytes.readUInt32BE(8), length, bodyChecksum: bytes.readUInt32BE(16) }
}

export function isIntact({ bodyChecksum, length }: FrameHeader, body: Buffer): boolean {
  return body.length === length && crc32(body) === bodyChecksum
}

/** Whether any entry after number `after` begins within `bytes`. */
export function findLaterFrame(bytes: Buffer, after: number): boolean {
  for (let at = bytes.indexOf(MAGIC_BYTES); at !== -1; at = bytes.indexOf(MAGIC_BYTES, at + 1)) {
    const header = parseFrameHeader(bytes.subarray(at))
    if (header !== undefined && header.number > after) return true
  }
  return false
}

/** Whether a file that begins so can be a journal, torn or whole: nothing, zeros, or the magic as far as it goes. */
export function mayBeJournal(start: Buffer): boolean {
  const head = start.subarray(0, MAGIC_BYTES.length)
  return head.equals(MAGIC_BYTES.subarray(0, head.length)) || start.every((byte) => byte === 0)
}
