/** What a finding makes of the audit: refused, something that could not be checked, or only worth knowing. */
export type FindingWeight = 'refused' | 'unchecked' | 'notice'

/** Every code that an audit can find something by, with its weight: the closed union of this service. */
export const AUDIT_FINDINGS = {
  // the log against itself
  LOG_FORKED: 'refused',
  LEAVES_LOST: 'refused',
  ROOT_MISMATCH: 'refused',
  TILE_MISMATCH: 'refused',
  HEAD_BACKDATED: 'refused',
  SEEN_UNSIGNED: 'notice',
  STATE_DISCARDED: 'notice',
  // the log against the chain
  ANCHOR_FOREIGN: 'refused',
  ANCHOR_MISMATCH: 'refused',
  ANCHOR_HISTORY_INCOMPLETE: 'refused',
  ANCHOR_REFUSED: 'notice',
  ANCHOR_RETIRED: 'notice',
  ANCHOR_LATE: 'notice',
  CHECKPOINT_LATE: 'notice',
  STATE_UNPROVEN: 'notice',
  ENDPOINTS_DISAGREE: 'refused',
  CHAIN_UNREACHABLE: 'unchecked',
  // leaves
  LEAF_UNREADABLE: 'refused',
  LEAF_BACKDATED: 'refused',
  LEAF_POSTDATED: 'refused',
  BLOB_MISSING: 'refused',
  BLOB_MISMATCH: 'refused',
  EVIDENCE_UNREADABLE: 'refused',
  VERDICT_MISMATCH: 'refused',
  VERDICT_UNCHECKED: 'unchecked',
  BEACON_MISMATCH: 'refused',
  BEACON_UNCHECKED: 'unchecked',
  REFERENCE_UNSIGNED: 'refused'
} as const satisfies Record<string, FindingWeight>

export type AuditCode = keyof typeof AUDIT_FINDINGS

/** One thing that is not as the log says, or could not be checked. */
export interface AuditFinding {
  readonly code: AuditCode
  /** The leaf it is about. */
  readonly leaf?: string
  /** What is wrong, for people; no secret is ever in it. */
  readonly message: string
  /** Files that show it to a third person. */
  readonly files?: readonly string[]
}

/**
 * More of a weight are counted and not kept: a log that is wrong everywhere must not fill the auditor's memory, and one that has much
 * that cannot be checked must not hide what refuses.
 */
const MOST_KEPT = 1_000

/** What an audit has found so far: the first thousand of each weight, and how many of each code. */
export interface Found {
  readonly kept: readonly AuditFinding[]
  readonly counts: Readonly<Partial<Record<AuditCode, number>>>
}

export const NOTHING_FOUND: Found = { kept: [], counts: {} }

export function addFindings({ kept, counts }: Found, more: readonly AuditFinding[]): Found {
  if (more.length === 0) return { kept, counts }
  const sums: Partial<Record<AuditCode, number>> = { ...counts }
  for (const { code } of more) sums[code] = (sums[code] ?? 0) + 1
  const ofWeight = Map.groupBy([...kept, ...more], ({ code }) => AUDIT_FINDINGS[code])
  const first = new Set([...ofWeight.values()].flatMap((findings) => findings.slice(0, MOST_KEPT)))
  return { kept: [...kept, ...more].filter((finding) => first.has(finding)), counts: sums }
}

export type AuditVerdict = 'accepted' | 'refused' | 'unsupported'

/** Refused by anything that refuses; unsupported where something could not be checked; else accepted. */
export function verdictOf({ counts }: Found): AuditVerdict {
  const weights = new Set((Object.keys(counts) as AuditCode[]).map((code) => AUDIT_FINDINGS[code]))
  return weights.has('refused') ? 'refused' : weights.has('unchecked') ? 'unsupported' : 'accepted'
}
