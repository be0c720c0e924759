import { type Appraisal, appraisalCacheKey, appraiseBundle } from '../../../attestation/appraise.ts'
import { parseBundle } from '../../../attestation/bundle.ts'
import { equalBytes, sha256 } from '../../../attestation/crypto.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { type Endorsements, parseEndorsements } from '../../../attestation/endorsements.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import type { Policy } from '../../../attestation/policy.ts'
import type { CountedReleases } from '../../../attestation/releases.ts'
import { type RemoteIssuer, readSecondOpinion } from '../../../attestation/remote-opinion.ts'
import type { Finding } from '../../../attestation/result.ts'
import type { Challenge } from '../../../attestation/session/challenge.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { unixSeconds } from '../../runtime/time.ts'
import type { HostRefusalReason } from '../errors.ts'
import type { ClientEventListener } from '../events.ts'
import { Recent } from '../recent.ts'
import { type FoundHost, labelOf } from '../relays/relay-port.ts'

const CACHE_BYTES = 64 * 1024 * 1024
const MAX_APPRAISALS = 256
/** Hosts of one kind have them in common. */
const MAX_ENDORSEMENTS = 16
/** A refusal is looked at again after this long: collateral that lapsed may have been renewed under the same digest. */
const REFUSAL_SECONDS = 60

export interface EvidenceContext {
  readonly policy: Policy
  /** Whose second opinion counts where the policy asks for one. */
  readonly remoteIssuer?: RemoteIssuer
  readonly now: () => Date
  readonly onEvent: ClientEventListener
}

export interface CheckedHost {
  readonly found: FoundHost
  readonly appraisal: Appraisal
  readonly keysetDigest: Uint8Array
  /** What its evidence answers, and so cannot be older than. */
  readonly challenge: Challenge
  /** Unix seconds. */
  readonly checkedAt: number
}

/** A host whose evidence could not be fetched or read, so that there is nothing to appraise. */
export interface UnreadableHost {
  readonly found: FoundHost
  readonly reason: HostRefusalReason
}

export type FetchBlob = (digest: Uint8Array) => Promise<Uint8Array>

/** What a host is checked with beside its own evidence. */
export interface CheckSources {
  readonly fetchBlob: FetchBlob
  /** Absent where the policy wants no released values. */
  readonly releases?: CountedReleases
}

/**
 * Fetches hosts' evidence by digest and appraises it under the client's own policy. What was checked is kept until it
 * lapses, by the digests of what it was made from, so that no relay can pass one host's verdict on to another.
 */
export class EvidenceChecker {
  readonly #context: EvidenceContext
  readonly #blobs = new Recent<Uint8Array>(CACHE_BYTES, (bytes) => bytes.byteLength)
  readonly #endorsements = new Recent<Endorsements>(MAX_ENDORSEMENTS)
  readonly #appraised = new Recent<CheckedHost>(MAX_APPRAISALS)

  constructor(context: EvidenceContext) {
    this.#context = context
  }

  async check(found: FoundHost, sources: CheckSources): Promise<CheckedHost | UnreadableHost> {
    const key = encodeHex(appraisalCacheKey(found.bundle, found.collateral, this.#context.policy, sources.releases))
    const known = this.#appraised.get(key)
    if (known !== undefined && this.#stands(known)) return { ...known, found }
    try {
      const checked = await this.#appraise(found, sources)
      this.#appraised.set(key, checked)
      return checked
    } catch (error) {
      return this.#unreadable(found, error)
    }
  }

  async #appraise(found: FoundHost, { fetchBlob, releases }: CheckSources): Promise<CheckedHost> {
    const [bundleBytes, collateralBytes] = await Promise.all([
      this.#blob(found.bundle, fetchBlob),
      this.#blob(found.collateral, fetchBlob)
    ])
    const now = this.#context.now()
    const started = performance.now()
    const bundle = parseBundle(bundleBytes)
    const endorsements = this.#readEndorsements(found.collateral, collateralBytes)
    // The challenge is the registry's, not ours: how old it may be is the policy's rule.
    const { policy, remoteIssuer } = this.#context
    const second = remoteIssuer && (await readSecondOpinion(bundle, endorsements, remoteIssuer, now))
    const asked = { challenge: { kind: 'any-fresh' }, inclusion: 'apart', ...(releases && { releases }) } as const
    const opinion = second ? { secondOpinion: second } : {}
    const appraisal = appraiseBundle({ bundle, endorsements, ...asked, ...opinion }, policy, now)
    this.#context.onEvent({
      kind: 'host-appraised',
      host: labelOf(found),
      trusted: appraisal.kind === 'trusted',
      keysetDigest: encodeHex(bundle.keyset.digest),
      result: appraisal.result,
      bundleBytes: bundleBytes.byteLength,
      collateralBytes: collateralBytes.byteLength,
      elapsedMs: performance.now() - started
    })
    const { keyset, challenge } = bundle
    return { found, appraisal, keysetDigest: keyset.digest, challenge, checkedAt: unixSeconds(now) }
  }

  #readEndorsements(digest: Uint8Array, bytes: Uint8Array): Endorsements {
    const key = encodeHex(digest)
    const endorsements = this.#endorsements.get(key) ?? parseEndorsements(bytes)
    this.#endorsements.set(key, endorsements)
    return endorsements
  }

  async #blob(digest: Uint8Array, fetchBlob: FetchBlob): Promise<Uint8Array> {
    const key = encodeHex(digest)
    const kept = this.#blobs.get(key)
    if (kept !== undefined) return kept
    const bytes = await fetchBlob(digest)
    if (!equalBytes(sha256(bytes), digest)) {
      throw new AttestationError('BUNDLE_MALFORMED', 'the relay served other bytes than the digest names')
    }
    this.#blobs.set(key, bytes)
    return bytes
  }

  #stands({ appraisal, checkedAt }: CheckedHost): boolean {
    const now = this.#context.now().getTime() / 1000
    return now < (appraisal.kind === 'trusted' ? appraisal.host.notAfter : checkedAt + REFUSAL_SECONDS)
  }

  #unreadable(found: FoundHost, error: unknown): UnreadableHost {
    if (!(error instanceof AttestationError || error instanceof ServiceError)) throw error
    const reason = { host: encodeHex(found.claimedKeysetDigest), code: error.code, reason: error.message }
    this.#context.onEvent({ kind: 'host-unreadable', host: labelOf(found), code: reason.code, reason: reason.reason })
    return { found, reason }
  }
}

/** Every finding of a refused host, in its own words. */
export function refusalReason({ appraisal, keysetDigest }: CheckedHost): HostRefusalReason {
  const { findings, status } = appraisal.result
  const { code, reason } = describeFindings(findings)
  return { host: encodeHex(keysetDigest), code: code ?? status.toUpperCase(), reason }
}

/** The first code, and all of them in words. */
export function describeFindings(findings: readonly Finding[]): {
  readonly code: string | undefined
  readonly reason: string
} {
  const said = findings.map(({ code, claim, expected, actual }) => `${code} (${claim}: ${actual}, wanted ${expected})`)
  return { code: findings[0]?.code, reason: said.join('; ') }
}
