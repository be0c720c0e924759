import type { Policy } from '../../attestation/policy.ts'
import type { AppraisalResult } from '../../attestation/result.ts'
import type { ClientEventListener } from './events.ts'

/** The address to give an OpenAI SDK as `baseURL`: nothing is ever dialled under it. */
export const BASE_URL = 'https://bombyx.invalid/v1'

export interface ClientOptions {
  /** Relay authorities, `host:port`; the first that answers is used, the others when it dies. */
  readonly relays: readonly string[]
  /** Decides which hosts may read a request. No default: it is the client's own. */
  readonly policy: Policy
  readonly apiKey?: string
  /** Path of the PEM file of the CA that relays' certificates chain to; the system's roots when absent. */
  readonly tlsCa?: string
  readonly region?: string
  /** nanoTON a million tokens. Hosts dearer in any class are left out, and an Accept above it is not used. */
  readonly maxPrices?: MaxPrices
  /** nanoTON for one request; the host ends the answer before passing it. 0: none. */
  readonly maxRequestPrice?: bigint
  /** Hosts to agree keys with, 1..8. */
  readonly legs?: number
  /** 1..3600. */
  readonly sessionSeconds?: number
  /** 1..890: from sealing to the answer's end. */
  readonly requestSeconds?: number
  /** Milliseconds between sealed pieces of a stream; 0: as they come. */
  readonly cadenceMs?: number
  readonly onEvent?: ClientEventListener
}

export interface MaxPrices {
  readonly prompt: bigint
  readonly cached: bigint
  readonly completion: bigint
  readonly reasoning: bigint
}

/** Sealed inference: holds links, sessions and what was checked of each host. */
export interface BombyxClient extends AsyncDisposable {
  /** A `fetch` for `BASE_URL` alone, for any OpenAI SDK. Failures are responses in OpenAI's error shape. */
  readonly fetch: typeof globalThis.fetch
  /** Models that the relay lists; a hint that nothing proves until one is used. */
  models(signal?: AbortSignal): Promise<readonly string[]>
  /** What was checked of the current hosts, and what was refused. */
  verification(model?: string): readonly HostVerification[]
  /** A verified receipt by its own id or by the request id that `x-bombyx-request` gave; the last thousand are kept. */
  receipt(id: string): VerifiedReceipt | undefined
  /** Opens a session for the model ahead of its first request. */
  prepare(model: string, signal?: AbortSignal): Promise<void>
}

export interface HostVerification {
  readonly model: string
  readonly hostId: string
  readonly provider: string
  readonly region: string
  readonly bundleDigest: string
  readonly collateralDigest: string
  readonly keysetDigest: string
  readonly trusted: boolean
  readonly result: AppraisalResult
  /** Unix seconds. */
  readonly checkedAt: number
  /** Live legs of sessions with this host. */
  readonly sessions: readonly { readonly sessionId: string; readonly notAfter: number }[]
}

export interface VerifiedReceipt {
  readonly receiptId: string
  readonly requestId: string
  /** The receipt as signed, JCS. */
  readonly bytes: Uint8Array
  /** The usage statement as signed, JCS; absent until the host's arrives. */
  readonly usage?: Uint8Array
  readonly keysetDigest: string
  readonly verdict: string
  /** Unix seconds. */
  readonly verifiedAt: number
}

export function createClient(_options: ClientOptions): BombyxClient {
  throw new TypeError('the client is being built')
}
