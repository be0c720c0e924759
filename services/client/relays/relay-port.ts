import type { LogEvidence } from '../../../attestation/admit.ts'
import type { ReferenceValueEvidence } from '../../../attestation/releases.ts'
import type { AcceptMessage, HelloMessage } from '../../../attestation/session/handshake.ts'
import type { Proof } from '../../../attestation/tlog/prove.ts'
import type { Link } from '../../runtime/link/link.ts'
import type { MaxPrices } from '../client.ts'
import type { FoundHostLabel } from '../events.ts'
import type { AwaitedStatement, FoundStatement } from '../payment/awaited.ts'
import type { CoveredStatement } from '../payment/covers.ts'

export interface HostWish {
  readonly model: string
  readonly region: string
  readonly maxPrices: MaxPrices | undefined
  /** 1..8. */
  readonly count: number
  /** Keyset digests of hosts refused or lost. */
  readonly exclude: readonly Uint8Array[]
}

/** A host as a relay names it. Nothing here is believed; the digests say which evidence to ask for. */
export interface FoundHost extends FoundHostLabel {
  /** SHA-256 of the keyset that the relay shows, for `HostWish.exclude`. */
  readonly claimedKeysetDigest: Uint8Array
  readonly bundle: Uint8Array
  readonly collateral: Uint8Array
  /** Its leaf in the log and the proof of that; null where the relay has none. */
  readonly log: LogEvidence | null
}

/** What of a found host is for people. */
export function labelOf({ hostId, provider, region, bundleDigest }: FoundHost): FoundHostLabel {
  return { hostId, provider, region, bundleDigest }
}

export interface VoucherRequest {
  /** Of the host. */
  readonly keysetDigest: Uint8Array
  /** Account, 32 bytes. */
  readonly escrow: Uint8Array
  /** nanoTON of the request that is meant; 0: any. */
  readonly maxPrice: bigint
  /** Absent: only the question. */
  readonly voucher?: {
    readonly voucher: Uint8Array
    readonly covered: readonly CoveredStatement[]
    /** By the key that signed the voucher. */
    readonly coveredSignature: Uint8Array
  }
}

/** How this payer stands with a host, as the host says. */
export interface PaymentStatus {
  /** Signed by the host. */
  readonly terms: Uint8Array
  /** nanoTON; sums since the escrow began. */
  readonly delivered: bigint
  readonly vouchered: bigint
  /** Why the request would be refused; empty: it would not. */
  readonly reason: string
  /** The voucher that would do. */
  readonly cumulative?: bigint
  /** By the relay's word: the market has the voucher that was brought, or will never take it. */
  readonly isStored: boolean
}

/** What a relay does for who pays. All of it can fail with a ServiceError. */
export interface PayingRelay {
  /** Brings a voucher to a host and the market, or asks how this payer stands with the host. */
  giveVoucher(request: VoucherRequest): Promise<PaymentStatus>
  /** The best vouchers of an escrow for a payee that the market has, unchecked; accounts. */
  listVouchers(escrow: Uint8Array, payee: Uint8Array): Promise<readonly Uint8Array[]>
  /** The market's statements of answers whose receipts are here, unchecked; those that it does not have yet are left out. */
  findStatements(awaited: readonly AwaitedStatement[]): Promise<readonly FoundStatement[]>
}

/** One host's answer to a hello, or the relay's word that there is none. */
export type HelloAnswer =
  | { readonly kind: 'accept'; readonly message: AcceptMessage }
  | { readonly kind: 'refusal'; readonly keysetDigest: Uint8Array; readonly code: string }

/** What the client asks of one relay. All of it can fail with a ServiceError. */
export interface RelayPort extends PayingRelay, AsyncDisposable {
  readonly authority: string
  findHosts(wish: HostWish): Promise<readonly FoundHost[]>
  listModels(): Promise<readonly string[]>
  /** Reference values that the relay knows of, unchecked. */
  listReferenceValues(): Promise<readonly ReferenceValueEvidence[]>
  /** That the log's tree of the second size extends that of the first, as the log says. */
  getConsistency(oldSize: bigint, newSize: bigint): Promise<Proof>
  getBlob(digest: Uint8Array): Promise<Uint8Array>
  openSession(hello: HelloMessage, limits: { readonly signal: AbortSignal }): AsyncIterable<HelloAnswer>
  /** The standing link; dialled at the first call, and again after it was lost. */
  link(): Promise<Link>
}
