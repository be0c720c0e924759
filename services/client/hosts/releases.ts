import { equalBytes } from '../../../attestation/crypto.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import type { Policy } from '../../../attestation/policy.ts'
import { type CountedRelease, type CountedReleases, countReleases } from '../../../attestation/releases.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { ClientError } from '../errors.ts'
import type { RelayPort } from '../relays/relay-port.ts'
import type { LogHeads } from './log-heads.ts'

export interface ReleaseContext {
  readonly policy: Policy
  readonly now: () => Date
  readonly heads: LogHeads | undefined
}

type ReleaseRelay = Pick<RelayPort, 'listReferenceValues' | 'getConsistency'>

/**
 * The releases that count under the client's policy, of those that the relay knows; undefined where the policy wants none. Each is
 * in a checkpoint of its own time, which must be of the same history as the heads that this client remembers. Throws ClientError
 * `LOG_FORKED`, and what the relay's calls do.
 */
export async function findReleases(relay: ReleaseRelay, context: ReleaseContext): Promise<CountedReleases | undefined> {
  const { policy, now } = context
  if (!Object.values(policy.referenceValues).includes('released')) return undefined
  const values = await relay.listReferenceValues()
  const counted = countReleases(values, policy, now())
  const strange: CountedRelease[] = []
  for (const release of counted.releases) if (!(await isOfThisLog(release, relay, context))) strange.push(release)
  if (strange.length === 0) return counted
  const isStrange = (leaf: Uint8Array): boolean =>
    strange.some((release) => equalBytes(release.leafHash, leafHash(leaf)))
  return countReleases(
    values.filter(({ leaf }) => !isStrange(leaf)),
    policy,
    now()
  )
}

async function isOfThisLog(release: CountedRelease, relay: ReleaseRelay, { heads }: ReleaseContext): Promise<boolean> {
  try {
    await heads?.accept(release, (oldSize, newSize) => relay.getConsistency(oldSize, newSize))
    return true
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    if (error.code === 'LOG_FORKED') throw new ClientError('LOG_FORKED', error.message, { cause: error })
    return false
  }
}
