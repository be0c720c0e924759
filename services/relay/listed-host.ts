import type { Keyset } from '../../attestation/session/keyset.ts'
import type { ClassPrices } from './plan.ts'
import type { HostMessage } from './wire.ts'

/** A host as the directory lists it. */
export interface ListedHost {
  /** Given by the registry, hex. */
  readonly hostId: string
  /** Keyset digest, hex. */
  readonly digest: string
  readonly keyset: Keyset
  readonly model: string
  readonly region: string
  readonly prices: ClassPrices
  /** How much of it is proven, as `assuranceLevel` has it. */
  readonly assurance: number
  /** Unix seconds: the earlier of the verdict's and the keyset's. */
  readonly notAfter: number
  /** What clients are given of it, as it came. */
  readonly message: HostMessage
}

/** Why a host is no longer listed. */
export type DelistReason = 'lapsed' | 'quarantined' | 'replaced' | 'withdrawn'

export type DirectoryChange =
  | { readonly kind: 'listed'; readonly host: ListedHost }
  | { readonly kind: 'delisted'; readonly digest: string; readonly reason: DelistReason }
  | { readonly kind: 'snapshot-end' }
