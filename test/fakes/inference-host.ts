import { ed25519PublicBytes, generateEd25519, type PrivateKey, randomBytes, sha256 } from '../../attestation/crypto.ts'
import { concatBytes, encodeBase64, encodeHex, encodeUtf8, uint64 } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { RECEIPT_TRAILER, type ReceiptFields, signReceipt } from '../../attestation/receipt/receipt.ts'
import { priceOf, signUsage, type TokenCounts, type UsageFields } from '../../attestation/receipt/usage.ts'
import {
  type BhttpRequest,
  encodeBhttpResponse,
  type HttpField,
  parseBhttpRequest
} from '../../attestation/session/bhttp.ts'
import { type SessionCode, sessionCodeOf } from '../../attestation/session/codes.ts'
import type { Frame } from '../../attestation/session/frames.ts'
import type { AcceptMessage, HelloMessage } from '../../attestation/session/handshake.ts'
import { HostSessions } from '../../attestation/session/host-sessions.ts'
import { type Keyset, parseKeyset } from '../../attestation/session/keyset.ts'
import type { HostLeg, Prices } from '../../attestation/session/leg.ts'
import { type Meta, parseMeta } from '../../attestation/session/meta.ts'
import { openRequest, type RequestOpener } from '../../attestation/session/request.ts'
import type { ResponseSealer, SealedChunk } from '../../attestation/session/response.ts'
import { SseSealer } from '../../attestation/session/sse-seal.ts'
import type { VirtualRoot } from '../../attestation/virtual/root.ts'
import type { LinkStream, StreamEvents } from '../../services/runtime/link/stream.ts'
import type { FakeAnswer, HostScript } from './host-script.ts'
import { createEvidence, type Evidence, type EvidenceChanges } from './virtual-evidence.ts'

export const FAKE_PRICES: Prices = {
  prompt: 1_000_000n,
  cached: 500_000n,
  completion: 2_000_000n,
  reasoning: 2_000_000n
}
const COUNTS: TokenCounts = { prompt: 12, cached: 0, completion: 3, reasoning: 0 }

export interface FakeHostOptions {
  readonly changes?: EvidenceChanges
  /** Unix seconds. */
  readonly clock: () => number
  readonly script: HostScript
}

/** A host with evidence of the software TEE, and the host's side of sessions, requests and receipts in this process. */
export class FakeHost {
  script: HostScript
  /** What its receipts say of its attestation's place in the log. */
  logIndex: number | null = null
  readonly evidence: Evidence
  readonly keyset: Keyset
  readonly #sessionKey: PrivateKey
  readonly #receiptKey: PrivateKey
  readonly #clock: () => number
  readonly #sessions = new HostSessions(1000)
  /** Bodies that this host has opened, and codes it was reset with. */
  readonly opened: string[] = []
  readonly metas: Meta[] = []
  readonly resets: SessionCode[] = []
  #seq = 0

  private constructor(evidence: Evidence, keys: readonly [PrivateKey, PrivateKey], options: FakeHostOptions) {
    this.evidence = evidence
    this.keyset = parseKeyset(evidence.fields.keyset)
    this.#sessionKey = keys[0]
    this.#receiptKey = keys[1]
    this.#clock = options.clock
    this.script = options.script
  }

  static async create(root: VirtualRoot, options: FakeHostOptions): Promise<FakeHost> {
    const [session, receipt] = [generateEd25519(), generateEd25519()] as const
    const keyset = {
      epoch: randomBytes(16),
      subject: `bombyx:host:${encodeHex(randomBytes(16))}`,
      sessionKeys: [{ keyId: 's1', publicKey: ed25519PublicBytes(session) }],
      receiptKeys: [{ keyId: 'r1', publicKey: ed25519PublicBytes(receipt) }],
      ...options.changes?.keyset
    }
    const evidence = await createEvidence(root, { ...options.changes, keyset })
    return new FakeHost(evidence, [session, receipt], options)
  }

  get digest(): Uint8Array {
    return this.keyset.digest
  }

  /** The host forgets every session, as it does when it starts again. */
  forget(): void {
    this.#sessions[Symbol.dispose]()
  }

