import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { FRAME } from '../../../attestation/session/frame-header.ts'
import { parseFramePayload } from '../../../attestation/session/frames.ts'
import { encodeClientLinkHello, parseRelayLinkHello } from '../../../attestation/session/link-hello.ts'
import { clientLink } from '../../../proto/link.ts'
import { bombyxV1 } from '../../../proto/load.ts'
import { ServiceError } from '../../runtime/errors.ts'
import {
  type CallLimits,
  callStream,
  callUnary,
  connect,
  connectDuplex,
  type DialConfig
} from '../../runtime/grpc-client.ts'
import { callChannel } from '../../runtime/link/channel.ts'
import { dialLink } from '../../runtime/link/hello.ts'
import type { Link } from '../../runtime/link/link.ts'
import type { LinkEvents } from '../../runtime/link/link-events.ts'
import type { HelloAnswer, RelayPort } from './relay-port.ts'
import {
  decodeAnswer,
  decodeHost,
  decodePaymentStatus,
  decodeReferenceValues,
  encodeReceiptName,
  encodeVoucherRequest,
  encodeWish
} from './wire.ts'

export interface RelayDialConfig extends DialConfig {
  /** Gets the usage statements that the relay passes on. */
  readonly onUsage: (statement: Uint8Array) => void
}

const CALL: CallLimits = { deadlineMs: 10_000 }
const PAYMENT: CallLimits = { deadlineMs: 15_000 }
const BLOB: CallLimits = { deadlineMs: 30_000 }
const HANDSHAKE_MS = 15_000
/** More links than one only where the relay lets no more requests into the first. */
const MOST_LINKS = 4

/** The port of one relay; nothing is dialled before the first call. */
export function dialRelay(authority: string, config: RelayDialConfig): RelayPort {
  const relay = onDemand(() => connect(bombyxV1.Relay, authority, config))
  const blobs = onDemand(() => connect(bombyxV1.Blobs, authority, config))
  const payments = onDemand(() => connect(bombyxV1.Payments, authority, config))
  const links = new RelayLinks(authority, config)
  return {
    authority,
    async findHosts(wish) {
      const { hosts } = await callUnary(await relay.get(), 'FindHosts', encodeWish(wish), CALL)
      return hosts.slice(0, wish.count).map(decodeHost)
    },
    async listModels() {
      return (await callUnary(await relay.get(), 'ListModels', {}, CALL)).models
    },
    async listReferenceValues() {
      const { values } = await callUnary(await relay.get(), 'ListReferenceValues', {}, CALL)
      return decodeReferenceValues(values)
    },
    async getConsistency(oldSize, newSize) {
      const request = { oldSize: String(oldSize), newSize: String(newSize) }
      return (await callUnary(await relay.get(), 'GetLogConsistency', request, CALL)).hashes
    },
    async getBlob(digest) {
      return (await callUnary(await blobs.get(), 'GetBlob', { digest: Buffer.from(digest) }, BLOB)).content
    },
    async *openSession(message, { signal }): AsyncGenerator<HelloAnswer, void> {
      const hello = { hello: Buffer.from(message.hello), payerSignature: Buffer.from(message.payerSignature) }
      const limits = { signal, deadlineMs: HANDSHAKE_MS }
      for await (const event of callStream(await relay.get(), 'OpenSession', hello, limits)) yield decodeAnswer(event)
    },
    async giveVoucher(request) {
      return decodePaymentStatus(
        await callUnary(await payments.get(), 'GiveVoucher', encodeVoucherRequest(request), PAYMENT)
      )
    },
    async listVouchers(escrow, payee) {
      const request = { escrow: Buffer.from(escrow), payee: Buffer.from(payee) }
      return (await callUnary(await payments.get(), 'ListVouchers', request, CALL)).vouchers.map(
        ({ voucher }) => voucher
      )
    },
    async findStatements(awaited) {
      const request = { receipts: awaited.map(encodeReceiptName) }
      return (await callUnary(await payments.get(), 'FindStatements', request, CALL)).statements
    },
    link: () => links.get(),
    async [Symbol.asyncDispose]() {
      await links[Symbol.asyncDispose]()
      await Promise.all([relay.close(), blobs.close(), payments.close()])
    }
  }
}

interface OnDemand<Stub> {
  get(): Promise<Stub>
  close(): Promise<void>
}

/** Made at the first use, because credentials are read from files; made again where that failed. */
function onDemand<Stub extends { close(): void }>(make: () => Promise<Stub>): OnDemand<Stub> {
  let made: Promise<Stub> | undefined
  return {
    get: () => {
      made ??= make().catch((error: unknown) => {
        made = undefined
        throw error
      })
      return made
    },
    close: async () => {
      const stub = await made?.catch(() => undefined)
      stub?.close()
    }
  }
}

/** The standing links to one relay. */
class RelayLinks implements AsyncDisposable {
  readonly #authority: string
  readonly #config: RelayDialConfig
  #links: Link[] = []
  #dialling: Promise<Link> | undefined
  #closed = false

  constructor(authority: string, config: RelayDialConfig) {
    this.#authority = authority
    this.#config = config
  }

  /** One that takes a request now; NO_CAPACITY when there are as many as may be and all are full. */
  async get(): Promise<Link> {
    this.#links = this.#links.filter((link) => !link.closed)
    const free = this.#links.find((link) => link.takesStreams)
    if (free !== undefined) return free
    if (this.#links.length >= MOST_LINKS) throw new ServiceError('NO_CAPACITY', 'all links to the relay are full')
    this.#dialling ??= this.#dial().finally(() => {
      this.#dialling = undefined
    })
    return this.#dialling
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#dialling?.catch(() => {})
    await Promise.all(this.#links.map((link) => link.close()))
  }

  async #dial(): Promise<Link> {
    if (this.#closed) throw new ServiceError('CANCELLED', 'the client is closed')
    const client = await connectDuplex<Uint8Array>(clientLink, this.#authority, this.#config)
    try {
      const link = await dialLink({
        channel: callChannel(client.open()),
        maxStreams: 0,
        answerHello: (payload) => {
          const { mostStreams, mostBatchBytes } = parseRelayLinkHello(payload)
          const hello = encodeClientLinkHello(encodeUtf8(this.#config.token ?? ''))
          return { hello, maxStreams: mostStreams, maxBatch: mostBatchBytes }
        },
        events: this.#events(() => client[Symbol.dispose]())
      })
      this.#links.push(link)
      return link
    } catch (error) {
      client[Symbol.dispose]()
      if (!(error instanceof AttestationError)) throw error
      throw new ServiceError('PROTOCOL', `the relay's HELLO: ${error.message}`, { cause: error })
    }
  }

  #events(closed: () => void): LinkEvents {
    return {
      open: () => 'PROTOCOL',
      control: (type, payload) => {
        if (type !== FRAME.usage) return
        const frame = parseFramePayload(FRAME.usage, 0, payload)
        if (frame.kind === 'usage') this.#config.onUsage(new Uint8Array(frame.statement))
      },
      goaway: () => {},
      closed
    }
  }
}
