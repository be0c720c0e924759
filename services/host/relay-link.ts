import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { equalBytes, randomBytes, signEd25519 } from '../../attestation/crypto.ts'
import { concatBytes } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { type SessionCode, sessionCodeOf } from '../../attestation/session/codes.ts'
import { FRAME } from '../../attestation/session/frame-header.ts'
import { encodeFramePayload, parseFramePayload } from '../../attestation/session/frames.ts'
import type { HostSessions } from '../../attestation/session/host-sessions.ts'
import { encodeHostLinkHello, linkHelloMessage, parseRelayLinkHello } from '../../attestation/session/link-hello.ts'
import { openRequest, parseMeta } from '../../attestation/session/request.ts'
import { BrokenRule } from '../runtime/link/broken-rule.ts'
import type { BatchChannel } from '../runtime/link/channel.ts'
import { dialLink } from '../runtime/link/hello.ts'
import type { ControlType, Link, LinkEnd, LinkEvents } from '../runtime/link/link.ts'
import { FIRST_CREDIT, type LinkStream, MAX_WINDOW, type StreamEvents } from '../runtime/link/stream.ts'
import { Exchange, type ExchangeContext } from './exchange.ts'
import type { HostIdentity } from './identity.ts'
import type { Payments } from './payments.ts'
import type { SlotHolder, SlotTable } from './slots.ts'
import type { StatementSender } from './usage-ledger.ts'

export interface RelayLinkContext extends ExchangeContext {
  readonly sessions: HostSessions
  readonly slots: SlotTable
  /** Slots of all relays together. */
  readonly slotCount: number
  /** Absent where nobody has to pay. */
  readonly payments?: Payments | undefined
}

export interface RelayLink {
  /** Takes no new requests; the link ends with the last that runs. */
  retire(): void
  /** Ends the link; what still runs is lost. */
  close(): Promise<void>
}

/** How long a link that is drained waits for its last statements to be stored. */
const SETTLE_MS = 2_000
/** Streams that are on their way out do not count as slots, but do on the link. */
const SPARE_STREAMS = 64
/** The AEAD's tag on each chunk, for chunks of 1 KiB and more. */
const SEAL_OVERHEAD = 1 + 16 / 1024

/**
 * Dials a relay as one identity and answers its requests. Resolves when the relay has said HELLO; `ended` is called
 * once, when the link is over.
 */
export async function dialRelay(
  channel: BatchChannel,
  relay: { readonly authority: string; readonly ended: (end: LinkEnd) => void },
  identity: HostIdentity,
  context: RelayLinkContext
): Promise<RelayLink> {
  const events = new RelayLinkOwner(identity, context, relay.ended)
  const link = await dialLink({
    channel,
    maxStreams: context.slotCount + SPARE_STREAMS,
    answerHello: (payload) => {
      const hello = parseRelayLinkHello(payload)
      return {
        hello: encodeHostLinkHello(proveIdentity(identity, relay.authority, hello.nonce)),
        maxStreams: hello.mostStreams,
        maxBatch: hello.mostBatchBytes
      }
    },
    events
  })
  events.start(link)
  return {
    retire: () => {
      events.goaway()
      link.goaway()
    },
    close: () => link.close()
  }
}

/** The proof that a relay asks of whoever dials it: fresh by its nonce, and good for that relay alone. */
export function proveIdentity(identity: HostIdentity, authority: string, nonce: Uint8Array) {
  const { digest } = identity.keyset
  return { digest, signature: signEd25519(identity.sessionKey, linkHelloMessage(authority, digest, nonce)) }
}

class RelayLinkOwner implements LinkEvents {
  readonly #identity: HostIdentity
  readonly #context: RelayLinkContext
  readonly #ended: (end: LinkEnd) => void
  #slots: SlotHolder | undefined
  #detach: (() => void) | undefined
  #sender: StatementSender
  #close: () => void = () => {}
  #leaving = false
  #over = false

  constructor(identity: HostIdentity, context: RelayLinkContext, ended: (end: LinkEnd) => void) {
    this.#identity = identity
    this.#sender = { identity, send: () => {} }
    this.#context = context
    this.#ended = ended
  }

