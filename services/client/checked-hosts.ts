import { encodeHex } from '../../attestation/encoding.ts'
import type { HostVerification } from './client.ts'
import type { CheckedHost } from './evidence.ts'
import { Recent } from './recent.ts'
import type { Sessions } from './sessions.ts'

const MOST = 256

/** The hosts that were checked last, for people to look at; nothing is decided by it. */
export class CheckedHosts {
  readonly #hosts = new Recent<{ readonly model: string; readonly checked: CheckedHost }>(MOST)

  readonly add = (model: string, checked: CheckedHost): void => {
    this.#hosts.set(`${model} ${encodeHex(checked.keysetDigest)}`, { model, checked })
  }

  /** Those whose appraisal still stands or that hold a leg, and those refused; `now` is unix seconds. */
  list(sessions: Sessions, now: number, model?: string): readonly HostVerification[] {
    const wanted = [...this.#hosts.values()].filter((entry) => model === undefined || entry.model === model)
    return wanted
      .map(({ model: name, checked }) => describe(name, checked, liveLegs(sessions, name, checked, now)))
      .filter(
        ({ trusted, result, sessions: live }) => !trusted || live.length > 0 || now < unixSeconds(result.notAfter)
      )
  }
}

function describe(model: string, checked: CheckedHost, sessions: HostVerification['sessions']): HostVerification {
  const { found, appraisal, keysetDigest, checkedAt } = checked
  return {
    model,
    hostId: found.hostId,
    provider: found.provider,
    region: found.region,
    bundleDigest: found.bundleDigest,
    collateralDigest: encodeHex(found.collateral),
    keysetDigest: encodeHex(keysetDigest),
    trusted: appraisal.kind === 'trusted',
    result: appraisal.result,
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

function unixSeconds(time: Date): number {
  return time.getTime() / 1000
}
