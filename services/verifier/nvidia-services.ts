import { randomBytes } from '../../attestation/crypto.ts'
import { parseCrl } from '../../attestation/x509.ts'
import type { ServiceContext } from '../runtime/context.ts'
import { codeOf } from '../runtime/errors.ts'
import { type AskedCertificate, type AskedCrl, askedName, crlName, type DeviceParts } from './device-endorsements.ts'
import { type CachedSource, EndorsementCache } from './endorsement-cache.ts'
import type { HttpLimits } from './http.ts'
import { answersKeptIn, type KeptAnswers, NOTHING_KEPT } from './kept-answers.ts'
import { askNras, type GivenOpinion, type NrasConfig, type OpinionWants } from './nras-service.ts'
import { fetchCrl, fetchOcspAnswer, type OcspAnswer, type RevocationServiceConfig } from './ocsp-service.ts'
import type { RefreshConfig } from './refresh-times.ts'
import { fetchRim, type RimServiceConfig } from './rim-service.ts'

/** NVIDIA's services, or those in their place. */
export interface NvidiaConfig extends RimServiceConfig, RevocationServiceConfig, NrasConfig {
  readonly refresh: RefreshConfig
  /** Where the last answers are kept from one start to the next. */
  readonly keptIn?: string
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
/** The longest grace that a policy can give. */
const MOST_GRACE_MS = 7 * 24 * 3_600_000
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
  const kept = config.keptIn === undefined ? NOTHING_KEPT : answersKeptIn(config.keptIn, context)
  const { refresh } = config
  const rims = new EndorsementCache(rimSource(config, rimRoots, kept, now), refresh, context)
  const answers = new EndorsementCache(ocspSource(config, kept, now), refresh, context, MOST_ANSWERS)
  const crls = new EndorsementCache(crlSource(config), refresh, context)
  const caches = [rims, answers, crls]
  const stopped = new AbortController()
  const keptSince = (name: string, lifeMs: number) => () => kept.read(name, new Date(now().getTime() - lifeMs))
  return {
    opinion: (wants) => askNras(wants, config, stopped.signal),
    rim: async (id) => (await orKept(rims.get(id), keptSince(rimFile(id), RIM_LIFE_MS), asRim))?.xml,
    ocsp: async (asked) => (await orKept(answers.get(asked), keptSince(ocspFile(asked), MOST_GRACE_MS), asAnswer))?.der,
    crl: (asked) =>
      orKept(
        crls.get(asked),
        async () => undefined,
        (der) => der
      ),
    refreshDue: () => {
      for (const cache of caches) cache.refreshDue()
    },
    [Symbol.asyncDispose]: async () => {
      stopped.abort()
      await Promise.all(caches.map((cache) => cache[Symbol.asyncDispose]()))
    }
  }
}

const rimFile = (id: string): string => `rim-${id}`
const ocspFile = (asked: AskedCertificate): string => `ocsp-${askedName(asked)}`
const asRim = (xml: Uint8Array): Pick<Rim, 'xml'> => ({ xml })
const asAnswer = (der: Uint8Array): Pick<OcspAnswer, 'der'> => ({ der })

/** Issued again under the same id: what was fetched is fetched again. */
function rimSource(
  config: RimServiceConfig,
  rimRoots: readonly Uint8Array[],
  kept: KeptAnswers,
  now: () => Date
): CachedSource<string, Rim> {
  return {
    what: 'manifest',
    name: (id) => id,
    fetch: async (id, signal) => {
      const xml = await fetchRim(id, config, rimRoots, signal)
      await kept.write(rimFile(id), xml)
      return { xml, fetchedAt: now().getTime() }
    },
    freshUntil: ({ fetchedAt }) => fetchedAt + RIM_LIFE_MS,
    outlives: false
  }
}

function ocspSource(
  config: RevocationServiceConfig,
  kept: KeptAnswers,
  now: () => Date
): CachedSource<AskedCertificate, OcspAnswer> {
  return {
    what: 'OCSP answer',
    name: askedName,
    fetch: async (asked, signal) => {
      const answer = await fetchOcspAnswer(asked, config, { now, random: randomBytes }, signal)
      await kept.write(ocspFile(asked), answer.der)
      return answer
    },
    freshUntil: ({ notAfter }) => notAfter.getTime(),
    outlives: true
  }
}

function crlSource(config: RevocationServiceConfig): CachedSource<AskedCrl, Uint8Array> {
  return {
    what: 'CRL',
    name: crlName,
    fetch: (asked, signal) => fetchCrl(asked, config, signal),
    freshUntil: (der) => parseCrl(der).nextUpdate.getTime(),
    outlives: false
  }
}

/** What is not there is undefined; in an outage, what was kept. */
async function orKept<Value>(
  asking: Promise<Value>,
  readKept: () => Promise<Uint8Array | undefined>,
  asValue: (bytes: Uint8Array) => Value
): Promise<Value | undefined> {
  try {
    return await asking
  } catch (error) {
    if (codeOf(error) === 'NOT_FOUND') return undefined
    const before = codeOf(error) === 'COLLATERAL_UNAVAILABLE' ? await readKept() : undefined
    if (before === undefined) throw error
    return asValue(before)
  }
}
