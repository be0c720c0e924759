import type { Host, Standing, Verdict } from './host.ts'

/** The table `hosts`. */
export interface HostRow {
  id: Uint8Array
  provider_id: bigint
  subject: string
  keyset: Uint8Array
  keyset_digest: Uint8Array
  bundle_digest: Uint8Array
  collateral_digest: Uint8Array | null
  verdict_status: Verdict['status']
  tee: string
  tcb_status: string
  appraised_at: Date
  not_after: Date
  result: Uint8Array
  token: string
  trusted: boolean
  leaf: Uint8Array | null
  log_index: bigint | null
  price_prompt: bigint
  price_cached: bigint
  price_completion: bigint
  price_reasoning: bigint
  region: string
  slots: number
  payee: Uint8Array | null
  state: Standing['kind']
  reason: string
  quarantined_by: 'registry' | 'operator' | null
  enrolled_at: Date
  changed_at: Date
}

export function hostToRow(host: Host): HostRow {
  const { evidence, declaration, standing } = host
  const quarantine = standing.kind === 'quarantined' ? standing : undefined
  return {
    id: host.id,
    provider_id: host.providerId,
    subject: host.subject,
    keyset: evidence.keyset,
    keyset_digest: evidence.keysetDigest,
    bundle_digest: evidence.bundleDigest,
    collateral_digest: evidence.collateralDigest ?? null,
    ...verdictToRow(evidence.verdict),
    leaf: evidence.logged?.leaf ?? null,
    log_index: evidence.logged?.index ?? null,
    price_prompt: declaration.prices.prompt,
    price_cached: declaration.prices.cached,
    price_completion: declaration.prices.completion,
    price_reasoning: declaration.prices.reasoning,
    region: declaration.region,
    slots: declaration.slots,
    payee: declaration.payee ?? null,
    state: standing.kind,
    reason: quarantine?.reason ?? '',
    quarantined_by: quarantine?.by ?? null,
    enrolled_at: host.enrolledAt,
    changed_at: host.changedAt
  }
}

export function hostFromRow(row: HostRow & { readonly provider: string }): Host {
  return {
    id: row.id,
    providerId: row.provider_id,
    provider: row.provider,
    subject: row.subject,
    evidence: {
      keyset: row.keyset,
      keysetDigest: row.keyset_digest,
      bundleDigest: row.bundle_digest,
      collateralDigest: row.collateral_digest ?? undefined,
      verdict: verdictFromRow(row),
      logged: row.leaf === null ? undefined : { leaf: row.leaf, index: row.log_index ?? undefined }
    },
    declaration: { prices: pricesFromRow(row), region: row.region, slots: row.slots, payee: row.payee ?? undefined },
    standing: standingFromRow(row),
    enrolledAt: row.enrolled_at,
    changedAt: row.changed_at
  }
}

function verdictToRow(verdict: Verdict) {
  return {
    verdict_status: verdict.status,
    tee: verdict.tee,
    tcb_status: verdict.tcbStatus,
    appraised_at: verdict.appraisedAt,
    not_after: verdict.notAfter,
    result: verdict.result,
    token: verdict.token,
    trusted: verdict.trusted
  }
}

function verdictFromRow(row: HostRow): Verdict {
  return {
    status: row.verdict_status,
    tee: row.tee,
    tcbStatus: row.tcb_status,
    appraisedAt: row.appraised_at,
    notAfter: row.not_after,
    result: row.result,
    token: row.token,
    trusted: row.trusted
  }
}

function pricesFromRow(row: HostRow): Host['declaration']['prices'] {
  return {
    prompt: row.price_prompt,
    cached: row.price_cached,
    completion: row.price_completion,
    reasoning: row.price_reasoning
  }
}

function standingFromRow(row: HostRow): Standing {
  if (row.quarantined_by !== null) return { kind: 'quarantined', by: row.quarantined_by, reason: row.reason }
  return { kind: row.state === 'withdrawn' ? 'withdrawn' : 'listed' }
}
