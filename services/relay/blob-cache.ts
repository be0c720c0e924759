import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { ServiceError } from '../runtime/errors.ts'

/** Content by digest, least recently used out first, bounded by bytes. What does not hash to its name is never kept. */
export class BlobCache {
  readonly #fetch: (digest: Uint8Array) => Promise<Uint8Array>
  readonly #limit: number
  readonly #blobs = new Map<string, Uint8Array>()
  readonly #fetching = new Map<string, Promise<Uint8Array>>()
  #bytes = 0

  constructor(fetch: (digest: Uint8Array) => Promise<Uint8Array>, limitBytes: number) {
    this.#fetch = fetch
    this.#limit = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Refuses with what `fetch` refuses with, and UNAVAILABLE for content of another digest. */
  async get(digest: Uint8Array): Promise<Uint8Array> {
    if (digest.byteLength !== 32) throw new ServiceError('ARGUMENT_INVALID', 'a digest is 32 bytes')
    const key = encodeHex(digest)
    const known = this.#blobs.get(key)
    if (known !== undefined) {
      this.#blobs.delete(key)
      this.#blobs.set(key, known)
      return known
    }
    const fetching = this.#fetching.get(key) ?? this.#load(key, digest)
    return fetching
  }

  #load(key: string, digest: Uint8Array): Promise<Uint8Array> {
    const loading = this.#fetch(digest)
      .then((content) => {
        if (!equalBytes(sha256(content), digest))
          throw new ServiceError('UNAVAILABLE', `blob ${key} has another digest`)
        this.#keep(key, content)
        return content
      })
      .finally(() => this.#fetching.delete(key))
    this.#fetching.set(key, loading)
    return loading
  }

  #keep(key: string, content: Uint8Array): void {
    if (content.byteLength > this.#limit) return
    this.#blobs.set(key, content)
    this.#bytes += content.byteLength
    for (const [oldest, { byteLength }] of this.#blobs) {
      if (this.#bytes <= this.#limit) return
      this.#blobs.delete(oldest)
      this.#bytes -= byteLength
    }
  }
}
