import { ed25519PrivateKey, ed25519PublicBytes, equalBytes, type PrivateKey, sha256 } from '../../attestation/crypto.ts'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import { signCheckpoint } from '../../attestation/tlog/checkpoint.ts'
import { leafHash, nodeHash } from '../../attestation/tlog/hash.ts'
import { encodeLogProof } from '../../attestation/tlog/log-proof.ts'
import type { HashReader } from '../../attestation/tlog/node-id.ts'
import { type NoteKey, noteKey } from '../../attestation/tlog/note-key.ts'
import { type Proof, proveConsistency, proveInclusion, rootAt } from '../../attestation/tlog/prove.ts'

/** What is asked of a head that is not the newest. */
export interface HeadWish {
  /** Unix seconds of the log's cosignature. */
  readonly at: number
  /** Leaves; all of them where absent. */
  readonly size?: number
}

/**
 * A log whose operator does as a test tells it: true to its leaves, and free to sign any time, any older head, and, with
 * `fork`, another history under the same key.
 */
export class TestLog {
  readonly key: NoteKey
  readonly #privateKey: PrivateKey
  readonly #leaves: Uint8Array[]

  constructor(origin = 'log.example/test', leaves: readonly Uint8Array[] = []) {
    this.#privateKey = ed25519PrivateKey(sha256(encodeUtf8(origin)))
    this.key = noteKey(origin, 'ed25519', ed25519PublicBytes(this.#privateKey))
    this.#leaves = [...leaves]
  }

  get size(): number {
    return this.#leaves.length
  }

  /** -1 where it is not in the log. */
  indexOf(leaf: Uint8Array): number {
    return this.#leaves.findIndex((own) => equalBytes(own, leaf))
  }

  /** The leaf's index. */
  append(leaf: Uint8Array): number {
    return this.#leaves.push(leaf) - 1
  }

  /** The same log as it tells it to somebody else: `size` leaves are shared, and then this one follows. */
  fork(size: number, leaf: Uint8Array): TestLog {
    return new TestLog(this.key.name, [...this.#leaves.slice(0, size), leaf])
  }

  checkpoint({ at, size = this.size }: HeadWish): Uint8Array {
    const head = { origin: this.key.name, size: BigInt(size), root: rootAt(BigInt(size), this.#read), extensions: [] }
    return signCheckpoint(head, this.#privateKey, BigInt(at))
  }

  /** A C2SP tlog-proof of the leaf at `index`. */
  prove(index: number, wish: HeadWish): Uint8Array {
    const size = BigInt(wish.size ?? this.size)
    const proof = proveInclusion(BigInt(index), size, this.#read)
    return encodeLogProof({ leafIndex: BigInt(index), proof, checkpoint: this.checkpoint(wish), extra: null })
  }

  consistency(size1: bigint, size2: bigint): Proof {
    return proveConsistency(size1, size2, this.#read)
  }

  readonly #read: HashReader = ({ level, index }) => {
    const [begin, end] = [Number(index) * 2 ** level, (Number(index) + 1) * 2 ** level]
    if (end > this.#leaves.length) throw new RangeError(`node ${level}/${index} is not complete`)
    let hashes = this.#leaves.slice(begin, end).map(leafHash)
    while (hashes.length > 1) hashes = pairs(hashes)
    return hashes[0] as Uint8Array
  }
}

function pairs(hashes: readonly Uint8Array[]): Uint8Array[] {
  return Array.from({ length: hashes.length / 2 }, (_, at) =>
    nodeHash(hashes[at * 2] as Uint8Array, hashes[at * 2 + 1] as Uint8Array)
  )
}
