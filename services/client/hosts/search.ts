import type { AdmittedHost } from '../../../attestation/admit.ts'
import { encodeHex } from '../../../attestation/encoding.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { ClientError, type HostRefusalReason } from '../errors.ts'
import { type FoundHost, type HostWish, labelOf, type RelayPort } from '../relays/relay-port.ts'
import { type AdmissionContext, admitFoundHost, type HostAdmission } from './admission.ts'
import { type CheckedHost, type EvidenceChecker, refusalReason } from './evidence.ts'
import { findReleases } from './releases.ts'

export interface SearchContext extends AdmissionContext {
  readonly evidence: EvidenceChecker
  /** Told of every host checked, trusted or not; the admission is absent where the evidence was refused. */
  readonly onChecked: (model: string, host: CheckedHost, admission?: HostAdmission) => void
}

/** A relay that names only hosts that are refused is asked for others this often. */
const ROUNDS = 3

/**
 * Hosts for a model that the client's own policy trusts and admits, at least one. MODEL_NOT_SERVED when the relay knows none,
 * HOSTS_REFUSED with each host's reason when none of those it names is acceptable, LOG_FORKED when the log contradicts itself.
 */
export async function findTrustedHosts(
  relay: RelayPort,
  wish: HostWish,
  context: SearchContext
): Promise<readonly AdmittedHost[]> {
  const refused: HostRefusalReason[] = []
  const exclude = [...wish.exclude]
  for (let round = 0; round < ROUNDS; round++) {
    const found = await askRelay(relay, { ...wish, exclude }, refused.length > 0)
    if (found.length === 0) break
    context.onEvent({ kind: 'hosts-found', relay: relay.authority, model: wish.model, hosts: found.map(labelOf) })
    const outcome = await checkAll(relay, wish.model, found, context)
    if (outcome.trusted.length > 0) return outcome.trusted
    refused.push(...outcome.refused)
    exclude.push(...found.map(({ claimedKeysetDigest }) => claimedKeysetDigest))
  }
  if (refused.length > 0) throw allRefused(refused)
  throw new ClientError(
    'MODEL_NOT_SERVED',
    `the model \`${wish.model}\` is not served by any host that this relay knows`
  )
}

async function askRelay(relay: RelayPort, wish: HostWish, again: boolean): Promise<readonly FoundHost[]> {
  try {
    return await relay.findHosts(wish)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    // What was refused is the reason to tell, whatever keeps the relay from naming more.
    if (error.code === 'NOT_FOUND' || again) return []
    throw error
  }
}

async function checkAll(
  relay: RelayPort,
  model: string,
  found: readonly FoundHost[],
  context: SearchContext
): Promise<{ readonly trusted: readonly AdmittedHost[]; readonly refused: readonly HostRefusalReason[] }> {
  const trusted = new Map<string, AdmittedHost>()
  const refused: HostRefusalReason[] = []
  const releases = await findReleases(relay, context)
  const sources = { fetchBlob: (digest: Uint8Array) => relay.getBlob(digest), ...(releases && { releases }) }
  const checks = await Promise.all(found.map((host) => context.evidence.check(host, sources)))
  for (const check of checks) {
    if (!('appraisal' in check)) {
      refused.push(check.reason)
      continue
    }
    const outcome = await judge(relay, model, check, context)
    // The same keyset under two host ids is one host.
    if (outcome.kind === 'admitted') trusted.set(encodeHex(check.keysetDigest), outcome.host)
    else refused.push(outcome.reason)
  }
  return { trusted: [...trusted.values()], refused }
}

async function judge(
  relay: RelayPort,
  model: string,
  check: CheckedHost,
  context: SearchContext
): Promise<HostAdmission> {
  const { appraisal, found } = check
  if (appraisal.kind === 'refused') {
    context.onChecked(model, check)
    return { kind: 'refused', reason: refusalReason(check) }
  }
  const admission = await admitFoundHost(appraisal.host, found, relay, context)
  context.onChecked(model, check, admission)
  const measured = appraisal.host.keyset.model.id
  return measured === model ? admission : { kind: 'refused', reason: otherModel(check, measured) }
}

function otherModel(check: CheckedHost, model: string): HostRefusalReason {
  return { ...refusalReason(check), code: 'OTHER_MODEL', reason: `its evidence is for the model ${model}` }
}

function allRefused(hosts: readonly HostRefusalReason[]): ClientError {
  const said = hosts.map(({ host, reason }) => `${host.slice(0, 16)}: ${reason}`).join(' | ')
  return new ClientError('HOSTS_REFUSED', `no host is acceptable under the policy. ${said}`, { hosts })
}
