import type { ByteReader } from '../byte-reader.ts'
import { concatBytes, decodeUtf8, encodeUtf8, uint8 } from '../encoding.ts'

/** u8 length ‖ UTF-8, at most 255 bytes. */
export function encodeModelName(model: string): Uint8Array {
  const text = encodeUtf8(model)
  if (text.byteLength > 255 || !model.isWellFormed()) throw new TypeError('a model is at most 255 bytes of UTF-8')
  return concatBytes(uint8(text.byteLength), text)
}

export function readModelName(reader: ByteReader): string {
  const text = reader.bytes(reader.uint8('model length'), 'model')
  try {
    return decodeUtf8(text)
  } catch {
    throw reader.refuse('model is not UTF-8')
  }
}
