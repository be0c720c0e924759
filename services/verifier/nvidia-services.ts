import { randomBytes } from '../../attestation/crypto.ts'
import { parseCrl } from '../../attestation/x509.ts'
import type { ServiceContext } from '../runtime/context.ts'
import { codeOf } from '../runtime/errors.ts'
import { type AskedCertificate, askedName, type DeviceParts } from './device-endorsements.ts'
import { EndorsementCache } from './endorsement-cache.ts'
import type { HttpLimits } from './http.ts'
import { askNras, type GivenOpinion, type NrasConfig, type OpinionWants } from './nras-service.ts'
import { fetchCrl, fetchOcspAnswer, type OcspAnswer, type RevocationServiceConfig } from './ocsp-service.ts'
import type { RefreshConfig } from './refresh-times.ts'
import { fetchRim, type RimServiceConfig } from './rim-service.ts'

/** NVIDIA's services, or those in their place. */
export interface NvidiaConfig extends RimServiceConfig, RevocationServiceConfig, NrasConfig {
  readonly refresh: RefreshConfig
}

/** Whoever asks for an appraisal waits for two of these in turn, the manifests' and their signers', and gives up after 30 s. */
export const NVIDIA_LIMITS: HttpLimits = {
  attempts: 2,
  timeoutMs: 5_000,
  firstDelayMs: 250,
  maxDelayMs: 1_000,
  maxBytes: 1 << 20
}

/** How long a manifest serves on that the service does not confirm any more. */
const RIM_LIFE_MS = 48 * 3_600_000
/** A machine of 8 GPUs and 4 switches has 15 certificates, and its manifests 9. */
const MOST_ANSWERS = 8_192

export interface NvidiaServices extends DeviceParts, AsyncDisposable {
  /** The remote service's opinion, of which nothing is kept: each is on another nonce. */
  readonly opinion: (wants: OpinionWants) => Promise<GivenOpinion>
  /** Fetches whatever is due, for a timer to call. */
  refreshDue(): void
}

interface Rim {
  readonly xml: Uint8Array
  readonly fetchedAt: number
}

/** NVIDIA's services behind a cache each. The last good OCSP answer serves on in an outage: it has its dates in it. */
export function nvidiaServices(
  config: NvidiaConfig,
  rimRoots: readonly Uint8Array[],
  context: ServiceContext
): NvidiaServices {
  const { now } = context
  const rims = new EndorsementCache<string, Rim>(
    {
      what: 'manifest',
      name: (id) => id,
      // Issued again under the same id: what was fetched is fetched again.
      fetch: async (id, signal) => ({ xml: await fetchRim(id, config, rimRoots, signal), fetchedAt: now().getTime() }),
      freshUntil: ({ fetchedAt }) => fetchedAt + RIM_LIFE_MS,
      outlives: false
    },
    config.refresh,
    context
  )
  const answers = new EndorsementCache<AskedCertificate, OcspAnswer>(
    {
      what: 'OCSP answer',
      name: askedName,
      fetch: (asked, signal) => fetchOcspAnswer(asked, config, { now, random: randomBytes }, signal),
      freshUntil: ({ notAfter }) => notAfter.getTime(),
      outlives: true
    },
    config.refresh,
    context,
    MOST_ANSWERS
  )
  const crls = new EndorsementCache<string, Uint8Array>(
    {
      what: 'CRL',
      name: (path) => path,
      fetch: (path, signal) => fetchCrl(path, config, signal),
      freshUntil: (der) => parseCrl(der).nextUpdate.getTime(),
      outlives: false
    },
    config.refresh,
    context
  )
  const caches = [rims, answers, crls]
  const stopped = new AbortController()
  return {
    opinion: (wants) => askNras(wants, config, stopped.signal),
    rim: (id) => orUndefined(rims.get(id).then(({ xml }) => xml)),
    ocsp: (asked) => orUndefined(answers.get(asked).then(({ der }) => der)),
    crl: (path) => orUndefined(crls.get(path)),
    refreshDue: () => {
      for (const cache of caches) cache.refreshDue()
    },
    [Symbol.asyncDispose]: async () => {
      stopped.abort()
      await Promise.all(caches.map((cache) => cache[Symbol.asyncDispose]()))
    }
  }
}

async function orUndefined(asking: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await asking
  } catch (error) {
    if (codeOf(error) === 'NOT_FOUND') return undefined
    throw error
  }
}
