import { randomBytes } from '../../attestation/crypto.ts'
import { decodeUtf8 } from '../../attestation/encoding.ts'
import type { SessionCode } from '../../attestation/session/codes.ts'
import { FRAME, MAX_BATCH } from '../../attestation/session/frame-header.ts'
import { encodeRelayLinkHello, parseClientLinkHello } from '../../attestation/session/link-hello.ts'
import { codeOf } from '../runtime/errors.ts'
import { BrokenRule } from '../runtime/link/broken-rule.ts'
import type { BatchChannel } from '../runtime/link/channel.ts'
import { acceptLink } from '../runtime/link/hello.ts'
import type { Link, LinkEnd, LinkEvents } from '../runtime/link/link.ts'
import type { LinkStream, StreamEvents } from '../runtime/link/stream.ts'
import type { Logger } from '../runtime/log.ts'
import { endFields } from './host-links.ts'
import type { Admit, KeyGrant } from './key-grant.ts'
import type { ClientLine, Switchboard } from './switchboard.ts'

export interface ClientLinksContext {
  readonly switchboard: Switchboard
  readonly admit: Admit
  readonly maxStreams: number
  readonly maxBacklog: number
  /** Every client's link that is past its HELLO. */
  readonly links: Set<Link>
  readonly logger: Logger
}

/** Owns one client's link from its first byte to its last. Resolves when it has ended. */
export function acceptClientLink(
  channel: BatchChannel,
  call: { readonly signal: AbortSignal },
  context: ClientLinksContext
): Promise<void> {
  const { maxStreams, maxBacklog } = context
  return new Promise((resolve) => {
    const hello = { nonce: randomBytes(32), mostStreams: maxStreams, mostBatchBytes: MAX_BATCH }
    const link = acceptLink({
      channel,
      maxStreams,
      maxBacklog,
      hello: encodeRelayLinkHello(hello),
      receiveHello: (opened, payload) => {
        const grant = grantOf(parseClientLinkHello(payload), context.admit)
        return new ClientLinkOwner(opened, grant, context, resolve)
      },
      refused: () => resolve()
    })
    call.signal.addEventListener('abort', () => link.goaway(), { once: true })
  })
}

function grantOf(credential: Uint8Array, admit: Admit): KeyGrant | undefined {
  try {
    return admit(credential.byteLength === 0 ? undefined : decodeUtf8(credential))
  } catch (error) {
    if (codeOf(error) !== 'UNAUTHENTICATED') throw error
    throw new BrokenRule('a valid API key is wanted', 'UNPAID')
  }
}

class ClientLinkOwner implements LinkEvents, ClientLine {
  readonly keyName: string | undefined
  readonly grant: KeyGrant | undefined
  readonly #link: Link
  readonly #context: ClientLinksContext
  readonly #ended: () => void

  constructor(link: Link, grant: KeyGrant | undefined, context: ClientLinksContext, ended: () => void) {
    this.#link = link
    this.grant = grant
    this.keyName = grant?.name
    this.#context = context
    this.#ended = ended
    context.links.add(link)
  }

  open(stream: LinkStream, payload: Uint8Array): StreamEvents | SessionCode {
    return this.#context.switchboard.open(this, stream, payload)
  }

  control(): never {
    throw new BrokenRule('a client sends neither SLOTS nor USAGE nor ACK')
  }

  goaway(): void {}

  // Statements may follow the last answer: the client closes.
  drained(): void {}

  usage(payload: Uint8Array): void {
    this.#link.control(FRAME.usage, payload)
  }

  closed(end: LinkEnd): void {
    this.#context.links.delete(this.#link)
    this.#context.logger.debug('client link ended', endFields(end))
    this.#ended()
  }
}

/** While more bytes than `limit` wait for clients in all, drops the link for which most wait. */
export function relieve(links: Iterable<Pick<Link, 'backlog' | 'drop'>>, limit: number): void {
  const slowest = [...links].sort((a, b) => b.backlog - a.backlog)
  let waiting = slowest.reduce((total, { backlog }) => total + backlog, 0)
  for (const link of slowest) {
    if (waiting <= limit) return
    waiting -= link.backlog
    link.drop('TOO_LARGE', 'too much waits for clients that do not read, and most of it for this one')
  }
}
