import type { DelistReason, DirectoryEvent, Evidence, Host, HostState, Standing } from './host.ts'

/** What becomes of a host whose evidence was just appraised; `refuse` records nothing. */
export type EnrolmentPlan = { readonly kind: 'refuse' } | { readonly kind: 'record'; readonly standing: Standing }

/** What new evidence does to the hosts that have one of its devices in theirs. */
export type DevicePlan =
  | { readonly kind: 'taken'; readonly by: Host }
  | { readonly kind: 'held'; readonly displaced: readonly Host[] }

const LISTED: Standing = { kind: 'listed' }

/**
 * Good evidence lists a host, and lifts a quarantine that the registry imposed; an operator's stays. Bad evidence
 * quarantines a host that was known, and leaves no trace of one that was not: so nobody claims a subject with it.
 */
export function planEnrolment(current: Host | undefined, evidence: Evidence, now: Date): EnrolmentPlan {
  if (current?.standing.kind === 'quarantined' && current.standing.by === 'operator') {
    return { kind: 'record', standing: current.standing }
  }
  const fault = findFault(evidence, now)
  if (fault === undefined) return { kind: 'record', standing: LISTED }
  if (current === undefined) return { kind: 'refuse' }
  return { kind: 'record', standing: { kind: 'quarantined', by: 'registry', reason: fault } }
}

/** The stable code of what keeps evidence from listing a host; undefined when nothing does. */
export function findFault(evidence: Evidence, now: Date): string | undefined {
  if (!evidence.verdict.trusted) return 'EVIDENCE_REFUSED'
  if (evidence.collateralDigest === undefined) return 'COLLATERAL_MISSING'
  return evidence.verdict.notAfter <= now ? 'VERDICT_LAPSED' : undefined
}

/**
 * A device is the host's whose evidence with it is in date, and stays so whatever another provider brings: whoever had a
 * device in hand once, or relays its reports, must not push its owner out. Its own provider may move it, as when a guest is
 * started anew after a crash: the evidence of the host before ends there. A quarantine is not escaped that way.
 */
export function planDevices(providerId: bigint, holders: readonly Host[], now: Date): DevicePlan {
  const live = holders.filter(({ evidence }) => evidence.verdict.notAfter > now)
  const by = live.find((holder) => holder.providerId !== providerId || holder.standing.kind === 'quarantined')
  if (by !== undefined) return { kind: 'taken', by }
  return { kind: 'held', displaced: live.map((holder) => endEvidence(holder, now)) }
}

/**
 * The host of the same provider that has the payee of new evidence: with one payee each would count vouchers for the other as its
 * own, and serve twice for one payment. It is free when the evidence of the host that has it ends. Another provider's does not
 * count: nobody can prove that a payee is its own, and who names somebody else's is served by it for nothing, and harms itself alone.
 */
export function findPayeeHolder(holders: readonly Host[], displaced: readonly Host[], now: Date): Host | undefined {
  const gone = (holder: Host): boolean => displaced.some(({ subject }) => subject === holder.subject)
  return holders.find((holder) => findFault(holder.evidence, now) === undefined && !gone(holder))
}

/** From now on the host's evidence says nothing, and nothing lists it until it brings new. */
export function endEvidence(host: Host, now: Date): Host {
  const { evidence } = host
  if (evidence.verdict.notAfter <= now) return host
  return { ...host, evidence: { ...evidence, verdict: { ...evidence.verdict, notAfter: now } } }
}

/** A quarantine outlives a withdrawal, or withdrawing and enrolling again would lift it. */
export function planWithdrawal(standing: Standing): Standing {
  return standing.kind === 'quarantined' ? standing : { kind: 'withdrawn' }
}

/** An operator's quarantine takes the place of the registry's own. */
export function planQuarantine(reason: string): Standing {
  return { kind: 'quarantined', by: 'operator', reason }
}

/**
 * Without the operator's quarantine a host stands as its evidence deserves: listed, or quarantined by the registry until
 * it brings better. A lapsed verdict lists nothing, so it may stand. What is not quarantined stays as it is.
 */
export function planLift(host: Host, now: Date): Standing {
  if (host.standing.kind !== 'quarantined') return host.standing
  const fault = findFault(host.evidence, now)
  if (fault === undefined || fault === 'VERDICT_LAPSED') return LISTED
  return { kind: 'quarantined', by: 'registry', reason: fault }
}

/** What becomes of a quarantine, for the log: a stable code where the registry imposed it, `OPERATOR` where a person did. */
export type QuarantineChange =
  | { readonly kind: 'imposed'; readonly reason: string; readonly since: Date }
  | { readonly kind: 'lifted'; readonly at: Date }

/** Undefined where a standing is the same to the outside. An operator's words stay with the registry. */
export function planQuarantineChange(
  before: Standing | undefined,
  after: Standing,
  at: Date
): QuarantineChange | undefined {
  const [was, is] = [quarantineReason(before), quarantineReason(after)]
  if (was === is) return undefined
  return is === undefined ? { kind: 'lifted', at } : { kind: 'imposed', reason: is, since: at }
}

function quarantineReason(standing: Standing | undefined): string | undefined {
  if (standing?.kind !== 'quarantined') return undefined
  return standing.by === 'operator' ? 'OPERATOR' : standing.reason
}

/** A listing ends with its verdict, whether or not anybody has noticed. */
export function stateOf(host: Host, now: Date): HostState {
  return endOf(host, now) ?? 'listed'
}

/**
 * What to tell watchers who know `before` (undefined: not listed). A new keyset is listed before the old one goes, so
 * that there is no moment without the host; and what is not in the log yet is not news yet, nor an end of what was. The same
 * evidence is no news: a declaration comes with new evidence.
 */
export function planEvents(before: Host | undefined, after: Host, now: Date): readonly DirectoryEvent[] {
  const end = endOf(after, now)
  if (end === 'pending') return []
  if (end !== undefined) return before === undefined ? [] : [delisted(before, end)]
  if (before !== undefined && sameBytes(before.evidence.bundleDigest, after.evidence.bundleDigest)) return []
  const listed: DirectoryEvent = { kind: 'listed', host: after }
  const replaced = before !== undefined && !sameBytes(before.evidence.keysetDigest, after.evidence.keysetDigest)
  return replaced ? [listed, delisted(before, 'replaced')] : [listed]
}

/**
 * When a host should attest again: after `intervalMs`, or before four fifths of its verdict's life are over if that is
 * sooner, and up to a tenth earlier by `draw` (0 to 1), so that hosts that started together do not come together.
 */
export function planNextAttestation(now: Date, notAfter: Date, intervalMs: number, draw: number): Date {
  const life = notAfter.getTime() - now.getTime()
  const wait = Math.min(intervalMs, life * 0.8)
  return new Date(now.getTime() + Math.round(wait * (1 - 0.1 * draw)))
}

function endOf(host: Host, now: Date): Exclude<HostState, 'listed'> | undefined {
  if (host.standing.kind !== 'listed') return host.standing.kind
  const { verdict, logged } = host.evidence
  if (verdict.notAfter <= now) return 'lapsed'
  return logged !== undefined && logged.index === undefined ? 'pending' : undefined
}

function delisted(host: Host, reason: DelistReason): DirectoryEvent {
  return { kind: 'delisted', keysetDigest: host.evidence.keysetDigest, reason }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index])
}
