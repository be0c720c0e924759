import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { decodeHex, encodeHex } from '../../attestation/encoding.ts'
import { type LogLeaf, parseLeaf } from '../../attestation/tlog/leaf.ts'
import { ServiceError } from '../runtime/errors.ts'

export interface LogEntry {
  readonly sequence: bigint
  readonly leaf: Uint8Array
}

/** One call of a writer. */
export interface Delivery {
  readonly writer: string
  readonly entries: readonly LogEntry[]
  readonly blobs: readonly Uint8Array[]
}

export interface StoredBlob {
  readonly digest: Uint8Array
  readonly content: Uint8Array
}

/** What a delivery asks for, once it is known to be well formed. */
export interface Checked {
  readonly entries: readonly LogEntry[]
  readonly blobs: readonly StoredBlob[]
  /** Digests that the leaves name and that must be stored. */
  readonly wanted: readonly Uint8Array[]
}

/** Refuses leaves that are none (`LEAF_MALFORMED`) and sequences that are not consecutive (`LOG_SEQUENCE_GAP`). */
export function checkDelivery({ entries, blobs }: Delivery): Checked {
  const wanted = new Set<string>()
  for (const [at, { sequence, leaf }] of entries.entries()) {
    const first = entries[0]?.sequence ?? 0n
    if (sequence < 1n || sequence !== first + BigInt(at)) {
      throw new ServiceError('LOG_SEQUENCE_GAP', `sequence ${sequence} is entry ${at} after ${first}`)
    }
    for (const digest of namedBlobs(parseLeaf(leaf))) wanted.add(encodeHex(digest))
  }
  return {
    entries,
    blobs: blobs.map((content) => ({ digest: sha256(content), content })),
    wanted: [...wanted].map((digest) => decodeHex(digest))
  }
}

/** What of a call is new, given the sequence that the writer's last entry has; `repeated` were taken before. */
export function planIntake(
  entries: readonly LogEntry[],
  last: bigint
): { readonly repeated: readonly LogEntry[]; readonly fresh: readonly LogEntry[] } {
  const first = entries[0]?.sequence ?? last + 1n
  if (first > last + 1n) {
    throw new ServiceError('LOG_SEQUENCE_GAP', `sequence ${first} comes after ${last}, which is the last one known`)
  }
  const split = entries.findIndex(({ sequence }) => sequence > last)
  return split < 0
    ? { repeated: entries, fresh: [] }
    : { repeated: entries.slice(0, split), fresh: entries.slice(split) }
}

/** A sequence is one leaf for ever. Throws `LOG_SEQUENCE_CONFLICT`. */
export function checkRepeated(repeated: readonly LogEntry[], taken: ReadonlyMap<bigint, Uint8Array>): void {
  for (const { sequence, leaf } of repeated) {
    const before = taken.get(sequence)
    if (before === undefined || !equalBytes(before, leaf)) {
      throw new ServiceError('LOG_SEQUENCE_CONFLICT', `sequence ${sequence} was another leaf before`)
    }
  }
}

/** The digests of what a leaf's reader must be able to fetch. */
export function namedBlobs(leaf: LogLeaf): readonly Uint8Array[] {
  switch (leaf.kind) {
    case 'attestation':
      return [leaf.evidenceDigest, leaf.collateralDigest, leaf.policyDigest]
    case 'policy':
      return [leaf.policyDigest]
    default:
      return []
  }
}
