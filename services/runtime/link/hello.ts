import { FRAME } from '../../../attestation/session/frame-header.ts'
import { ServiceError } from '../errors.ts'
import type { BatchChannel } from './channel.ts'
import { Link, type LinkEnd, type LinkEvents } from './link.ts'
import { type LinkTimers, systemTimers } from './timers.ts'

const DEFAULT_BACKLOG: number = 64 * 1024 * 1024

export interface DialOptions {
  readonly channel: BatchChannel
  readonly timers?: LinkTimers
  readonly maxBacklog?: number
  /** Streams that the relay may have open on this link at once; 0 on a client. */
  readonly maxStreams: number
  /** Reads the payload of the relay's HELLO; answers with the payload of the own one and the relay's limits. */
  answerHello(relayHello: Uint8Array): {
    readonly hello: Uint8Array
    readonly maxStreams: number
    readonly maxBatch: number
  }
  readonly events: LinkEvents
}

/**
 * The dialling side: a host's or a client's. Resolves when both HELLOs are on their way (a relay that then refuses says
 * so in `events.closed`); rejects UNAVAILABLE when the link ends before.
 */
export function dialLink(options: DialOptions): Promise<Link> {
  const { channel, timers = systemTimers, maxBacklog = DEFAULT_BACKLOG, maxStreams } = options
  return new Promise((resolve, reject) => {
    new Link({
      channel,
      dialler: true,
      timers,
      maxBacklog,
      maxStreams,
      hello: (link, payload) => {
        const { hello, ...limits } = options.answerHello(payload)
        link.limit(limits)
        link.control(FRAME.hello, hello)
        resolve(link)
        return options.events
      },
      refused: (end) => reject(endError(end))
    })
  })
}

export interface AcceptOptions {
  readonly channel: BatchChannel
  readonly timers?: LinkTimers
  readonly maxBacklog?: number
  /** Streams that the dialler may have open; as the HELLO says. */
  readonly maxStreams: number
  /** Payload of the relay's HELLO. */
  readonly hello: Uint8Array
  /** Reads the payload of the dialler's HELLO; answers who gets the link's events. What it throws drops the link. */
  receiveHello(link: Link, payload: Uint8Array): LinkEvents
  /** The link ended before a HELLO was taken. */
  refused?(end: LinkEnd): void
}

/** The relay's side: sends its HELLO at once. */
export function acceptLink(options: AcceptOptions): Link {
  const { channel, timers = systemTimers, maxBacklog = DEFAULT_BACKLOG, maxStreams } = options
  const link = new Link({
    channel,
    dialler: false,
    timers,
    maxBacklog,
    maxStreams,
    hello: options.receiveHello,
    ...(options.refused === undefined ? {} : { refused: options.refused })
  })
  link.control(FRAME.hello, options.hello)
  return link
}

function endError(end: LinkEnd): ServiceError {
  const why = end.code ?? end.error?.message ?? 'no reason given'
  return new ServiceError('UNAVAILABLE', `the link ended before HELLO: ${why}`, { cause: end.error })
}