  start(link: Link): void {
    if (this.#over) return
    this.#close = () => void link.close()
    this.#sender = {
      identity: this.#identity,
      send: (seq, statement) =>
        link.control(FRAME.usage, encodeFramePayload({ kind: 'usage', stream: 0, seq, statement }))
    }
    this.#slots = this.#context.slots.join(({ free, total }) => {
      if (!this.#leaving) link.control(FRAME.slots, encodeFramePayload({ kind: 'slots', stream: 0, free, total }))
    })
    this.#detach = this.#context.ledger.attach(this.#sender)
  }

  open(stream: LinkStream, payload: Uint8Array): StreamEvents | SessionCode {
    const slots = this.#slots
    if (slots === undefined || this.#context.ledger.full || !slots.take()) return 'NO_CAPACITY'
    try {
      const events = this.#accept(stream, payload.slice(), slots)
      if (typeof events === 'string') slots.release()
      return events
    } catch (error) {
      slots.release()
      if (error instanceof AttestationError) return sessionCodeOf(error.code)
      throw error
    }
  }

  control(type: ControlType, payload: Uint8Array): void {
    if (type !== FRAME.ack) throw new BrokenRule('a relay sends neither SLOTS nor USAGE to a host')
    const frame = parseFramePayload(type, 0, payload)
    if (frame.kind === 'ack') this.#context.ledger.acknowledge(frame.seq, this.#sender)
  }

  goaway(): void {
    this.#leaving = true
    this.#leaveSlots()
  }

  /** Nothing runs any more. The link ends when the last statements are stored, or soon. */
  drained(): void {
    const settled = nextTurn().then(() => this.#context.ledger.settled())
    void Promise.race([settled, sleep(SETTLE_MS, undefined, { ref: false })]).then(() => this.#close())
  }

  closed(end: LinkEnd): void {
    this.#over = true
    this.#leaveSlots()
    this.#detach?.()
    this.#ended(end)
  }

  /** The checks of the protocol in order; then n is spent, the slot taken and ACCEPT written in one turn. */
  #accept(stream: LinkStream, payload: Uint8Array, slots: SlotHolder): StreamEvents | SessionCode {
    const [identity, context] = [this.#identity, this.#context]
    const frame = parseFramePayload(FRAME.open, stream.id, payload)
    const [candidate, ...others] = frame.kind === 'open' ? frame.candidates : []
    if (frame.kind !== 'open' || candidate === undefined || others.length > 0) {
      throw new BrokenRule('OPEN to a host names that host alone')
    }
    if (!equalBytes(candidate.digest, identity.keyset.digest)) {
      throw new AttestationError('KEYSET_CHANGED', 'the wrap is for another keyset')
    }
    const now = context.clock()
    const leg = context.sessions.find(parseMeta(frame.meta).sessionId, candidate.digest, now)
    const opener = openRequest(leg, frame.meta, candidate.wrap, now)
    if (opener.meta.model !== leg.model) throw new AttestationError('REQUEST_MALFORMED', 'meta names another model')
    const allowance = context.payments?.admit(leg.payer, opener.meta.maxPrice)
    if (typeof allowance === 'string') {
      opener[Symbol.dispose]()
      return allowance
    }
    const salt = randomBytes(32)
    leg.replay.spend(opener.meta.n)
    stream.accept(concatBytes(candidate.digest, salt))
    widen(stream, opener.meta.inputSize)
    const released = (): void => slots.release()
    return new Exchange({ stream, opener, leg, identity, salt, via: this.#sender, allowance, released }, context)
  }

  /** Slots of requests that still run come back to the others when they end. */
  #leaveSlots(): void {
    this.#slots?.leave()
  }
}

/** Grants what the request will need at once, so that a large prompt does not wait for a round trip each 64 KiB. */
function widen(stream: LinkStream, inputSize: number): void {
  const wanted = Math.min(Math.ceil(inputSize * SEAL_OVERHEAD) + 16, MAX_WINDOW)
  if (wanted > FIRST_CREDIT) stream.grant(wanted - FIRST_CREDIT)
}
