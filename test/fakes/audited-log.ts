import { appraiseBundle } from '../../attestation/appraise.ts'
import { attestationLeaf } from '../../attestation/attestation-leaf.ts'
import { ed25519PrivateKey, ed25519PublicBytes, type PrivateKey, sha256 } from '../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { encodePolicy, type Policy } from '../../attestation/policy.ts'
import { signCheckpoint } from '../../attestation/tlog/checkpoint.ts'
import { appendLeaves, EMPTY_RANGE, rangeRoot } from '../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../attestation/tlog/hash.ts'
import { type AttestationLeaf, encodeLeaf } from '../../attestation/tlog/leaf.ts'
import { type NoteKey, noteKey } from '../../attestation/tlog/note-key.ts'
import { proveConsistency } from '../../attestation/tlog/prove.ts'
import { encodeEntryBundle, encodeTile } from '../../attestation/tlog/tile.ts'
import { TILE_WIDTH, tileLevels, tilePath } from '../../attestation/tlog/tile-path.ts'
import type { LogFiles } from '../../services/audit/log-files.ts'
import { type Evidence, NOW, readEvidence } from './virtual-evidence.ts'

/** Unix seconds. */
const SIGNED_AT = NOW.getTime() / 1000 + 60

/**
 * A log whose operator serves what a test tells it: true files of its leaves, any of which can be put in place of, or taken
 * away. Every head that it signs is signed by the one key.
 */
export class AuditedLog implements LogFiles {
  readonly name = 'a log in memory'
  readonly key: NoteKey
  readonly leaves: Uint8Array[]
  readonly blobs = new Map<string, Uint8Array>()
  /** Instead of the true file; null: there is none. */
  readonly lies = new Map<string, Uint8Array | null>()
  readonly #privateKey: PrivateKey
  #signedAt = SIGNED_AT

  constructor(leaves: readonly Uint8Array[] = [], origin = 'log.example/audited') {
    this.leaves = [...leaves]
    this.#privateKey = ed25519PrivateKey(sha256(encodeUtf8(origin)))
    this.key = noteKey(origin, 'ed25519', ed25519PublicBytes(this.#privateKey))
  }

  /** The same log with other leaves: what is shared is up to the caller. */
  like(leaves: readonly Uint8Array[]): AuditedLog {
    const other = new AuditedLog(leaves, this.key.name)
    for (const [digest, blob] of this.blobs) other.blobs.set(digest, blob)
    return other
  }

  addBlob(blob: Uint8Array): Uint8Array {
    const digest = sha256(blob)
    this.blobs.set(encodeHex(digest), blob)
    return digest
  }

  /** Appraises evidence at `at` and logs what comes of it, changed by `changes`. The leaf's index. */
  attest(evidence: Evidence, policy: Policy, { at = NOW, changes = {} }: AttestWish = {}): number {
    const read = readEvidence(evidence)
    const { result } = appraiseBundle({ ...read, inclusion: 'apart' }, policy, at)
    for (const blob of [evidence.bundleBytes, evidence.collateralBytes, encodePolicy(policy)]) this.addBlob(blob)
    return this.leaves.push(encodeLeaf({ ...attestationLeaf(read.bundle, result), ...changes })) - 1
  }

  root(size = this.leaves.length): Uint8Array {
    return rangeRoot(appendLeaves(EMPTY_RANGE, this.leaves.slice(0, size).map(leafHash)))
  }

  /** A head, signed at `at`. */
  sign({ size = this.leaves.length, root = this.root(size), at = this.#signedAt }: SignWish = {}): Uint8Array {
    const head = { origin: this.key.name, size: BigInt(size), root, extensions: [] }
    return signCheckpoint(head, this.#privateKey, BigInt(at))
  }

  /** That the tree of all leaves extends that of the first `size1`. */
  consistency(size1: number, size2 = this.leaves.length): readonly Uint8Array[] {
    return proveConsistency(BigInt(size1), BigInt(size2), ({ level, index }) => {
      const begin = Number(index) * 2 ** level
      return rangeRoot(appendLeaves(EMPTY_RANGE, this.leaves.slice(begin, begin + 2 ** level).map(leafHash)))
    })
  }

  /** From now on its newest head is of this time, unix seconds. */
  set signedAt(at: number) {
    this.#signedAt = at
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const lie = this.lies.get(path)
    if (lie !== undefined) return lie ?? undefined
    if (path === 'checkpoint') return this.sign()
    if (path.startsWith('blob/sha256/')) return this.blobs.get(path.slice('blob/sha256/'.length))
    return this.#tiles().get(path)
  }

  #known: { readonly size: number; readonly tiles: ReadonlyMap<string, Uint8Array> } | undefined

  #tiles(): ReadonlyMap<string, Uint8Array> {
    if (this.#known?.size === this.leaves.length) return this.#known.tiles
    const rows = new Map<number, Uint8Array[]>()
    appendLeaves(EMPTY_RANGE, this.leaves.map(leafHash), (level, _, hash) => {
      const row = rows.get(level) ?? []
      row.push(hash)
      rows.set(level, row)
    })
    const tiles = new Map<string, Uint8Array>()
    for (const { level, full, partial } of tileLevels(BigInt(this.leaves.length))) {
      const row = rows.get(level * 8) ?? []
      for (let index = 0; index < Number(full) + (partial > 0 ? 1 : 0); index++) {
        const part = row.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)
        const id = { index: BigInt(index), width: part.length }
        tiles.set(tilePath({ level, ...id }), encodeTile(part))
        if (level > 0) continue
        const entries = this.leaves.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH)
        tiles.set(tilePath({ level: 'entries', ...id }), encodeEntryBundle(entries))
      }
    }
    this.#known = { size: this.leaves.length, tiles }
    return tiles
  }
}

interface AttestWish {
  readonly at?: Date
  readonly changes?: Partial<AttestationLeaf>
}

interface SignWish {
  readonly size?: number
  readonly root?: Uint8Array
  /** Unix seconds. */
  readonly at?: number
}
