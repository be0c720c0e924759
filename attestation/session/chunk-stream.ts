import { erase } from '../crypto.ts'
import { encodeUtf8 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import { AEAD_KEY_LENGTH, AEAD_NONCE_LENGTH, AEAD_TAG_LENGTH, openAead, sealAead } from './aead.ts'

/** Most plaintext bytes of a chunk. */
export const MAX_CHUNK: number = 32 * 1024
export const MAX_SEALED_CHUNK: number = MAX_CHUNK + AEAD_TAG_LENGTH
/** Key ‖ iv. */
export const CHUNK_KEYS_LENGTH: number = AEAD_KEY_LENGTH + AEAD_NONCE_LENGTH

const MOST_CHUNKS = 2 ** 32
const FINAL = encodeUtf8('final')

/** Writes the nonce of chunk j, iv XOR j as a 96-bit integer; j is below 2^32, so it changes the last four bytes. */
export function writeChunkNonce(nonce: Uint8Array, iv: Uint8Array, j: number): void {
  nonce.set(iv)
  for (let at = 8, shift = 24; at < 12; at++, shift -= 8) nonce[at] = (iv[at] as number) ^ (j >>> shift)
}

/** One direction's key, and the nonce of the chunk that was come to last. */
class ChunkKey implements Disposable {
  readonly key: Uint8Array
  readonly nonce: Uint8Array = new Uint8Array(AEAD_NONCE_LENGTH)
  readonly #keys: Uint8Array
  readonly #iv: Uint8Array
  #next = 0

  /** Takes the 44 bytes over. */
  constructor(keys: Uint8Array) {
    this.#keys = keys
    this.key = keys.subarray(0, AEAD_KEY_LENGTH)
    this.#iv = keys.subarray(AEAD_KEY_LENGTH, CHUNK_KEYS_LENGTH)
  }

  advance(): void {
    if (this.#next >= MOST_CHUNKS) throw new AttestationError('TOO_LARGE', 'more than 2^32 chunks')
    writeChunkNonce(this.nonce, this.#iv, this.#next++)
  }

  [Symbol.dispose](): void {
    erase(this.#keys, this.nonce)
  }
}

/** Seals the chunks of one direction, in order. */
export class ChunkSealer implements Disposable {
  readonly #key: ChunkKey
  readonly #use: { readonly key: Uint8Array; readonly nonce: Uint8Array; aad: Uint8Array | null }
  #ended = false

  /** Takes k ‖ iv over. */
  constructor(keys: Uint8Array) {
    this.#key = new ChunkKey(keys)
    this.#use = { key: this.#key.key, nonce: this.#key.nonce, aad: null }
  }

  /** At most 32 KiB, and empty only in the final chunk; nothing after that. */
  seal(plaintext: Uint8Array, final: boolean): Uint8Array {
    if (this.#ended) throw new TypeError('nothing can be sealed after the final chunk')
    if (plaintext.byteLength > MAX_CHUNK) throw new TypeError(`a chunk of ${plaintext.byteLength} bytes`)
    if (plaintext.byteLength === 0 && !final) throw new TypeError('an empty chunk that is not final')
    this.#key.advance()
    this.#use.aad = final ? FINAL : null
    const sealed = sealAead(this.#use, plaintext)
    if (final) this[Symbol.dispose]()
    return sealed
  }

  [Symbol.dispose](): void {
    this.#ended = true
    this.#key[Symbol.dispose]()
  }
}

/** Opens the chunks of one direction, in order. The first refusal ends it. */
export class ChunkOpener implements Disposable {
  readonly #key: ChunkKey
  readonly #use: { readonly key: Uint8Array; readonly nonce: Uint8Array; aad: Uint8Array | null }
  #state: 'open' | 'ended' | 'broken' = 'open'

  /** Takes k ‖ iv over. */
  constructor(keys: Uint8Array) {
    this.#key = new ChunkKey(keys)
    this.#use = { key: this.#key.key, nonce: this.#key.nonce, aad: null }
  }

  /** True once the final chunk was opened. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Refuses with UNSEAL_FAILED, also anything after the end; TOO_LARGE over 32 KiB. */
  open(sealed: Uint8Array, final: boolean): Uint8Array {
    if (this.#state !== 'open') throw new AttestationError('UNSEAL_FAILED', 'a chunk after the end')
    try {
      const plaintext = this.#open(sealed, final)
      if (final) this.#end('ended')
      return plaintext
    } catch (cause) {
      this.#end('broken')
      throw cause
    }
  }

  [Symbol.dispose](): void {
    if (this.#state === 'open') this.#end('broken')
  }

  #open(sealed: Uint8Array, final: boolean): Uint8Array {
    if (sealed.byteLength > MAX_SEALED_CHUNK) throw new AttestationError('TOO_LARGE', 'a chunk over 32 KiB')
    this.#key.advance()
    this.#use.aad = final ? FINAL : null
    const plaintext = openAead(this.#use, sealed)
    if (plaintext.byteLength === 0 && !final) throw new AttestationError('UNSEAL_FAILED', 'an empty chunk')
    return plaintext
  }

  #end(state: 'ended' | 'broken'): void {
    this.#state = state
    this.#key[Symbol.dispose]()
  }
}

/** Cuts plaintext into chunks of at most 32 KiB; empty plaintext is one empty chunk. */
export function* cutChunks(plaintext: Uint8Array): Generator<Uint8Array> {
  let at = 0
  do {
    yield plaintext.subarray(at, at + MAX_CHUNK)
    at += MAX_CHUNK
  } while (at < plaintext.byteLength)
}
