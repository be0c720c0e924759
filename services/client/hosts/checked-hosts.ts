import { encodeHex } from '../../../attestation/encoding.ts'
import { unixSeconds } from '../../runtime/time.ts'
import type { HostVerification } from '../client.ts'
import { Recent } from '../recent.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { describeBeacon, describeInclusion, type HostAdmission } from './admission.ts'
import type { CheckedHost } from './evidence.ts'

const MOST = 256

interface Checked {
  readonly model: string
  readonly checked: CheckedHost
  readonly admission: HostAdmission | undefined
}

/** The hosts that were checked last, for people to look at; nothing is decided by it. */
export class CheckedHosts {
  readonly #hosts = new Recent<Checked>(MOST)

  readonly add = (model: string, checked: CheckedHost, admission?: HostAdmission): void => {
    this.#hosts.set(`${model} ${encodeHex(checked.keysetDigest)}`, { model, checked, admission })
  }

  /** Those whose appraisal still stands or that hold a leg, and those refused; `now` is unix seconds. */
  list(sessions: Sessions, now: number, model?: string): readonly HostVerification[] {
    const wanted = [...this.#hosts.values()].filter((entry) => model === undefined || entry.model === model)
    return wanted
      .map((entry) => describe(entry, liveLegs(sessions, entry.model, entry.checked, now)))
      .filter(
        ({ trusted, result, sessions: live }) => !trusted || live.length > 0 || now < unixSeconds(result.notAfter)
      )
  }
}

function describe({ model, checked, admission }: Checked, sessions: HostVerification['sessions']): HostVerification {
  const { found, appraisal, keysetDigest, challenge, checkedAt } = checked
  const inclusion = admission?.kind === 'admitted' ? admission.host.inclusion : null
  return {
    model,
    hostId: found.hostId,
    provider: found.provider,
    region: found.region,
    bundleDigest: found.bundleDigest,
    collateralDigest: encodeHex(found.collateral),
    keysetDigest: encodeHex(keysetDigest),
    trusted: admission?.kind === 'admitted',
    result: appraisal.result,
    notBefore: describeBeacon(challenge),
    log: inclusion === null ? null : describeInclusion(inclusion),
    logRefusal: admission?.kind === 'refused' ? admission.reason : null,
    checkedAt,
    sessions
  }
}

function liveLegs(sessions: Sessions, model: string, checked: CheckedHost, now: number): HostVerification['sessions'] {
  const session = sessions.live(model)
  const host = encodeHex(checked.keysetDigest)
  const legs = session?.standing(now).filter(({ digest }) => encodeHex(digest) === host) ?? []
  return legs.map(({ sessionId, notAfter }) => ({ sessionId: encodeHex(sessionId), notAfter }))
}
