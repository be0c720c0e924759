import type { AdmittedHost } from '../../attestation/admit.ts'
import { parseBundle } from '../../attestation/bundle.ts'
import { randomBytes, sha256, verifyEd25519 } from '../../attestation/crypto.ts'
import { concatBytes, encodeUtf8 } from '../../attestation/encoding.ts'
import { FRAME, MAX_BATCH } from '../../attestation/session/frame-header.ts'
import { encodeFramePayload, parseFramePayload } from '../../attestation/session/frames.ts'
import type { AcceptMessage, HelloMessage } from '../../attestation/session/handshake.ts'
import { type Keyset, parseKeyset } from '../../attestation/session/keyset.ts'
import { encodeRelayLinkHello, linkHelloMessage, parseHostLinkHello } from '../../attestation/session/link-hello.ts'
import type { HostSessionHandlers } from '../../proto/gen/bombyx/v1/HostSession.ts'
import type { HostSessionAnswer__Output } from '../../proto/gen/bombyx/v1/HostSessionAnswer.ts'
import type { HostSessionCall } from '../../proto/gen/bombyx/v1/HostSessionCall.ts'
import type { PaymentStatus__Output } from '../../proto/gen/bombyx/v1/PaymentStatus.ts'
import type { RegistryHandlers } from '../../proto/gen/bombyx/v1/Registry.ts'
import { hostLink } from '../../proto/link.ts'
import { bombyxV1, packageDefinition } from '../../proto/load.ts'
import { bindService, duplex, type GrpcServer, startGrpcServer, unary } from '../../services/runtime/grpc.ts'
import { callChannel } from '../../services/runtime/link/channel.ts'
import { acceptLink } from '../../services/runtime/link/hello.ts'
import type { Link } from '../../services/runtime/link/link.ts'

export interface SlotReport {
  readonly free: number
  readonly total: number
}

/** What the fake registry does with an enrolment. */
export type EnrolScript = (keyset: Keyset) => 'list' | 'refuse' | { readonly listFor: number }

/** A registry and a relay in one process that do what a test tells them, and remember what a host did. */
export class HostNetwork implements AsyncDisposable {
  readonly keysets: Keyset[] = []
  readonly bundles: Uint8Array[] = []
  readonly withdrawn: Uint8Array[] = []
  readonly links: Link[] = []
  readonly slots: SlotReport[] = []
  readonly statements: { readonly seq: number; readonly statement: Uint8Array }[] = []
  enrol: EnrolScript = () => 'list'
  /** Whether statements are acknowledged as they come. */
  acknowledging = true
  /** Whether answers to hellos and vouchers are read. */
  reading = true
  /** HostSession calls that are over. */
  ended = 0
  readonly #callbacks = new Map<string, (answer: HostSessionAnswer__Output) => void>()
  readonly #calls = new Map<string, (call: HostSessionCall) => void>()
  #server: GrpcServer | undefined
  #nextCall = 1

