import type { ClientDuplexStream } from '@grpc/grpc-js'
import type { HostSessionClient } from '../../proto/gen/bombyx/v1/HostSession.ts'
import type { HostSessionAnswer } from '../../proto/gen/bombyx/v1/HostSessionAnswer.ts'
import type { HostSessionCall__Output } from '../../proto/gen/bombyx/v1/HostSessionCall.ts'
import { hostLink } from '../../proto/link.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { codeOf, ServiceError } from '../runtime/errors.ts'
import { connect, connectDuplex, type DialConfig } from '../runtime/grpc-client.ts'
import { callChannel } from '../runtime/link/channel.ts'
import type { LinkEnd } from '../runtime/link/link.ts'
import { fromStatus } from '../runtime/status.ts'
import { writerOf } from '../runtime/unread.ts'
import { backoffDelay, pause } from './backoff.ts'
import type { HostIdentity } from './identity.ts'
import type { LeftCarrier, LeftStatements } from './left-statements.ts'
import { type HelloAnswer, type HelloCall, type HelloContext, HelloDesk } from './relay-hellos.ts'
import { dialRelay, proveIdentity, type RelayLink, type RelayLinkContext } from './relay-link.ts'
import { helloAnswerToWire, helloCallFromWire, leftToWire } from './wire.ts'

export interface RelayContext extends RelayLinkContext, HelloContext {
  readonly dial: DialConfig
  /** Absent where the host remembers nothing from one start to the next. */
  readonly left?: LeftStatements | undefined
  /** The relay says that this keyset is not listed (any more). A hint: relays are not trusted. */
  readonly delisted: () => void
}

const BACKOFF = { firstMs: 200, mostMs: 15_000 }
/** A connection that stood for so long was a good one: the next failure waits shortly again. */
const GOOD_MS = 30_000

/**
 * Stands to one relay as one identity, until it is retired: a link for requests and a call for hellos, each dialled
 * again with growing waits whenever it ends.
 */
export class RelayConnection implements AsyncDisposable {
  readonly #authority: string
  readonly #identity: HostIdentity
  readonly #context: RelayContext
  readonly #stop = new AbortController()
  readonly #linked = Promise.withResolvers<void>()
  readonly #running: Promise<unknown>
  #link: RelayLink | undefined
  #retired = false

  constructor(authority: string, identity: HostIdentity, context: RelayContext) {
    this.#authority = authority
    this.#identity = identity
    this.#context = context
    this.#running = Promise.all([
      this.#keep('link', () => this.#keepLink()),
      this.#keep('hellos', () => this.#answerHellos())
    ])
  }

  /** When the link stands for the first time, or the connection is given up. */
  get linked(): Promise<void> {
    return this.#linked.promise
  }

  /** After `retire`, when what ran has ended. */
  get ended(): Promise<unknown> {
    return this.#running
  }

  /** Takes no new requests and no hellos; those that run may finish. */
  retire(): void {
    this.#retired = true
    this.#stop.abort()
    this.#link?.retire()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.retire()
    await this.#link?.close()
    await this.#running
  }

  async #keep(name: string, once: () => Promise<void>): Promise<void> {
    const { monotonic, logger } = this.#context
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      const startedAt = monotonic()
      try {
        await once()
      } catch (error) {
        if (this.#stop.signal.aborted) break
        if (codeOf(error) === 'KEYSET_CHANGED') this.#context.delisted()
        logger.warn('a relay does not answer', { relay: this.#authority, name }, error)
      }
      if (monotonic() - startedAt > GOOD_MS) attempt = 0
      await pause(backoffDelay(BACKOFF, attempt, Math.random()), this.#stop.signal)
    }
    this.#linked.resolve()
  }

  /** Resolves when the link has ended. */
  async #keepLink(): Promise<void> {
    using client = await connectDuplex<Uint8Array>(hostLink, this.#authority, this.#context.dial)
    const ended = Promise.withResolvers<void>()
    ended.promise.catch(() => {})
    const relay = {
      authority: this.#authority,
      ended: ({ code, error }: LinkEnd) => {
        if (code === undefined && error === undefined) ended.resolve()
        else ended.reject(new ServiceError(code ?? 'HOST_LOST', 'the link was ended', { cause: error }))
      }
    }
    this.#link = await dialRelay(callChannel(client.open()), relay, this.#identity, this.#context)
    if (this.#retired) this.#link.retire()
    this.#context.logger.info('linked', { relay: this.#authority })
    this.#linked.resolve()
    await ended.promise
  }

  /** Resolves when the call has ended. */
  async #answerHellos(): Promise<void> {
    const client = await connect(bombyxV1.HostSession, this.#authority, this.#context.dial)
    const call = (client as HostSessionClient).Serve()
    const cancel = (): void => call.cancel()
    this.#stop.signal.addEventListener('abort', cancel, { once: true })
    try {
      await this.#serve(call)
    } catch (error) {
      throw fromStatus(error)
    } finally {
      this.#stop.signal.removeEventListener('abort', cancel)
      call.on('error', () => {})
      client.close()
    }
  }

  async #serve(call: ServeCall): Promise<void> {
    const desk = new HelloDesk(this.#identity, this.#context)
    const write = writerOf<HostSessionAnswer>(call, () => call.cancel())
    let carrier: LeftCarrier | undefined
    let proven = false
    try {
      for await (const wire of call) {
        const received = helloCallFromWire(wire as HostSessionCall__Output)
        if (proven !== (received.kind !== 'nonce')) throw new ServiceError('PROTOCOL', 'one nonce, and first')
        if (received.kind === 'nonce') {
          const { digest, signature } = proveIdentity(this.#identity, this.#authority, received.nonce)
          write({ identity: { keysetDigest: digest, signature } })
          carrier = this.#context.left?.attach((parcel) => write(leftToWire(parcel)))
          proven = true
        } else if (received.kind === 'left') carrier?.answer(received)
        // Not awaited: hellos are answered side by side, as many as the desk has room for.
        else void answer(desk, received).then((said) => write(helloAnswerToWire(said)))
      }
    } finally {
      carrier?.detach()
    }
  }
}

type ServeCall = ClientDuplexStream<HostSessionAnswer, HostSessionCall__Output>

function answer(desk: HelloDesk, asked: Extract<HelloCall, { readonly callId: bigint }>): Promise<HelloAnswer> {
  return asked.kind === 'payment' ? desk.pay(asked) : desk.answer(asked.callId, asked.message, asked.known)
}
