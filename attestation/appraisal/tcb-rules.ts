import type { Policy } from '../policy.ts'
import type { Finding } from '../result.ts'
import type { MatchedLevel, TcbStatus } from '../tdx/status.ts'
import type { VerifiedTdxQuote } from '../tdx/verify.ts'
import { contraindicated, type FindingCode, warning } from './findings.ts'

/** The statuses that time makes of a platform nobody has changed: only these have a grace. */
const GRACED_STATUSES: readonly TcbStatus[] = ['OutOfDate', 'OutOfDateConfigurationNeeded']

const REFUSAL_CODES: Readonly<Partial<Record<TcbStatus, FindingCode>>> = {
  Revoked: 'TCB_REVOKED',
  NotSupported: 'QV_RESULT_TERMINAL_UNSPECIFIED'
}

interface TcbPart {
  readonly name: string
  readonly remedy: string
  readonly read: (verified: VerifiedTdxQuote) => MatchedLevel | undefined
}

/** What a TCB status is merged from, and who is behind when it is not up to date. */
const TCB_PARTS: readonly TcbPart[] = [
  { name: 'BIOS or microcode', remedy: 'update BIOS and microcode', read: ({ platform }) => platform },
  { name: 'TDX module', remedy: 'update the TDX module', read: ({ module }) => module },
  { name: 'quoting enclave', remedy: "update Intel's quoting enclave", read: ({ qe }) => qe }
]

/** What a policy says of the TCB and of the collateral that it was judged by. */
export function tcbFindings(verified: VerifiedTdxQuote, policy: Policy, now: Date): readonly Finding[] {
  return [
    ...statusFindings(verified, policy, now),
    ...advisoryFindings(verified, policy),
    ...evaluationFindings(verified, policy),
    ...collateralFindings(verified, now)
  ]
}

/** When a status that is only in its grace stops to count; undefined for every other. */
export function graceEnd(verified: VerifiedTdxQuote, { tcb }: Policy): Date | undefined {
  const { status, tcbDate } = verified
  const named: readonly TcbStatus[] = [...tcb.acceptedStatuses, ...tcb.toleratedStatuses]
  if (named.includes(status) || !GRACED_STATUSES.includes(status)) return undefined
  return new Date(tcbDate.getTime() + tcb.graceAfterTcbDateSeconds * 1000)
}

function statusFindings(verified: VerifiedTdxQuote, policy: Policy, now: Date): readonly Finding[] {
  const { status } = verified
  const { acceptedStatuses, toleratedStatuses, graceAfterTcbDateSeconds } = policy.tcb
  if (acceptedStatuses.some((accepted) => accepted === status)) return []
  const actual = describeStatus(verified)
  const finding = (make: typeof warning, code: FindingCode, suffix = ''): readonly Finding[] => {
    const expected = acceptedStatuses.join(' or ') || 'nothing: the policy accepts no status'
    return [{ ...make(code, expected, `${actual}${suffix}`), remedy: remedyOf(verified) }]
  }
  if (toleratedStatuses.some((tolerated) => tolerated === status)) return finding(warning, 'TCB_STATUS_TOLERATED')
  const end = graceEnd(verified, policy)
  if (end !== undefined && graceAfterTcbDateSeconds > 0 && now < end) {
    return finding(warning, 'TCB_STATUS_IN_GRACE', `; in grace until ${end.toISOString()}`)
  }
  return finding(contraindicated, REFUSAL_CODES[status] ?? 'QV_RESULT_NOT_ACCEPTED_BY_POLICY')
}

function describeStatus(verified: VerifiedTdxQuote): string {
  const { status, advisories } = verified
  const by = advisories.length === 0 ? '' : ` by ${advisories.join(', ')}`
  const parts = partsBehind(verified).map(({ name, level }) => {
    const since = level.tcbDate === undefined ? '' : `, TCB of ${level.tcbDate.toISOString().slice(0, 10)}`
    return `${name} ${level.status}${since}`
  })
  return parts.length === 0 ? `${status}${by}` : `${status}${by} (${parts.join('; ')})`
}

function remedyOf(verified: VerifiedTdxQuote): string {
  if (verified.status === 'NotSupported') {
    return "Intel's TCB info has no level for this platform: use production hardware with current firmware."
  }
  const steps = new Set(partsBehind(verified).map(({ level, remedy }) => stepFor(level, remedy)))
  if (verified.status.startsWith('TDRelaunchAdvised')) steps.add('start the guest again')
  return `The host's owner must ${[...steps].join(', ')}; then the host attests again.`
}

function stepFor({ status }: MatchedLevel, update: string): string {
  if (status === 'ConfigurationNeeded') return 'change the BIOS settings that the advisories name'
  if (status === 'SWHardeningNeeded') return 'harden the guest as the advisories say'
  if (status === 'ConfigurationAndSWHardeningNeeded') return 'change BIOS settings and harden the guest'
  return update
}

function partsBehind(verified: VerifiedTdxQuote): readonly { name: string; remedy: string; level: MatchedLevel }[] {
  return TCB_PARTS.flatMap(({ name, remedy, read }) => {
    const level = read(verified)
    return level === undefined || level.status === 'UpToDate' ? [] : [{ name, remedy, level }]
  })
}

function advisoryFindings({ advisories }: VerifiedTdxQuote, { tcb }: Policy): readonly Finding[] {
  const allowed = tcb.allowedAdvisories
  if (allowed === 'any') return []
  const open = advisories.filter((advisory) => !allowed.includes(advisory))
  if (open.length === 0) return []
  const expected = allowed.length === 0 ? 'no open advisory' : `no open advisory but ${allowed.join(', ')}`
  return [contraindicated('TCB_ADVISORY_NOT_ALLOWED', expected, open.join(', '))]
}

function evaluationFindings({ evaluationDataNumber }: VerifiedTdxQuote, { tcb }: Policy): readonly Finding[] {
  const least = tcb.minimumEvaluationDataNumber
  if (evaluationDataNumber >= least) return []
  return [contraindicated('TCB_EVAL_DATA_NUMBER_TOO_LOW', `at least ${least}`, `${evaluationDataNumber}`)]
}

/** Verification refuses what is older than the policy's grace; what is within it is said. */
function collateralFindings(verified: VerifiedTdxQuote, now: Date): readonly Finding[] {
  if (!verified.collateralExpired) return []
  const end = verified.collateralNotAfter.toISOString()
  const actual = `past its nextUpdate, in grace until ${end}`
  return [warning('COLLATERAL_PAST_NEXT_UPDATE', `collateral in date at ${now.toISOString()}`, actual)]
}
