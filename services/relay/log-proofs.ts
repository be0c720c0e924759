import { RecentMap } from './recent-map.ts'

export interface LogProofsContext {
  /** The log's own answer: a C2SP tlog-proof of the leaf at an index. */
  readonly fetch: (index: bigint) => Promise<Uint8Array>
  /** Milliseconds that never run back. */
  readonly monotonic: () => number
  /** How long a proof is given out before the log is asked again. */
  readonly freshMs: number
  readonly onFault: (error: unknown) => void
}

interface Kept {
  readonly proof: Uint8Array
  readonly at: number
}

const MOST = 4096

/**
 * Proofs of hosts' leaves, as fresh as a few seconds. A log that does not answer leaves the last proof in place: how old a
 * checkpoint may be is the client's rule, and the relay refuses nothing by it.
 */
export class LogProofs {
  readonly #context: LogProofsContext
  readonly #kept = new RecentMap<bigint, Kept>(MOST)
  readonly #fetching = new Map<bigint, Promise<Uint8Array | undefined>>()

  constructor(context: LogProofsContext) {
    this.#context = context
  }

  /** Undefined where the log has never given one. */
  async get(index: bigint): Promise<Uint8Array | undefined> {
    const kept = this.#kept.get(index)
    if (kept !== undefined && this.#context.monotonic() - kept.at < this.#context.freshMs) return kept.proof
    const fetching = this.#fetching.get(index) ?? this.#fetch(index)
    return fetching
  }

  #fetch(index: bigint): Promise<Uint8Array | undefined> {
    const { fetch, monotonic, onFault } = this.#context
    const fetching = fetch(index)
      .then((proof) => {
        this.#kept.set(index, { proof, at: monotonic() })
        return proof
      })
      .catch((error: unknown) => {
        onFault(error)
        const kept = this.#kept.get(index)
        // A log that hangs is waited for once in a while, not by every client.
        if (kept !== undefined) this.#kept.set(index, { proof: kept.proof, at: monotonic() })
        return kept?.proof
      })
      .finally(() => this.#fetching.delete(index))
    this.#fetching.set(index, fetching)
    return fetching
  }
}
