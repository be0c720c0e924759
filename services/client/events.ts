import type { TokenCounts } from '../../attestation/receipt/usage.ts'
import type { AppraisalResult } from '../../attestation/result.ts'
import type { CoveredStatement } from './payment/covers.ts'

/**
 * What the client did, as it happens, for people and for logs. No event carries a prompt, an answer or a key. Every
 * digest and id is lower-case hex; times are milliseconds.
 */
export type ClientEvent =
  | {
      readonly kind: 'hosts-found'
      readonly relay: string
      readonly model: string
      readonly hosts: readonly FoundHostLabel[]
    }
  | HostAppraised
  | HostLogged
  | { readonly kind: 'host-not-logged'; readonly host: FoundHostLabel; readonly code: string; readonly reason: string }
  | { readonly kind: 'log-forked'; readonly origin: string; readonly file: string }
  | { readonly kind: 'host-unreadable'; readonly host: FoundHostLabel; readonly code: string; readonly reason: string }
  | SessionOpened
  | RequestSealed
  | {
      readonly kind: 'request-accepted'
      readonly requestId: string
      readonly host: string
      readonly relay: string
      readonly elapsedMs: number
    }
  | { readonly kind: 'answer-started'; readonly requestId: string; readonly host: string; readonly elapsedMs: number }
  | AnswerFinished
  | {
      readonly kind: 'receipt-verified'
      readonly requestId: string
      readonly host: string
      readonly receiptId: string
      readonly tokens: TokenCounts
    }
  /** The figures are those of the verified receipt at the accepted prices, or the statement's signature was checked. */
  | {
      readonly kind: 'usage-verified'
      readonly requestId: string
      readonly finish: string
      readonly tokens: TokenCounts
      readonly price: bigint
      /** What of the statement is hard to believe; empty: nothing. */
      readonly doubts: readonly string[]
    }
  /** A host has a voucher of this sum, which is the payee's in all; `covered` are the statements that it adds. */
  | {
      readonly kind: 'voucher-given'
      readonly host: string
      readonly payee: string
      readonly cumulative: bigint
      readonly covered: readonly CoveredStatement[]
    }
  /** Vouchers for this payee were not here, or older ones: the market had the greatest, signed by this consumer. */
  | { readonly kind: 'vouchers-recovered'; readonly payee: string; readonly cumulative: bigint }
  | { readonly kind: 'voucher-refused'; readonly host: string; readonly reason: string }
  | { readonly kind: 'usage-refused'; readonly code: string; readonly reason: string }
  /** The data folder cannot be written: the bill cannot be held against this request later. */
  | { readonly kind: 'receipt-not-kept'; readonly reason: string }
  | {
      readonly kind: 'attempt-failed'
      readonly requestId: string
      readonly host: string | null
      readonly code: string
      readonly next: 'another leg' | 'a new session'
    }
  | {
      readonly kind: 'request-failed'
      /** Null when it failed before it was sealed. */
      readonly requestId: string | null
      readonly code: string
      readonly message: string
    }

export type ClientEventListener = (event: ClientEvent) => void

/** What the relay says of a host before anything of it has been checked. */
export interface FoundHostLabel {
  readonly hostId: string
  readonly provider: string
  readonly region: string
  readonly bundleDigest: string
}

export interface HostAppraised {
  readonly kind: 'host-appraised'
  readonly host: FoundHostLabel
  readonly trusted: boolean
  readonly keysetDigest: string
  readonly result: AppraisalResult
  readonly bundleBytes: number
  readonly collateralBytes: number
  readonly elapsedMs: number
}

/** A host's attestation was found in the log that the policy names, in a head that extends those seen before. */
export interface HostLogged extends InclusionLabel {
  readonly kind: 'host-logged'
  readonly host: FoundHostLabel
  /** Of checking leaf, proof and checkpoint. */
  readonly elapsedMs: number
}

/** Where in the log an attestation is, and what it cannot be older than. */
export interface InclusionLabel {
  readonly origin: string
  readonly leafIndex: bigint
  /** Of the checkpoint that the inclusion was proven in. */
  readonly treeSize: bigint
  /** Unix seconds: the log's own time of that checkpoint. */
  readonly checkpointAt: number
  readonly notBefore: BeaconLabel | null
}

/** A block of TON's masterchain; `genUtime` in unix seconds. */
export interface BeaconLabel {
  readonly network: number
  readonly seqno: number
  readonly genUtime: number
}

export interface SessionOpened {
  readonly kind: 'session-opened'
  readonly sessionId: string
  readonly model: string
  readonly relay: string
  readonly suite: string
  readonly legs: readonly { readonly host: string; readonly tee: string; readonly notAfter: number }[]
  readonly refusals: readonly { readonly host: string; readonly code: string }[]
  readonly elapsedMs: number
}

export interface RequestSealed {
  readonly kind: 'request-sealed'
  readonly requestId: string
  readonly model: string
  readonly stream: boolean
  /** The HTTP request's body, its Binary HTTP form, that form padded, and all that the relay gets (meta, wraps, chunks). */
  readonly bodyBytes: number
  readonly messageBytes: number
  readonly paddedBytes: number
  readonly sealedBytes: number
  readonly chunks: number
  readonly legs: number
  /** Unix seconds. */
  readonly deadline: number
}

export interface AnswerFinished {
  readonly kind: 'answer-finished'
  readonly requestId: string
  readonly host: string
  readonly status: number
  readonly contentBytes: number
  readonly sealedBytes: number
  readonly elapsedMs: number
}
