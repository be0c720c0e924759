import type { ExpectedChallenge } from '../appraise.ts'
import type { EvidenceBundle } from '../bundle.ts'
import { equalBytes } from '../crypto.ts'
import { encodeHex } from '../encoding.ts'
import type { Policy } from '../policy.ts'
import type { Finding } from '../result.ts'
import { reportData } from '../session/keyset.ts'
import { contraindicated } from './findings.ts'

/** How long a keyset may live, by the session protocol. */
const KEYSET_LIFETIME_SECONDS = 86_400
const MAX_UNIX_TIME = 0xffff_ffff

/** That the quote is over this keyset and this challenge, and that both are of now. Times are unix seconds. */
export function bindingFindings(
  { bundle, challenge, quoted }: { bundle: EvidenceBundle; challenge: ExpectedChallenge; quoted: Uint8Array },
  policy: Policy,
  now: number
): readonly Finding[] {
  return [
    ...reportDataFindings(bundle, quoted),
    ...challengeFindings(bundle, challenge, policy, now),
    ...keysetFindings(bundle, policy, now),
    ...ageFindings(bundle, policy, now)
  ]
}

/**
 * When the evidence began: its challenge's block time, or without a beacon the earliest that the keyset can have been made,
 * which is a day before it lapses.
 */
export function evidenceStart({ challenge, keyset }: EvidenceBundle): number {
  return challenge.network === 0 ? keyset.notAfter - KEYSET_LIFETIME_SECONDS : challenge.genUtime
}

/** From when on the evidence is too old for the policy, or its keyset has lapsed. */
export function evidenceEnd(bundle: EvidenceBundle, { freshness }: Policy): number {
  return Math.min(bundle.keyset.notAfter, evidenceStart(bundle) + freshness.maximumAgeSeconds)
}

function reportDataFindings({ keyset, nonce }: EvidenceBundle, quoted: Uint8Array): readonly Finding[] {
  const expected = reportData(keyset.digest, nonce)
  if (equalBytes(expected, quoted)) return []
  return [contraindicated('REPORT_DATA_MISMATCH', encodeHex(expected), encodeHex(quoted))]
}

function challengeFindings(
  { challenge, nonce }: EvidenceBundle,
  expected: ExpectedChallenge,
  { freshness }: Policy,
  now: number
): readonly Finding[] {
  const findings: Finding[] = []
  if (expected.kind === 'expected' && !equalBytes(expected.nonce, nonce)) {
    findings.push(contraindicated('CHALLENGE_MISMATCH', encodeHex(expected.nonce), encodeHex(nonce)))
  }
  if (!freshness.networks.includes(challenge.network)) {
    const wanted = freshness.networks.map(describeNetwork).join(' or ') || 'nothing: the policy names no network'
    findings.push(contraindicated('BEACON_NOT_ALLOWED', wanted, describeNetwork(challenge.network)))
  }
  if (challenge.genUtime > now + freshness.clockSkewSeconds) {
    findings.push(contraindicated('CHALLENGE_IN_FUTURE', `at most ${instant(now)}`, instant(challenge.genUtime)))
  }
  return findings
}

function keysetFindings({ keyset }: EvidenceBundle, { freshness }: Policy, now: number): readonly Finding[] {
  if (keyset.notAfter <= now) {
    return [contraindicated('KEYSET_LAPSED', `later than ${instant(now)}`, instant(keyset.notAfter))]
  }
  const latest = now + KEYSET_LIFETIME_SECONDS + freshness.clockSkewSeconds
  if (keyset.notAfter <= latest) return []
  return [contraindicated('KEYSET_TOO_LONG', `at most ${instant(latest)}`, instant(keyset.notAfter))]
}

function ageFindings(bundle: EvidenceBundle, { freshness }: Policy, now: number): readonly Finding[] {
  const age = now - evidenceStart(bundle)
  if (age < freshness.maximumAgeSeconds) return []
  return [contraindicated('EVIDENCE_TOO_OLD', `less than ${freshness.maximumAgeSeconds} s`, `${age} s`)]
}

function describeNetwork(network: number): string {
  return network === 0 ? 'no beacon' : `TON network ${network}`
}

/** A keyset may name any integer below 2^53, and not every one is a date. */
function instant(seconds: number): string {
  return seconds <= MAX_UNIX_TIME ? new Date(seconds * 1000).toISOString() : `${seconds} s`
}
