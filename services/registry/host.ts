/** The network's verdict on evidence, as the verifier gave it. */
export interface Verdict {
  readonly status: 'affirming' | 'warning' | 'contraindicated'
  readonly tee: string
  readonly tcbStatus: string
  readonly appraisedAt: Date
  readonly notAfter: Date
  /** The whole appraisal result, JCS. */
  readonly result: Uint8Array
  readonly token: string
  /** Whether the verifier's policy trusts such a host; one with warnings may or may not be. */
  readonly trusted: boolean
}

/** nanoTON a million tokens, each below 2^53. */
export interface Prices {
  readonly prompt: bigint
  readonly cached: bigint
  readonly completion: bigint
  readonly reasoning: bigint
}

/** What a provider says of a host; nothing here is proven. */
export interface Declaration {
  readonly prices: Prices
  readonly region: string
  readonly slots: number
  /** Account of the basechain, 32 bytes; undefined where nobody has to pay. */
  readonly payee: Uint8Array | undefined
}

/** What was appraised last. All digests are SHA-256; evidence and collateral are blobs of that name. */
export interface Evidence {
  readonly keyset: Uint8Array
  readonly keysetDigest: Uint8Array
  readonly bundleDigest: Uint8Array
  /** Undefined when the verifier refused before it needed any. */
  readonly collateralDigest: Uint8Array | undefined
  readonly verdict: Verdict
  /** Undefined where there is no log. */
  readonly logged: Logged | undefined
}

/** The attestation as the log is told of it. */
export interface Logged {
  readonly leaf: Uint8Array
  /** Where in the log; undefined until it is in a signed checkpoint, and until then the evidence lists nothing. */
  readonly index: bigint | undefined
}

/** What was decided about a host. Whether its verdict still holds is another question: `stateOf`. */
export type Standing =
  | { readonly kind: 'listed' }
  | { readonly kind: 'quarantined'; readonly by: 'registry' | 'operator'; readonly reason: string }
  | { readonly kind: 'withdrawn' }

export interface Host {
  /** 16 random bytes. */
  readonly id: Uint8Array
  readonly providerId: bigint
  readonly provider: string
  /** `bombyx:host:<hex16>`; belongs to the provider that enrolled it first. */
  readonly subject: string
  readonly evidence: Evidence
  readonly declaration: Declaration
  readonly standing: Standing
  readonly enrolledAt: Date
  /** When the standing changed. */
  readonly changedAt: Date
}

export type HostState = 'listed' | 'pending' | 'lapsed' | 'quarantined' | 'withdrawn'
export type DelistReason = 'lapsed' | 'quarantined' | 'replaced' | 'withdrawn'

export type DirectoryEvent =
  | { readonly kind: 'listed'; readonly host: Host }
  | { readonly kind: 'delisted'; readonly keysetDigest: Uint8Array; readonly reason: DelistReason }
  | { readonly kind: 'snapshotEnd' }
