import { randomBytes } from '../../attestation/crypto.ts'
import type { SessionCode } from '../../attestation/session/codes.ts'
import { FRAME, MAX_BATCH } from '../../attestation/session/frame-header.ts'
import { encodeFramePayload, parseFramePayload } from '../../attestation/session/frames.ts'
import { encodeRelayLinkHello, parseHostLinkHello } from '../../attestation/session/link-hello.ts'
import { codeOf, ServiceError } from '../runtime/errors.ts'
import { BrokenRule } from '../runtime/link/broken-rule.ts'
import type { BatchChannel } from '../runtime/link/channel.ts'
import { acceptLink } from '../runtime/link/hello.ts'
import type { ControlType, Link, LinkEnd, LinkEvents } from '../runtime/link/link.ts'
import type { Logger } from '../runtime/log.ts'
import { EarlyFrames } from './early-frames.ts'
import { type HostClaim, type IdentityContext, identifyHost } from './host-identity.ts'
import type { LiveHost } from './live-host.ts'

export interface HostLinksContext extends IdentityContext {
  readonly logger: Logger
  /** A host signed this statement; `acknowledge`, the same of all that come by one link, tells it how far its epoch is stored. */
  readonly usage: (host: LiveHost, payload: Uint8Array, acknowledge: (seq: number) => void) => void
  readonly lost: (host: LiveHost) => void
}

/** Owns one host's link from its first byte to its last. Resolves when it has ended. */
export function acceptHostLink(
  channel: BatchChannel,
  call: { readonly authority: string; readonly signal: AbortSignal },
  context: HostLinksContext
): Promise<void> {
  return new Promise((resolve) => {
    const nonce = randomBytes(32)
    const link = acceptLink({
      channel,
      maxStreams: 0,
      hello: encodeRelayLinkHello({ nonce, mostStreams: 0, mostBatchBytes: MAX_BATCH }),
      receiveHello: (opened, payload) => {
        const claim = { ...parseHostLinkHello(payload), nonce, authority: call.authority }
        return new HostLinkOwner(opened, claim, context, resolve)
      },
      refused: () => resolve()
    })
    call.signal.addEventListener('abort', () => link.goaway(), { once: true })
  })
}

class HostLinkOwner implements LinkEvents {
  readonly #link: Link
  readonly #context: HostLinksContext
  readonly #ended: () => void
  #host: LiveHost | undefined
  readonly #early = new EarlyFrames()
  /** ACK: every statement of the epoch up to this one is stored. */
  readonly #acknowledge = (seq: number): void => {
    this.#link.control(FRAME.ack, encodeFramePayload({ kind: 'ack', stream: 0, seq }))
  }

  constructor(link: Link, claim: HostClaim, context: HostLinksContext, ended: () => void) {
    this.#link = link
    this.#context = context
    this.#ended = ended
    identifyHost(claim, context)
      .then((host) => this.#admit(host))
      .catch((error: unknown) => this.#refuse(error))
  }

  open(): never {
    throw new BrokenRule('a host opens no streams')
  }

  control(type: ControlType, payload: Uint8Array): void {
    if (type === FRAME.ack) throw new BrokenRule('a host acknowledges nothing')
    if (this.#host === undefined) {
      this.#early.keep(type, payload)
    } else if (type === FRAME.slots) {
      this.#announce(this.#host, payload)
    } else {
      this.#context.usage(this.#host, payload, this.#acknowledge)
    }
  }

  goaway(): void {
    if (this.#host !== undefined) this.#context.table.changed(this.#host)
  }

  // The host closes: it may still wait for acknowledgements.
  drained(): void {}

  closed(end: LinkEnd): void {
    const host = this.#host
    if (host !== undefined) {
      host.removeLink(this.#link)
      this.#context.table.changed(host)
      this.#context.lost(host)
      this.#context.logger.info('host link ended', { host: host.listed.hostId, ...endFields(end) })
    }
    this.#ended()
  }

  #admit(host: LiveHost): void {
    if (this.#link.closed) return
    if (host.leaving) {
      this.#link.drop('KEYSET_CHANGED', 'the host was delisted')
      return
    }
    this.#host = host
    host.addLink(this.#link)
    if (this.#early.slots !== undefined) this.#announce(host, this.#early.slots)
    for (const payload of this.#early.takeStatements()) this.#context.usage(host, payload, this.#acknowledge)
    this.#context.logger.info('host linked', { host: host.listed.hostId, model: host.model, keysetDigest: host.digest })
  }

  #announce(host: LiveHost, payload: Uint8Array): void {
    const frame = parseFramePayload(FRAME.slots, 0, payload)
    if (frame.kind !== 'slots' || frame.free > frame.total) throw new BrokenRule('more slots free than there are')
    host.announce(this.#link, frame.free, frame.total)
    this.#context.table.changed(host)
  }

  #refuse(error: unknown): void {
    const code = codeOf(error)
    const reason = error instanceof ServiceError ? error.message : 'its proof could not be read'
    this.#context.logger.warn('host link refused', { code: code ?? 'INTERNAL', reason }, error)
    this.#link.drop(code === 'KEYSET_CHANGED' ? code : 'PROTOCOL', reason)
  }
}

export function endFields(end: LinkEnd): { readonly code?: SessionCode; readonly reason?: string } {
  return {
    ...(end.code === undefined ? {} : { code: end.code }),
    ...(end.error === undefined ? {} : { reason: end.error.message })
  }
}
