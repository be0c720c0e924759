import { createHash } from 'node:crypto'

/** SHA-256 of content that passes in pieces. */
export interface ContentHash {
  update(piece: Uint8Array): void
  /** Once, last. */
  digest(): Uint8Array
}

export function createContentHash(): ContentHash {
  const hash = createHash('sha256')
  return {
    update: (piece) => {
      hash.update(piece)
    },
    digest: () => new Uint8Array(hash.digest())
  }
}
