import type { SessionCode } from '../../../attestation/session/codes.ts'
import type { FRAME } from '../../../attestation/session/frame-header.ts'
import type { LinkStream, StreamEvents } from './stream.ts'

/** Frames of stream 0 that a link leaves to its owner. */
export type ControlType = typeof FRAME.slots | typeof FRAME.usage | typeof FRAME.ack

/** Why a link ended: by agreement (neither), for a code that one side gave, or because of an error. */
export interface LinkEnd {
  readonly code?: SessionCode
  readonly error?: Error
}

/** What a link tells its owner. What a handler throws drops the link: a BrokenRule with its code, others with PROTOCOL. */
export interface LinkEvents {
  /** The other side opened a stream. Answers who gets its events, or the code to refuse it with. */
  open(stream: LinkStream, payload: Uint8Array): StreamEvents | SessionCode
  control(type: ControlType, payload: Uint8Array): void
  /** The other side takes no new streams; those that run may finish. */
  goaway(code: SessionCode | undefined): void
  /** One side said GOAWAY and no stream is left. Who dialled then closes the link, unless this is given. */
  drained?(): void
  /** Once, last; every stream that was left has been reset HOST_LOST. */
  closed(end: LinkEnd): void
}