  get authority(): string {
    if (this.#server === undefined) throw new TypeError('not started')
    return this.#server.authority
  }

  /** The newest keyset, as a client that appraised it would hold it. */
  get host(): AdmittedHost {
    const keyset = this.keysets.at(-1)
    if (keyset === undefined) throw new TypeError('no host has enrolled')
    return { keyset, keysetDigest: keyset.digest, notAfter: keyset.notAfter } as unknown as AdmittedHost
  }

  async start(): Promise<this> {
    this.#server = await startGrpcServer({
      listen: '127.0.0.1:0',
      reflection: packageDefinition,
      graceMs: 100,
      services: [
        bindService<RegistryHandlers>(bombyxV1.Registry.service, this.#registry()),
        bindService<HostSessionHandlers>(bombyxV1.HostSession.service, { Serve: this.#serve() }),
        bindService(hostLink, { Open: this.#open() })
      ]
    })
    return this
  }

  /** Brings a hello to the newest keyset's host. Throws the number of a refusal's code. */
  hello(message: HelloMessage, vouchers?: readonly Uint8Array[]): Promise<AcceptMessage> {
    const call = this.#calls.get(Buffer.from(this.host.keysetDigest).toString('hex'))
    if (call === undefined) throw new TypeError('no host answers hellos')
    const callId = String(this.#nextCall++)
    const { promise, resolve, reject } = Promise.withResolvers<AcceptMessage>()
    this.#callbacks.set(callId, ({ accept, refusal }) => {
      if (accept?.accept) resolve({ accept: accept.accept.accept, signature: accept.accept.signature })
      else reject(new Error(`refused with ${refusal?.code}`))
    })
    const known = vouchers === undefined ? null : { vouchers: vouchers.map((one) => Buffer.from(one)) }
    call({ hello: { callId, hello: message, known } })
    return promise
  }

  /** Brings a voucher to the newest keyset's host, or asks. Throws the number of a refusal's code. */
  pay(escrow: Uint8Array, voucher?: Uint8Array, maxPrice = 0n): Promise<PaymentStatus__Output> {
    const call = this.#calls.get(Buffer.from(this.host.keysetDigest).toString('hex'))
    if (call === undefined) throw new TypeError('no host takes vouchers')
    const callId = String(this.#nextCall++)
    const { promise, resolve, reject } = Promise.withResolvers<PaymentStatus__Output>()
    this.#callbacks.set(callId, ({ payment, refusal }) => {
      if (payment?.status) resolve(payment.status)
      else reject(new Error(`refused with ${refusal?.code}`))
    })
    const given = Buffer.from(voucher ?? [])
    call({ payment: { callId, escrow: Buffer.from(escrow), voucher: given, maxPrice: String(maxPrice) } })
    return promise
  }

  /** When a host has linked and answers hellos. */
  async ready(): Promise<void> {
    while (this.links.length === 0 || this.#calls.size === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  /** The newest link. */
  get link(): Link {
    const link = this.links.at(-1)
    if (link === undefined) throw new TypeError('no host has linked')
    return link
  }

  acknowledge(seq: number): void {
    this.link.control(FRAME.ack, encodeFramePayload({ kind: 'ack', stream: 0, seq }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.links) void link.close()
    await this.#server?.[Symbol.asyncDispose]()
  }

  #registry(): RegistryHandlers {
    return {
      Challenge: unary(() => ({
        random: Buffer.from(randomBytes(32)),
        network: 0,
        seqno: 0,
        rootHash: Buffer.alloc(32),
        genUtime: 0
      })),
      Identify: unary(() => ({ provider: 'provider' })),
      Enrol: unary(({ bundle }: { bundle: Buffer }) => this.#judge(bundle)),
      Withdraw: unary(({ keysetDigest, signature }: { keysetDigest: Buffer; signature: Buffer }) => {
        const keyset = this.keysets.find(({ digest }) => Buffer.compare(digest, keysetDigest) === 0)
        const message = concatBytes(encodeUtf8('bombyx/withdraw/v1'), keysetDigest)
        if (keyset && verifyEd25519(keyset.sessionKeys[0]!.publicKey, message, signature)) {
          this.withdrawn.push(keysetDigest)
        }
        return {}
      })
    } as unknown as RegistryHandlers
  }

  #judge(bundle: Buffer): object {
    const { keyset } = parseBundle(bundle)
    const verdict = this.enrol(keyset)
    this.bundles.push(bundle)
    this.keysets.push(keyset)
    const now = Math.floor(Date.now() / 1000)
    const finding = { code: 'MEASUREMENT_REFUSED', claim: 'mrTd', remedy: 'deploy a signed image' }
    return {
      hostId: sha256(bundle).subarray(0, 16),
      verdict: {
        status: verdict === 'refuse' ? 'CONTRAINDICATED' : 'AFFIRMING',
        tee: 'virtual',
        tcbStatus: 'UpToDate',
        result: Buffer.from(JSON.stringify({ findings: verdict === 'refuse' ? [finding] : [] }))
      },
      attestAgainAt: verdict === 'refuse' ? '0' : String(now + (verdict === 'list' ? 3600 : verdict.listFor))
    }
  }

  #serve(): HostSessionHandlers['Serve'] {
    return duplex(async (stream, call) => {
      const nonce = randomBytes(32)
      stream.write({ nonce: Buffer.from(nonce) })
      const over = new Promise<void>((resolve) => {
        call.signal.addEventListener('abort', () => resolve(), { once: true })
        stream.on('end', () => resolve())
        stream.on('error', () => resolve())
      })
      stream.on('data', (answer: HostSessionAnswer__Output) => {
        if (!this.reading) stream.pause()
        if (answer.identity) {
          const { keysetDigest, signature } = answer.identity
          const keyset = this.#proven(keysetDigest, signature, nonce)
          this.#calls.set(Buffer.from(keyset.digest).toString('hex'), (next) => stream.write(next))
        }
        const callId = answer.accept?.callId ?? answer.refusal?.callId ?? answer.payment?.callId
        if (callId !== undefined) this.#callbacks.get(callId)?.(answer)
      })
      await over
      this.ended++
    })
  }

  #open() {
    return duplex<Uint8Array, Uint8Array>((stream) => {
      const nonce = randomBytes(32)
      return new Promise<void>((resolve) => {
        acceptLink({
          channel: callChannel(stream),
          maxStreams: 0,
          hello: encodeRelayLinkHello({ nonce, mostStreams: 0, mostBatchBytes: MAX_BATCH }),
          receiveHello: (link, payload) => {
            const { digest, signature } = parseHostLinkHello(payload)
            this.#proven(digest, signature, nonce)
            this.links.push(link)
            return {
              open: () => 'PROTOCOL',
              control: (type, control) => this.#control(link, type, control),
              goaway: () => {},
              drained: () => {},
              closed: () => resolve()
            }
          },
          refused: () => resolve()
        })
      })
    })
  }

  #control(link: Link, type: typeof FRAME.slots | typeof FRAME.usage | typeof FRAME.ack, payload: Uint8Array): void {
    const frame = parseFramePayload(type, 0, payload)
    if (frame.kind === 'slots') this.slots.push({ free: frame.free, total: frame.total })
    if (frame.kind !== 'usage') return
    this.statements.push({ seq: frame.seq, statement: frame.statement.slice() })
    if (!this.acknowledging) return
    link.control(FRAME.ack, encodeFramePayload({ kind: 'ack', stream: 0, seq: frame.seq }))
  }

  /** The keyset behind a proof; throws when the signature is not over this relay's authority and nonce. */
  #proven(digest: Uint8Array, signature: Uint8Array, nonce: Uint8Array): Keyset {
    const keyset = this.keysets.find((known) => Buffer.compare(known.digest, digest) === 0)
    const message = linkHelloMessage(this.authority, digest, nonce)
    if (keyset === undefined || !verifyEd25519(keyset.sessionKeys[0]!.publicKey, message, signature)) {
      throw new Error('the host did not prove its keyset')
    }
    return parseKeyset(keyset.bytes)
  }
}
