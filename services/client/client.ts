import { logTrust, type Policy } from '../../attestation/policy.ts'
import type { RemoteIssuer } from '../../attestation/remote-opinion.ts'
import type { AppraisalResult } from '../../attestation/result.ts'
import { createSessionClock } from '../../attestation/session/clock.ts'
import { ClientError, type HostRefusalReason } from './errors.ts'
import type { BeaconLabel, ClientEventListener, InclusionLabel } from './events.ts'
import { CheckedHosts } from './hosts/checked-hosts.ts'
import { EvidenceChecker } from './hosts/evidence.ts'
import { headsInFolder, headsInMemory } from './hosts/head-files.ts'
import { LogHeads } from './hosts/log-heads.ts'
import { findTrustedHosts, type SearchContext } from './hosts/search.ts'
import { createAsk } from './openai/ask.ts'
import { createFetch } from './openai/fetch.ts'
import type { Ask } from './openai/plain-http.ts'
import { type OpenPayer, openPayer, payerOnce, payingListener } from './payment/payer.ts'
import { MOST_REQUEST_PRICE } from './payment/request-price.ts'
import { keepReceipts, type ReceiptFiles } from './receipts/receipt-files.ts'
import { Receipts } from './receipts/receipts.ts'
import { dialRelay, type RelayDialConfig } from './relays/dial.ts'
import type { RelayPort } from './relays/relay-port.ts'
import { Relays } from './relays/relays.ts'
import { openSession } from './sessions/open-session.ts'
import type { ClientSession } from './sessions/session.ts'
import { Sessions, unlessAborted } from './sessions/sessions.ts'

export { BASE_URL } from './openai/routes.ts'

