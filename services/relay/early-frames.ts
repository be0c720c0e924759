import { FRAME } from '../../attestation/session/frame-header.ts'
import type { ControlType } from '../runtime/link/link.ts'

const MOST_STATEMENTS = 1024
/** More than so many statements of the usual size. */
const MOST_BYTES = 1024 * 1024

/**
 * What came on a link before its host was known, and so from anybody: the last SLOTS, and statements up to a bound.
 * Those beyond come again, because nobody acknowledges them.
 */
export class EarlyFrames {
  slots: Uint8Array | undefined
  readonly #statements: Uint8Array[] = []
  #bytes = 0

  keep(type: ControlType, payload: Uint8Array): void {
    if (type === FRAME.slots) {
      this.slots = payload.slice()
      return
    }
    if (this.#statements.length >= MOST_STATEMENTS || this.#bytes + payload.byteLength > MOST_BYTES) return
    this.#bytes += payload.byteLength
    this.#statements.push(payload.slice())
  }

  /** In the order in which they came; they are forgotten here. */
  takeStatements(): readonly Uint8Array[] {
    return this.#statements.splice(0)
  }
}