  accept(message: HelloMessage): Promise<AcceptMessage> {
    const now = this.#clock()
    return this.#sessions.accept(message, {
      keyset: this.keyset,
      sessionKey: this.#sessionKey,
      prices: FAKE_PRICES,
      replayWindow: 64,
      now,
      maxNotAfter: now + 3600
    })
  }

  /** Takes one OPEN, as the relay passes it on. */
  serve(
    stream: LinkStream,
    open: Frame & { kind: 'open' },
    sendUsage: (payload: Uint8Array) => void
  ): StreamEvents | SessionCode {
    const { refuseOpen } = this.script
    if (refuseOpen !== undefined) return refuseOpen
    const now = this.#clock()
    const [candidate] = open.candidates
    try {
      const leg = this.#sessions.find(parseMeta(open.meta).sessionId, this.keyset.digest, now)
      const opener = openRequest(leg, new Uint8Array(open.meta), new Uint8Array(candidate!.wrap), now)
      leg.replay.spend(opener.meta.n)
      this.metas.push(opener.meta)
      return new Serving(this, { stream, leg, opener, sendUsage }).events()
    } catch (error) {
      if (error instanceof AttestationError) return sessionCodeOf(error.code)
      throw error
    }
  }

  now(): number {
    return this.#clock()
  }

  signReceipt(fields: ReceiptFields): Uint8Array {
    return signReceipt(fields, this.script.receiptKey ?? this.#receiptKey)
  }

  signUsage(fields: Omit<UsageFields, 'seq'>): Uint8Array {
    const full = { ...fields, seq: ++this.#seq }
    const statement = signUsage(this.script.usage?.(full) ?? full, this.script.usageKey ?? this.#receiptKey)
    return concatBytes(uint64(full.seq), statement)
  }
}

interface Taken {
  readonly stream: LinkStream
  readonly leg: HostLeg
  readonly opener: RequestOpener
  readonly sendUsage: (payload: Uint8Array) => void
}

class Serving {
  readonly #host: FakeHost
  readonly #taken: Taken
  readonly #pieces: Uint8Array[] = []
  readonly #salt = randomBytes(32)
  readonly #cancelled = new AbortController()
  #made = 0
  #sent = 0

  constructor(host: FakeHost, taken: Taken) {
    this.#host = host
    this.#taken = taken
  }

  events(): StreamEvents {
    const { stream } = this.#taken
    stream.accept(concatBytes(this.#host.digest, this.#salt))
    return {
      data: (payload) => this.#receive(payload, false),
      final: (payload) => {
        this.#receive(payload, true)
        this.#run().catch((error: unknown) => {
          if (!this.#cancelled.signal.aborted) throw error
        })
      },
      reset: (code) => {
        this.#host.resets.push(code)
        this.#cancelled.abort()
      }
    }
  }

  #receive(payload: Uint8Array, final: boolean): void {
    this.#pieces.push(new Uint8Array(this.#taken.opener.open(new Uint8Array(payload), final)))
    if (!final) this.#taken.stream.consumed(payload.byteLength)
  }

  async #run(): Promise<void> {
    const { script } = this.#host
    const { stream, opener } = this.#taken
    const request = parseBhttpRequest(concatBytes(...this.#pieces))
    this.#host.opened.push(Buffer.from(request.content).toString())
    if (script.refuseAnswer !== undefined) {
      stream.reset(script.refuseAnswer)
      return
    }
    const answer = await script.answer(request, this.#cancelled.signal)
    using sealer = opener.sealResponse(this.#salt)
    if ('events' in answer) await this.#stream(answer.events, request, sealer)
    else await this.#whole(answer, request, sealer)
  }

  async #whole(
    answer: Exclude<FakeAnswer, { events: unknown }>,
    request: BhttpRequest,
    sealer: ResponseSealer
  ): Promise<void> {
    const content = encodeUtf8(answer.body)
    const head = { status: answer.status, headers: answer.headers ?? [['content-type', 'application/json'] as const] }
    const trailers = this.#trailers(request, sha256(content))
    await this.#send(sealer.seal(encodeBhttpResponse(head, content, trailers), true))
  }

  async #stream(
    events: Iterable<string> | AsyncIterable<string>,
    request: BhttpRequest,
    sealer: ResponseSealer
  ): Promise<void> {
    const sse = new SseSealer({ status: 200, headers: [['content-type', 'text/event-stream; charset=utf-8']] })
    for await (const event of events) {
      if (this.#cancelled.signal.aborted) return
      sse.push(encodeUtf8(event))
      for (const plaintext of sse.take()) await this.#send(sealer.seal(plaintext, false))
    }
    const last = sse.finish((contentHash) => this.#trailers(request, contentHash))
    for (const [index, plaintext] of last.entries()) {
      await this.#send(sealer.seal(plaintext, index === last.length - 1))
    }
  }

  async #send(chunks: readonly SealedChunk[]): Promise<void> {
    const { stream } = this.#taken
    const { tamper, resetAfter } = this.#host.script
    for (const chunk of chunks) {
      const index = this.#made++
      for (const out of tamper === undefined ? [chunk] : tamper(chunk, index)) {
        if (resetAfter !== undefined && this.#sent >= resetAfter.chunks) {
          stream.reset(resetAfter.code)
          return
        }
        const sent = out.final ? stream.finish(out.sealed) : stream.send(out.sealed)
        this.#sent++
        if (!sent) await stream.ready()
      }
    }
  }

  #trailers(request: BhttpRequest, returnedHash: Uint8Array): readonly HttpField[] {
    const { leg, opener } = this.#taken
    const { keyset, script } = this.#host
    const salt = randomBytes(32)
    const fields: ReceiptFields = {
      chatId: 'chatcmpl-1',
      endpoint: request.path,
      method: request.method,
      model: keyset.model.id,
      keyId: 'r1',
      receiptId: randomBytes(16),
      servedAt: this.#host.now(),
      keysetDigest: keyset.digest,
      sessionId: leg.sessionId,
      n: opener.meta.n,
      receivedHash: sha256(request.content),
      forwardedHash: sha256(request.content),
      returnedHash,
      salt,
      requestHash: sha256(salt, request.content),
      usage: COUNTS,
      logIndex: this.#host.logIndex
    }
    const changed = script.receipt === undefined ? fields : script.receipt(fields)
    if (changed === undefined) return []
    const receipt = this.#host.signReceipt(changed)
    this.#tellUsage(sha256(receipt))
    return [[RECEIPT_TRAILER, encodeBase64(receipt)]]
  }

  #tellUsage(receiptHash: Uint8Array): void {
    const { leg, opener, sendUsage } = this.#taken
    const { keyset } = this.#host
    const statement = this.#host.signUsage({
      counts: COUNTS,
      durationMs: 5,
      epoch: keyset.epoch,
      finish: 'complete',
      keyId: 'r1',
      model: keyset.model.id,
      n: opener.meta.n,
      price: priceOf(COUNTS, FAKE_PRICES),
      receiptHash,
      sessionId: leg.sessionId,
      tenant: leg.tenant,
      keysetDigest: keyset.digest
    })
    sendUsage(statement)
  }
}
