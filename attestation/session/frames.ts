import { FRAME, type FrameKind, type FrameType } from './frame-header.ts'
import type { Wrap } from './wrap.ts'

/** A frame of `bombyx-link/1`. A HELLO's payload depends on who speaks: see the `…Hello` functions of link-hello.ts. */
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

export function frameType(kind: FrameKind): FrameType {
  return FRAME[kind]
}

/** A frame's payload without its header. */
export function encodeFramePayload(frame: Frame): Uint8Array {
  throw new TypeError(`not yet ${frame.kind}`)
}

export function encodeFrame(frame: Frame): Uint8Array {
  throw new TypeError(`not yet ${frame.kind}`)
}

/** Reads a payload; what it holds are views. Refuses with FRAME_MALFORMED, also a type on a stream it does not belong to. */
export function parseFramePayload(type: FrameType, stream: number, payload: Uint8Array): Frame {
  throw new TypeError(`not yet ${type} ${stream} ${payload}`)
}

/** Reads a batch of one or more frames, at most 64 KiB. Refuses with FRAME_MALFORMED. */
export function parseFrames(batch: Uint8Array): readonly Frame[] {
  throw new TypeError(`not yet ${batch}`)
}
