import type { AnchoredHead } from '../../proto/gen/bombyx/v1/AnchoredHead.ts'
import type { AppendRequest__Output } from '../../proto/gen/bombyx/v1/AppendRequest.ts'
import type { GetAnchorResponse } from '../../proto/gen/bombyx/v1/GetAnchorResponse.ts'
import type { GetProofRequest__Output } from '../../proto/gen/bombyx/v1/GetProofRequest.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { AnchorStatus } from './anchor/start.ts'
import type { Settled } from './anchor/store.ts'
import type { Delivery } from './intake.ts'

const MOST_ENTRIES = 1024
const HASH_BYTES = 32
const MAX_INT64 = (1n << 63n) - 1n

export type LeafName =
  | { readonly kind: 'index'; readonly index: bigint }
  | { readonly kind: 'hash'; readonly hash: Uint8Array }

export function deliveryFromWire({ writer, entries, blobs }: AppendRequest__Output): Delivery {
  if (!/^[\x21-\x7e]{1,64}$/.test(writer)) throw invalid('writer: 1 to 64 visible characters are wanted')
  if (entries.length > MOST_ENTRIES) throw invalid(`at most ${MOST_ENTRIES} entries a call, not ${entries.length}`)
  return { writer, entries: entries.map(({ sequence, leaf }) => ({ sequence: int64(sequence), leaf })), blobs }
}

/** proto-loader lets a caller set both members of the choice. */
export function leafNameFromWire({ index, leafHash }: GetProofRequest__Output): LeafName {
  if ((index === undefined) === (leafHash === undefined)) throw invalid('either index or leaf_hash is wanted')
  if (index !== undefined) return { kind: 'index', index: int64(index) }
  if (leafHash?.byteLength !== HASH_BYTES) throw invalid('leaf_hash: 32 bytes are wanted')
  return { kind: 'hash', hash: leafHash }
}

/** The older size and the newer one, which is `newest` unless a smaller is named. */
export function sizesFromWire(oldSize: string, newSize: string, newest: bigint): readonly [bigint, bigint] {
  const [older, named] = [int64(oldSize), int64(newSize)]
  if (older < 1n) throw invalid('old_size: at least 1 is wanted')
  if (named > newest) throw new ServiceError('NOT_FOUND', `the newest checkpoint has size ${newest}`)
  return [older, named === 0n ? newest : named]
}

export function digestFromWire(digest: Uint8Array): Uint8Array {
  if (digest.byteLength !== HASH_BYTES) throw invalid('digest: 32 bytes are wanted')
  return digest
}

export function anchorToWire({ network, address, anchored, isPending, isLate }: AnchorStatus): GetAnchorResponse {
  const head = anchored === undefined ? {} : { anchored: anchoredToWire(anchored) }
  return { network, address, ...head, pending: isPending, late: isLate }
}

function anchoredToWire({ size, root, timestamp, transactionLt, transactionHash }: Settled): AnchoredHead {
  return { size: String(size), root, timestamp, lt: String(transactionLt), transaction: transactionHash }
}

/** What PostgreSQL can hold; the wire's numbers go to 2^64. */
function int64(decimal: string): bigint {
  const value = BigInt(decimal)
  if (value > MAX_INT64) throw invalid('a number over 2^63 - 1')
  return value
}

function invalid(message: string): ServiceError {
  return new ServiceError('ARGUMENT_INVALID', message)
}
