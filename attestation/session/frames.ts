import { ByteReader } from '../byte-reader.ts'
import { equalBytes } from '../crypto.ts'
import { concatBytes, lengthPrefixed, uint8, uint16, uint32, uint64 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { MAX_SEALED_CHUNK } from './chunk-stream.ts'
import {
  FRAME,
  FRAME_HEADER_LENGTH,
  type FrameKind,
  type FrameType,
  MAX_BATCH,
  MAX_FRAME_PAYLOAD,
  readFrames,
  writeFrameHeader
} from './frame-header.ts'
import { MAX_LEGS } from './hello.ts'
import { WRAP_LENGTH, type Wrap } from './wrap.ts'

/** A frame of `bombyx-link/1`. A HELLO's payload depends on who speaks: link-hello.ts has the three. */
export type Frame =
  | { readonly kind: 'hello'; readonly stream: 0; readonly payload: Uint8Array }
  | { readonly kind: 'slots'; readonly stream: 0; readonly free: number; readonly total: number }
  | { readonly kind: 'open'; readonly stream: number; readonly meta: Uint8Array; readonly candidates: readonly Wrap[] }
  | { readonly kind: 'data'; readonly stream: number; readonly chunk: Uint8Array }
  | { readonly kind: 'final'; readonly stream: number; readonly chunk: Uint8Array }
  | { readonly kind: 'credit'; readonly stream: number; readonly bytes: number }
  | { readonly kind: 'reset'; readonly stream: number; readonly code: number }
  | { readonly kind: 'accept'; readonly stream: number; readonly digest: Uint8Array; readonly salt: Uint8Array }
  | { readonly kind: 'usage'; readonly stream: 0; readonly seq: number; readonly statement: Uint8Array }
  | { readonly kind: 'ack'; readonly stream: 0; readonly seq: number }
  | { readonly kind: 'ping'; readonly stream: 0; readonly payload: Uint8Array }
  | { readonly kind: 'pong'; readonly stream: 0; readonly payload: Uint8Array }
  | { readonly kind: 'goaway'; readonly stream: 0; readonly code: number }

type FrameOf<K extends FrameKind> = Extract<Frame, { readonly kind: K }>

/** How one kind of frame is written and read; `link`: on stream 0, where the others never are. */
interface PayloadCodec<K extends FrameKind> {
  readonly link: boolean
  encode(frame: FrameOf<K>): Uint8Array
  read(reader: ByteReader, stream: number): FrameOf<K>
}

const CODECS: { readonly [K in FrameKind]: PayloadCodec<K> } = {
  hello: {
    link: true,
    encode: (frame) => frame.payload,
    read: (reader) => ({ kind: 'hello', stream: 0, payload: reader.rest() })
  },
  slots: {
    link: true,
    encode: (frame) => concatBytes(uint32(frame.free), uint32(frame.total)),
    read: (reader) => ({ kind: 'slots', stream: 0, free: reader.uint32('free'), total: reader.uint32('total') })
  },
  open: {
    link: false,
    encode: (frame) => concatBytes(lengthPrefixed(frame.meta), uint8(frame.candidates.length), ...pairs(frame)),
    read: (reader, stream) => {
      const meta = reader.bytes(reader.uint32('meta length'), 'meta')
      return { kind: 'open', stream, meta, candidates: readCandidates(reader) }
    }
  },
  data: {
    link: false,
    encode: (frame) => frame.chunk,
    read: (reader, stream) => ({ kind: 'data', stream, chunk: readChunk(reader) })
  },
  final: {
    link: false,
    encode: (frame) => frame.chunk,
    read: (reader, stream) => ({ kind: 'final', stream, chunk: readChunk(reader) })
  },
  credit: {
    link: false,
    encode: (frame) => uint32(frame.bytes),
    read: (reader, stream) => ({ kind: 'credit', stream, bytes: reader.uint32('credit') })
  },
  reset: {
    link: false,
    encode: (frame) => uint16(frame.code),
    read: (reader, stream) => ({ kind: 'reset', stream, code: reader.uint16('code') })
  },
  accept: {
    link: false,
    encode: (frame) => concatBytes(frame.digest, frame.salt),
    read: (reader, stream) => ({
      kind: 'accept',
      stream,
      digest: reader.bytes(32, 'digest'),
      salt: reader.bytes(32, 'salt')
    })
  },
  usage: {
    link: true,
    encode: (frame) => concatBytes(uint64(frame.seq), frame.statement),
    read: (reader) => ({ kind: 'usage', stream: 0, seq: reader.safeUint64('seq'), statement: reader.rest() })
  },
  ack: {
    link: true,
    encode: (frame) => uint64(frame.seq),
    read: (reader) => ({ kind: 'ack', stream: 0, seq: reader.safeUint64('seq') })
  },
  ping: {
    link: true,
    encode: (frame) => frame.payload,
    read: (reader) => ({ kind: 'ping', stream: 0, payload: reader.bytes(8, 'ping') })
  },
  pong: {
    link: true,
    encode: (frame) => frame.payload,
    read: (reader) => ({ kind: 'pong', stream: 0, payload: reader.bytes(8, 'pong') })
  },
  goaway: {
    link: true,
    encode: (frame) => uint16(frame.code),
    read: (reader) => ({ kind: 'goaway', stream: 0, code: reader.uint16('code') })
  }
}

const KINDS = new Map(Object.entries(FRAME).map(([kind, type]) => [type, kind as FrameKind]))

/** A frame's payload without its header. */
export function encodeFramePayload(frame: Frame): Uint8Array {
  return codecOf(frame.kind).encode(frame)
}

/** Header and payload. */
export function encodeFrame(frame: Frame): Uint8Array {
  const payload = encodeFramePayload(frame)
  if (payload.byteLength > MAX_FRAME_PAYLOAD) throw new TypeError(`a payload of ${payload.byteLength} bytes`)
  const bytes = new Uint8Array(FRAME_HEADER_LENGTH + payload.byteLength)
  writeFrameHeader(bytes, 0, { type: FRAME[frame.kind], stream: frame.stream, length: payload.byteLength })
  bytes.set(payload, FRAME_HEADER_LENGTH)
  return bytes
}

/** Reads a payload; what it holds are views. Refuses with FRAME_MALFORMED, also a type on a stream it does not belong to. */
export function parseFramePayload(type: FrameType, stream: number, payload: Uint8Array): Frame {
  const kind = KINDS.get(type)
  if (kind === undefined) throw malformed(`frame type ${type}`)
  const codec = codecOf(kind)
  if (codec.link !== (stream === 0)) throw malformed(`${kind} on stream ${stream}`)
  const reader = new ByteReader(payload, 'FRAME_MALFORMED')
  const frame = codec.read(reader, stream)
  reader.end()
  return frame
}

/** Reads a batch of one or more frames, at most 64 KiB. Refuses with FRAME_MALFORMED. */
export function parseFrames(batch: Uint8Array): readonly Frame[] {
  if (batch.byteLength === 0 || batch.byteLength > MAX_BATCH) throw malformed(`a batch of ${batch.byteLength} bytes`)
  const frames: Frame[] = []
  readFrames(batch, (type, stream, payload) => frames.push(parseFramePayload(type, stream, payload)))
  return frames
}

/** The table's rows are told apart by the kind they are found under, which the compiler cannot follow. */
function codecOf(kind: FrameKind): PayloadCodec<FrameKind> {
  return CODECS[kind] as unknown as PayloadCodec<FrameKind>
}

function pairs(frame: FrameOf<'open'>): readonly Uint8Array[] {
  return frame.candidates.flatMap(({ digest, wrap }) => [digest, wrap])
}

function readCandidates(reader: ByteReader): readonly Wrap[] {
  const count = reader.uint8('candidate count')
  if (count < 1 || count > MAX_LEGS) throw malformed(`${count} candidates`)
  const candidates: Wrap[] = []
  for (let i = 0; i < count; i++) {
    const digest = reader.bytes(32, 'digest')
    if (candidates.some((other) => equalBytes(other.digest, digest))) throw malformed('a candidate twice')
    candidates.push({ digest, wrap: reader.bytes(WRAP_LENGTH, 'wrap') })
  }
  return candidates
}

function readChunk(reader: ByteReader): Uint8Array {
  if (reader.remaining > MAX_SEALED_CHUNK) throw malformed(`a chunk of ${reader.remaining} bytes`)
  return reader.rest()
}

function malformed(message: string): AttestationError {
  return new AttestationError('FRAME_MALFORMED', message)
}
