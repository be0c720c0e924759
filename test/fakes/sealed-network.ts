import type { LogEvidence } from '../../attestation/admit.ts'
import { appraiseBundle } from '../../attestation/appraise.ts'
import { attestationLeaf } from '../../attestation/attestation-leaf.ts'
import { randomBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { type Policy, virtualPolicy } from '../../attestation/policy.ts'
import type { ReferenceValueEvidence } from '../../attestation/releases.ts'
import { type SessionCode, sessionCodeOf } from '../../attestation/session/codes.ts'
import { FRAME } from '../../attestation/session/frame-header.ts'
import { type Frame, parseFramePayload } from '../../attestation/session/frames.ts'
import type { HelloMessage } from '../../attestation/session/handshake.ts'
import { parseHello } from '../../attestation/session/hello.ts'
import {
  encodeClientLinkHello,
  encodeRelayLinkHello,
  parseClientLinkHello,
  parseRelayLinkHello
} from '../../attestation/session/link-hello.ts'
import { type AttestationLeaf, encodeLeaf } from '../../attestation/tlog/leaf.ts'
import type { Proof } from '../../attestation/tlog/prove.ts'
import type { VirtualRoot } from '../../attestation/virtual/root.ts'
import { type BombyxClient, type ClientOptions, createClient } from '../../services/client/client.ts'
import type { ClientEvent } from '../../services/client/events.ts'
import type { RelayDialConfig } from '../../services/client/relays/dial.ts'
import type { FoundHost, HelloAnswer, RelayPort } from '../../services/client/relays/relay-port.ts'
import { ServiceError } from '../../services/runtime/errors.ts'
import { acceptLink, dialLink } from '../../services/runtime/link/hello.ts'
import type { Link } from '../../services/runtime/link/link.ts'
import type { LinkEvents } from '../../services/runtime/link/link-events.ts'
import type { StreamEvents } from '../../services/runtime/link/stream.ts'
import type { FakeHost } from './inference-host.ts'
import type { TestLog } from './test-log.ts'
import { createChannelPair } from './turn-channels.ts'
import { createLabRoot, NOW, readEvidence } from './virtual-evidence.ts'

/** How the relays of a fake network behave; the honest ones do what they are asked. */
export interface RelayScript {
  /** Of a request's candidates; the first, unless told otherwise. */
  pick?: (candidates: readonly FakeHost[]) => FakeHost | undefined
  /** What is said of the hosts found. */
  found?: (hosts: readonly FoundHost[]) => readonly FoundHost[]
  blob?: (bytes: Uint8Array) => Uint8Array
  answers?: (answers: readonly HelloAnswer[]) => readonly HelloAnswer[]
  /** The log as this network's relays show it. */
  log?: TestLog
  /** Seconds by which the head they show is older than now, and its size where it is not the newest. */
  head?: { readonly age?: number; readonly size?: number }
  referenceValues?: readonly ReferenceValueEvidence[]
  consistency?: (proof: Proof) => Proof
  /** Authorities that cannot be reached. */
  down: Set<string>
  /** Instead of handing an OPEN to a host. */
  refuseOpen?: SessionCode
}

/** Time that stands still until a test moves it. */
export interface FakeTime {
  seconds: number
}

/** Hosts and relays in this process: everything but the sockets is the real thing. */
export class SealedNetwork {
  readonly root: VirtualRoot
  readonly policy: Policy
  readonly time: FakeTime = { seconds: 0 }
  readonly hosts: FakeHost[] = []
  readonly relay: RelayScript = { down: new Set() }
  readonly events: ClientEvent[] = []
  readonly links: Link[] = []
  /** Every byte that a relay was given or passed on. */
  readonly seen: Uint8Array[] = []
  readonly asked: string[] = []
  readonly #leaves = new Map<FakeHost, Uint8Array>()

  private constructor(root: VirtualRoot, log: TestLog | undefined) {
    this.root = root
    this.policy = virtualPolicy(root.root.certificate, undefined, log?.key ?? null)
    if (log !== undefined) this.relay.log = log
  }

  /** With a log, its clients want to see attestations in it. */
  static async create(log?: TestLog): Promise<SealedNetwork> {
    return new SealedNetwork(await createLabRoot(), log)
  }

  /** The leaf of the host's attestation, which is put into the log that the relays show. */
  logAttestation(host: FakeHost, change: Partial<AttestationLeaf> = {}): Uint8Array {
    const evidence = readEvidence(host.evidence)
    const now = new Date(this.clock() * 1000)
    const { result } = appraiseBundle({ ...evidence, inclusion: 'apart' }, this.policy, now)
    const leaf = encodeLeaf({ ...attestationLeaf(evidence.bundle, result), ...change })
    host.logIndex = this.relay.log?.append(leaf) ?? null
    this.#leaves.set(host, leaf)
    return leaf
  }

  readonly clock = (): number => NOW.getTime() / 1000 + this.time.seconds

  client(options: Partial<ClientOptions> = {}): BombyxClient {
    return createClient(
      { relays: ['relay-a:1'], policy: this.policy, onEvent: (event) => this.events.push(event), ...options },
      {
        now: () => new Date(this.clock() * 1000),
        elapsed: () => this.time.seconds * 1000,
        dial: (authority, config) => this.#port(authority, config)
      }
    )
  }

  /** The events of one kind. */
  told<Kind extends ClientEvent['kind']>(kind: Kind): readonly Extract<ClientEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<ClientEvent, { kind: Kind }> => event.kind === kind)
  }

  #port(authority: string, config: RelayDialConfig): RelayPort {
    const reach = (call: string): void => {
      this.asked.push(`${authority} ${call}`)
      if (this.relay.down.has(authority)) throw new ServiceError('UNAVAILABLE', 'no connection')
    }
    let link: Link | undefined
    return {
      authority,
      findHosts: async ({ model, exclude, count }) => {
        reach('FindHosts')
        const excluded = new Set(exclude.map(encodeHex))
        const serving = this.hosts.filter(({ keyset }) => keyset.model.id === model)
        const left = serving.filter(({ digest }) => !excluded.has(encodeHex(digest)))
        const found = left.slice(0, count).map((host) => describe(host, this.#prove(host)))
        return this.relay.found?.(found) ?? found
      },
      listModels: async () => {
        reach('ListModels')
        return [...new Set(this.hosts.map(({ keyset }) => keyset.model.id))]
      },
      listReferenceValues: async () => {
        reach('ListReferenceValues')
        return this.relay.referenceValues ?? []
      },
      getConsistency: async (oldSize, newSize) => {
        reach('GetLogConsistency')
        const { log } = this.relay
        const proof = log !== undefined && newSize <= BigInt(log.size) ? log.consistency(oldSize, newSize) : []
        return this.relay.consistency?.(proof) ?? proof
      },
      getBlob: async (digest) => {
        reach('GetBlob')
        const blobs = this.hosts.flatMap(({ evidence }) => [evidence.bundleBytes, evidence.collateralBytes])
        const blob = blobs.find((bytes) => encodeHex(sha256(bytes)) === encodeHex(digest))
        if (blob === undefined) throw new ServiceError('NOT_FOUND', 'no such blob')
        return this.relay.blob?.(blob) ?? blob
      },
      giveVoucher: async () => {
        reach('GiveVoucher')
        throw new ServiceError('UNPAID', 'nobody is paid here')
      },
      listVouchers: async () => [],
      findStatements: async () => [],
      openSession: (hello) => {
        reach('OpenSession')
        return this.#carryHello(hello)
      },
      link: async () => {
        reach('Link')
        if (link?.takesStreams !== true) link = await this.#link(config)
        return link
      },
      [Symbol.asyncDispose]: async () => {
        await link?.close()
      }
    }
  }

  #prove(host: FakeHost): LogEvidence | null {
    const leaf = this.#leaves.get(host)
    const { log, head = {} } = this.relay
    if (leaf === undefined || log === undefined) return null
    const { age = 0, size = log.size } = head
    const index = log.indexOf(leaf)
    return index < 0 ? null : { leaf, proof: log.prove(index, { at: this.clock() - age, size }) }
  }

  async *#carryHello(message: HelloMessage): AsyncGenerator<HelloAnswer, void> {
    this.seen.push(message.hello)
    const answers: HelloAnswer[] = []
    for (const digest of parseHello(message.hello).digests) {
      const host = this.hosts.find((one) => encodeHex(one.digest) === encodeHex(digest))
      answers.push(await answerHello(host, digest, message))
    }
    yield* this.relay.answers?.(answers) ?? answers
  }

  async #link(config: RelayDialConfig): Promise<Link> {
    const [near, far] = createChannelPair()
    const relaySide = acceptLink({
      channel: far,
      maxStreams: 100,
      hello: encodeRelayLinkHello({ nonce: randomBytes(32), mostStreams: 100, mostBatchBytes: 65_536 }),
      receiveHello: (link, payload) => {
        parseClientLinkHello(payload)
        return this.#relayEvents(link)
      }
    })
    this.links.push(relaySide)
    return dialLink({
      channel: near,
      maxStreams: 0,
      answerHello: (payload) => {
        const { mostStreams, mostBatchBytes } = parseRelayLinkHello(payload)
        return { hello: encodeClientLinkHello(new Uint8Array(0)), maxStreams: mostStreams, maxBatch: mostBatchBytes }
      },
      events: {
        open: () => 'PROTOCOL',
        control: (_type, payload) => config.onUsage(new Uint8Array(payload).subarray(8)),
        goaway: () => {},
        closed: () => {}
      }
    })
  }

  #relayEvents(link: Link): LinkEvents {
    return {
      open: (stream, payload) => {
        const open = parseFramePayload(FRAME.open, stream.id, new Uint8Array(payload)) as Frame & { kind: 'open' }
        this.seen.push(new Uint8Array(payload))
        if (this.relay.refuseOpen !== undefined) return this.relay.refuseOpen
        const named = open.candidates.map(({ digest }) => encodeHex(digest))
        const candidates = this.hosts.filter(({ digest }) => named.includes(encodeHex(digest)))
        const host = (this.relay.pick ?? first)(candidates)
        if (host === undefined) return 'HOST_LOST'
        const own = open.candidates.filter(({ digest }) => encodeHex(digest) === encodeHex(host.digest))
        const events = host.serve(stream, { ...open, candidates: own }, (usage) => link.control(FRAME.usage, usage))
        return typeof events === 'string' ? events : this.#watched(events)
      },
      control: () => {},
      goaway: () => {},
      closed: () => {}
    }
  }

  #watched(events: StreamEvents): StreamEvents {
    return {
      ...events,
      data: (payload) => {
        this.seen.push(new Uint8Array(payload))
        events.data(payload)
      },
      final: (payload) => {
        this.seen.push(new Uint8Array(payload))
        events.final(payload)
      }
    }
  }
}

function first(candidates: readonly FakeHost[]): FakeHost | undefined {
  return candidates[0]
}

function describe({ evidence, digest }: FakeHost, log: LogEvidence | null): FoundHost {
  const bundle = sha256(evidence.bundleBytes)
  return {
    hostId: encodeHex(digest.subarray(0, 16)),
    provider: 'provider',
    region: 'eu',
    bundleDigest: encodeHex(bundle),
    claimedKeysetDigest: digest,
    bundle,
    collateral: sha256(evidence.collateralBytes),
    log
  }
}

async function answerHello(
  host: FakeHost | undefined,
  digest: Uint8Array,
  message: HelloMessage
): Promise<HelloAnswer> {
  const refusal = (code: SessionCode): HelloAnswer => ({ kind: 'refusal', keysetDigest: digest, code })
  if (host === undefined) return refusal('HOST_LOST')
  if (host.script.refuseHello !== undefined) return refusal(host.script.refuseHello)
  try {
    return { kind: 'accept', message: await host.accept(message) }
  } catch (error) {
    if (error instanceof AttestationError) return refusal(sessionCodeOf(error.code))
    throw error
  }
}