export interface ClientOptions {
  /** Relay authorities, `host:port`; the first that answers is used, the others when it dies. */
  readonly relays: readonly string[]
  /** Decides which hosts may read a request. No default: it is the client's own. */
  readonly policy: Policy
  /** Whose second opinion on devices counts, where the policy asks for one. */
  readonly remoteIssuer?: RemoteIssuer
  readonly apiKey?: string
  /** Path of the PEM file of the CA that relays' certificates chain to; the system's roots when absent. */
  readonly tlsCa?: string
  readonly region?: string
  /** nanoTON a million tokens. Hosts dearer in any class are left out, and an Accept above it is not used. */
  readonly maxPrices?: MaxPrices
  /** nanoTON; the host ends an answer before it would cost more. Who pays asks for no more than a request can come to. 0: none. */
  readonly maxRequestPrice?: bigint
  /** Hosts to agree keys with, 1..8. */
  readonly legs?: number
  /** 1..3600. */
  readonly sessionSeconds?: number
  /** 1..890: from sealing to the answer's end. */
  readonly requestSeconds?: number
  /** Milliseconds between sealed pieces of a stream; 0: as they come. */
  readonly cadenceMs?: number
  /** Where the heads of the policy's log are remembered from one run to the next. Absent: for as long as this client lives. */
  readonly dataFolder?: string
  /** Path of the escrow file that `bombyx pay` writes. Absent: sessions name no payer. */
  readonly escrowFile?: string
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
  /** What `fetch` and the local endpoint rest on. */
  readonly ask: Ask
  /** Models that the relay lists; a hint that nothing proves until one is used. */
  models(signal?: AbortSignal): Promise<readonly string[]>
  /** What was checked of the current hosts, and what was refused. */
  verification(model?: string): readonly HostVerification[]
  /** A verified receipt by its own id or by the request id that `x-bombyx-request` gave; the last thousand are kept. */
  receipt(id: string): VerifiedReceipt | undefined
  /** Opens a session for the model ahead of its first request. */
  prepare(model: string, signal?: AbortSignal): Promise<void>
  /**
   * Pays for answers of earlier runs that ended before they heard what hosts want. Where there are none, the escrow's folder is left to
   * whoever pays first.
   */
  catchUp(): Promise<void>
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
  /** The masterchain block that its evidence cannot be older than; null without a beacon. */
  readonly notBefore: BeaconLabel | null
  /** Where its attestation is in the log; null where the policy wants no log, or where it was not shown. */
  readonly log: InclusionLabel | null
  /** Why the policy's log rules refuse it; null where they do not, and where its evidence is refused already. */
  readonly logRefusal: HostRefusalReason | null
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

/** What the client reads of its machine; tests pass their own. */
export interface ClientContext {
  readonly now: () => Date
  /** Milliseconds that never go back. */
  readonly elapsed: () => number
  readonly dial: (authority: string, config: RelayDialConfig) => RelayPort
}

const DEFAULTS = { region: '', legs: 8, sessionSeconds: 1800, requestSeconds: 600, cadenceMs: 0, maxRequestPrice: 0n }

type Settings = typeof DEFAULTS & ClientOptions

interface OpenerParts {
  readonly relays: Relays
  readonly search: SearchContext
  readonly clock: () => number
  readonly onEvent: ClientEventListener
  readonly openedPayer: () => Promise<OpenPayer> | undefined
}

/** Dials nothing before the first request. Refuses options out of range with TypeError. */
export function createClient(options: ClientOptions, context: Partial<ClientContext> = {}): BombyxClient {
  const settings = { ...DEFAULTS, ...paidDefaults(options), ...options }
  checkSettings(settings)
  const { now = () => new Date(), elapsed = () => performance.now(), dial = dialRelay } = context
  const clock = createSessionClock({ wall: () => now().getTime(), monotonic: elapsed })
  const onEvent = deliverLater(options.onEvent)
  const kept = openKept(settings, { now, onEvent })
  const receipts = new Receipts(
    onEvent,
    payingListener(() => openedPayer()),
    kept?.keep
  )
  const relays = new Relays(settings.relays.map((authority) => dial(authority, dialConfig(settings, receipts))))
  const evidence = new EvidenceChecker({ ...settings, now, onEvent })
  const checked = new CheckedHosts()
  const openedPayer = payerOnce(settings.escrowFile, (path) =>
    openPayer(path, { onEvent, relay: relays.paying, now: clock })
  )
  const heads = openHeads(settings, { now, onEvent })
  const search = { policy: settings.policy, now, heads, evidence, onEvent, onChecked: checked.add }
  const open = sessionOpener(settings, { relays, search, clock, onEvent, openedPayer })
  const sessions: Sessions = new Sessions({ open: haltingOnFork(open, (reason) => sessions.halt(reason)), clock })
  const models = (signal?: AbortSignal): Promise<readonly string[]> =>
    unlessAborted(
      relays.run((relay) => relay.listModels()),
      signal
    )
  const verification = (model?: string): readonly HostVerification[] => checked.list(sessions, clock(), model)
  const receipt = (id: string): VerifiedReceipt | undefined => receipts.find(id)
  const { requestSeconds, cadenceMs, maxRequestPrice } = settings
  const payments = async () => (await openedPayer())?.payments
  const limits = { requestSeconds, cadenceMs, maxRequestPrice, payments }
  const local = { models, verification, receipt }
  const ask = createAsk({ relays, sessions, clock, onEvent, ...limits, local, receipts })
  return {
    fetch: createFetch(ask),
    ask,
    models,
    verification,
    receipt,
    prepare: async (model, signal) => {
      await sessions.get(model, signal)
    },
    catchUp: openedPayer.catchUp,
    async [Symbol.asyncDispose]() {
      sessions[Symbol.dispose]()
      await openedPayer
        .made()
        ?.then((payer) => payer[Symbol.asyncDispose]())
        .catch(() => {})
      await relays[Symbol.asyncDispose]()
      await kept?.[Symbol.asyncDispose]()
    }
  }
}

function sessionOpener(settings: Settings, parts: OpenerParts): (model: string) => Promise<ClientSession> {
  const { legs: count, maxPrices, region, sessionSeconds } = settings
  const { relays, search, clock, onEvent, openedPayer } = parts
  return (model) => {
    // The request that waits for the session needs a link too: it is dialled meanwhile.
    relays.link().catch(() => {})
    return relays.run(async (relay) => {
      const hosts = await findTrustedHosts(relay, { model, region, maxPrices, count, exclude: [] }, search)
      const opened = await openedPayer()
      const payer = await opened?.readPayer()
      const session = await openSession(relay, model, hosts, { clock, onEvent, sessionSeconds, maxPrices, payer })
      await opened?.payments.meet(session.legs)
      return session
    })
  }
}

/** A log that contradicts itself ends everything that rests on it, sessions that are open too. */
function haltingOnFork(
  open: (model: string) => Promise<ClientSession>,
  halt: (reason: ClientError) => void
): (model: string) => Promise<ClientSession> {
  return async (model) => {
    try {
      return await open(model)
    } catch (error) {
      if (error instanceof ClientError && error.code === 'LOG_FORKED') halt(error)
      throw error
    }
  }
}

/** Undefined without a data folder: then receipts are as young as this client. */
function openKept(
  { dataFolder }: Settings,
  { now, onEvent }: { readonly now: () => Date; readonly onEvent: ClientEventListener }
): ReceiptFiles | undefined {
  const onFault = (reason: string): void => onEvent({ kind: 'receipt-not-kept', reason })
  return dataFolder === undefined ? undefined : keepReceipts(dataFolder, { now, onFault })
}

function openHeads(
  { policy, dataFolder }: Settings,
  { now, onEvent }: { readonly now: () => Date; readonly onEvent: ClientEventListener }
): LogHeads | undefined {
  const trust = logTrust(policy)
  if (trust === null) return undefined
  const store = dataFolder === undefined ? headsInMemory() : headsInFolder(dataFolder, trust)
  const onFork = (file: string): void => onEvent({ kind: 'log-forked', origin: trust.origin, file })
  return new LogHeads({ trust, store, now, onFork })
}

function dialConfig({ apiKey, tlsCa }: ClientOptions, receipts: Receipts): RelayDialConfig {
  const onUsage = (statement: Uint8Array): void => receipts.receiveUsage(statement)
  return { onUsage, ...(apiKey === undefined ? {} : { token: apiKey }), ...(tlsCa === undefined ? {} : { tlsCa }) }
}

/** After the current step, so that a listener's fault is never a request's. */
function deliverLater(listener: ClientEventListener | undefined): ClientEventListener {
  if (listener === undefined) return () => {}
  return (event) => queueMicrotask(() => listener(event))
}

function paidDefaults({ escrowFile }: ClientOptions): { readonly maxRequestPrice?: bigint } {
  return escrowFile === undefined ? {} : { maxRequestPrice: MOST_REQUEST_PRICE }
}

function checkSettings(settings: Settings): void {
  if (settings.relays.length === 0) throw new TypeError('relays: at least one is wanted')
  checkRange('legs', settings.legs, 1, 8)
  checkRange('sessionSeconds', settings.sessionSeconds, 1, 3600)
  checkRange('requestSeconds', settings.requestSeconds, 1, 890)
  checkRange('cadenceMs', settings.cadenceMs, 0, 65_535)
}

function checkRange(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) throw new TypeError(`${name}: ${min} to ${max} is wanted`)
}
