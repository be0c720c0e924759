/** What a relay may know of a request: the layout is fixed, and every byte of it is bound into the seal. */
export interface Meta {
  readonly sessionId: Uint8Array
  /** Below 2^53. */
  readonly n: number
  readonly stream: boolean
  /** Unix seconds. */
  readonly deadline: number
  /** Of the padded plaintext, exact. */
  readonly inputSize: number
  /** Tokens, 0: none. */
  readonly outputLimit: number
  /** 0: none. */
  readonly cadenceMs: number
  /** nanoTON for this request, 0: none. */
  readonly maxPrice: bigint
  /** 8 bytes, all zero: none. */
  readonly affinity: Uint8Array
  readonly model: string
}

export const MAX_INPUT: number = 64 * 1024 * 1024

export function encodeMeta(meta: Meta): Uint8Array {
  throw new TypeError(`not yet ${meta.n}`)
}

/** Refuses with REQUEST_MALFORMED, or TOO_LARGE for an input over 64 MiB. */
export function parseMeta(bytes: Uint8Array): Meta {
  throw new TypeError(`not yet ${bytes}`)
}

/** Lets a relay prefer the host that has this prompt's prefix cached without learning the prefix; `key` is the client's own. */
export function affinityOf(key: Uint8Array, prefix: Uint8Array): Uint8Array {
  throw new TypeError(`not yet ${key} ${prefix}`)
}
