import { type AdmittedHost, admitHost, type LogInclusion } from '../../../attestation/admit.ts'
import type { AppraisedHost } from '../../../attestation/appraise.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import type { Policy } from '../../../attestation/policy.ts'
import type { Challenge } from '../../../attestation/session/challenge.ts'
import { parseLogProof } from '../../../attestation/tlog/log-proof.ts'
import { ClientError, type HostRefusalReason } from '../errors.ts'
import type { BeaconLabel, ClientEventListener, InclusionLabel } from '../events.ts'
import { type FoundHost, labelOf, type RelayPort } from '../relays/relay-port.ts'
import { describeFindings } from './evidence.ts'
import type { LogHeads } from './log-heads.ts'

export interface AdmissionContext {
  readonly policy: Policy
  readonly now: () => Date
  /** Undefined where the policy wants no log. */
  readonly heads: LogHeads | undefined
  readonly onEvent: ClientEventListener
}

export type HostAdmission =
  | { readonly kind: 'admitted'; readonly host: AdmittedHost }
  | { readonly kind: 'refused'; readonly reason: HostRefusalReason }

/**
 * Judges an appraised host by the policy's log rules and by the heads that this client remembers. Throws ClientError
 * `LOG_FORKED` where the log contradicts itself: then no relay and no host can mend it; and what asking the relay does.
 */
export async function admitFoundHost(
  host: AppraisedHost,
  found: FoundHost,
  relay: Pick<RelayPort, 'getConsistency'>,
  context: AdmissionContext
): Promise<HostAdmission> {
  const started = performance.now()
  const admission = admitHost(host, found.log, context.policy, context.now())
  if (admission.kind === 'refused') {
    await noticeHead(found, context)
    const { code = 'LOG_PROOF_MISSING', reason } = describeFindings(admission.findings)
    return refuse(host, found, { code, reason }, context)
  }
  const { inclusion } = admission.host
  if (inclusion === null) return admission
  const elapsedMs = performance.now() - started
  try {
    await context.heads?.accept(inclusion, (oldSize, newSize) => relay.getConsistency(oldSize, newSize))
  } catch (error) {
    // A relay that cannot ask the log is a relay that cannot be used now; another may.
    if (!(error instanceof AttestationError)) throw error
    throwFork(error)
    return refuse(host, found, { code: error.code, reason: error.message }, context)
  }
  context.onEvent({ kind: 'host-logged', host: labelOf(found), ...describeInclusion(inclusion), elapsedMs })
  return admission
}

/** A head that is refused may be another history's: it is kept for an auditor, and held against those that were accepted. */
async function noticeHead({ log }: FoundHost, { heads }: AdmissionContext): Promise<void> {
  if (log === null || heads === undefined) return
  try {
    await heads.notice(parseLogProof(log.proof).checkpoint)
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    throwFork(error)
  }
}

function throwFork(error: AttestationError): void {
  if (error.code === 'LOG_FORKED') throw new ClientError('LOG_FORKED', error.message, { cause: error })
}

export function describeInclusion({ leaf, leafIndex, checkpoint }: LogInclusion): InclusionLabel {
  return {
    origin: checkpoint.origin,
    leafIndex,
    treeSize: checkpoint.size,
    checkpointAt: Number(checkpoint.timestamp ?? 0n),
    notBefore: describeBeacon(leaf.challenge)
  }
}

/** Null without a beacon. */
export function describeBeacon({ network, seqno, genUtime }: Challenge): BeaconLabel | null {
  return network === 0 ? null : { network, seqno, genUtime }
}

function refuse(
  host: AppraisedHost,
  found: FoundHost,
  said: { readonly code: string; readonly reason: string },
  { onEvent }: AdmissionContext
): HostAdmission {
  onEvent({ kind: 'host-not-logged', host: labelOf(found), ...said })
  return { kind: 'refused', reason: { host: encodeHex(host.keysetDigest), ...said } }
}
