import type { SessionCode } from '../../../attestation/session/codes.ts'

/** A rule of `bombyx-link/1` that the other side broke; its link is dropped with GOAWAY. */
export class BrokenRule extends Error {
  readonly code: SessionCode

  constructor(message: string, code: SessionCode = 'PROTOCOL', cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'BrokenRule'
    this.code = code
  }
}
