import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'

/**
 * HostLink and ClientLink with `Batch` read and written by hand (`0a ‖ varint length ‖ frames`), because a link carries
 * every chunk of every request and the general decoder would copy each. The .proto files describe the same bytes.
 */
const BATCH_TAG = 0x0a
const MAX_BATCH = 65_536

export function encodeBatch(frames: Uint8Array): Buffer {
  const length = frames.byteLength
  const header = length < 0x80 ? 2 : length < 0x4000 ? 3 : 4
  const message = Buffer.allocUnsafe(header + length)
  message[0] = BATCH_TAG
  let rest = length
  for (let at = 1; at < header; at++) {
    message[at] = at === header - 1 ? rest : (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  message.set(frames, header)
  return message
}

/** A view of the frames. Refuses any other field, a batch over 64 KiB, and bytes after the end. */
export function decodeBatch(message: Uint8Array): Uint8Array {
  if (message.byteLength === 0) return message
  let length = 0
  let at = 1
  for (let shift = 0; ; shift += 7) {
    const byte = message[at++]
    if (byte === undefined || shift > 14) throw new RangeError('batch length malformed')
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  if (message[0] !== BATCH_TAG || length > MAX_BATCH || message.byteLength !== at + length) {
    throw new RangeError('not one batch of at most 64 KiB')
  }
  return message.subarray(at)
}

export type LinkMethod = MethodDefinition<Uint8Array, Uint8Array>
export type LinkService = ServiceDefinition<{ Open: LinkMethod } & Record<string, LinkMethod>>

export const hostLink: LinkService = { Open: openMethod('/bombyx.v1.HostLink/Open') }
export const clientLink: LinkService = { Open: openMethod('/bombyx.v1.ClientLink/Open') }

function openMethod(path: string): LinkMethod {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: encodeBatch,
    responseSerialize: encodeBatch,
    requestDeserialize: decodeBatch,
    responseDeserialize: decodeBatch
  }
}
