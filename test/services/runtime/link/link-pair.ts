import type { SessionCode } from '../../../../attestation/session/codes.ts'
import { FRAME } from '../../../../attestation/session/frame-header.ts'
import { acceptLink, dialLink } from '../../../../services/runtime/link/hello.ts'
import type { ControlType, Link, LinkEnd, LinkEvents } from '../../../../services/runtime/link/link.ts'
import type { LinkStream, StreamEvents } from '../../../../services/runtime/link/stream.ts'
import { ManualTimers } from '../../../fakes/manual-timers.ts'
import { MemoryChannel } from '../../../fakes/memory-channel.ts'

/** What one end of a stream saw. */
export class SeenStream implements StreamEvents {
  readonly chunks: Uint8Array[] = []
  readonly accepts: Uint8Array[] = []
  ended = false
  code: SessionCode | undefined
  credit?: (bytes: number) => void

  accept(payload: Uint8Array): void {
    this.accepts.push(payload.slice())
  }

  data(payload: Uint8Array): void {
    this.chunks.push(payload.slice())
  }

  final(payload: Uint8Array): void {
    this.chunks.push(payload.slice())
    this.ended = true
  }

  reset(code: SessionCode): void {
    this.code = code
  }
}

/** What one end of a link saw. */
export class SeenLink implements LinkEvents {
  readonly opened: { readonly stream: LinkStream; readonly payload: Uint8Array; readonly seen: SeenStream }[] = []
  readonly controls: { readonly type: ControlType; readonly payload: Uint8Array }[] = []
  readonly goaways: (SessionCode | undefined)[] = []
  end: LinkEnd | undefined
  refuseWith: SessionCode | undefined

  open(stream: LinkStream, payload: Uint8Array): StreamEvents | SessionCode {
    if (this.refuseWith !== undefined) return this.refuseWith
    const seen = new SeenStream()
    this.opened.push({ stream, payload: payload.slice(), seen })
    return seen
  }

  control(type: ControlType, payload: Uint8Array): void {
    this.controls.push({ type, payload: payload.slice() })
  }

  goaway(code: SessionCode | undefined): void {
    this.goaways.push(code)
  }

  closed(end: LinkEnd): void {
    this.end = end
  }
}

export interface LinkPair {
  readonly timers: ManualTimers
  readonly dialler: Link
  readonly acceptor: Link
  readonly diallerSaw: SeenLink
  readonly acceptorSaw: SeenLink
  /** What the dialler writes, and what the acceptor writes. */
  readonly up: MemoryChannel
  readonly down: MemoryChannel
  /** Ends turns and delivers until nothing moves. */
  settle(): void
}

/** Two links over one pair of channels, past their HELLOs. */
export async function linkPair(
  options: { readonly window?: number; readonly maxStreams?: number; readonly maxBacklog?: number } = {}
): Promise<LinkPair> {
  const { window = 4, maxStreams = 64, maxBacklog = 16 * 1024 * 1024 } = options
  const timers = new ManualTimers()
  const [up, down] = MemoryChannel.pair(window)
  const [diallerSaw, acceptorSaw] = [new SeenLink(), new SeenLink()]
  const dialling = dialLink({
    channel: up,
    timers,
    maxBacklog,
    maxStreams,
    answerHello: () => ({ hello: Uint8Array.of(2), maxStreams, maxBatch: 65_536 }),
    events: diallerSaw
  })
  const acceptor = acceptLink({
    channel: down,
    timers,
    maxBacklog,
    maxStreams,
    hello: Uint8Array.of(1),
    receiveHello: () => acceptorSaw
  })
  const settle = (): void => {
    for (let moved = true; moved; ) {
      moved = !timers.idle
      timers.endTurn()
      while (up.deliver()) moved = true
      while (down.deliver()) moved = true
    }
  }
  settle()
  return { timers, dialler: await dialling, acceptor, diallerSaw, acceptorSaw, up, down, settle }
}

/** One frame, by hand, for what no honest side sends. */
export function frame(type: number, stream: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(8 + payload.byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, (type << 24) | (stream >>> 8))
  view.setUint32(4, ((stream & 0xff) << 24) | payload.byteLength)
  bytes.set(payload, 8)
  return bytes
}

export const bytes = (length: number, fill = 7): Uint8Array => new Uint8Array(length).fill(fill)

/** A stream that the dialler opened, seen from both ends. */
export function open(pair: LinkPair): {
  readonly mine: LinkStream
  readonly saw: SeenStream
  readonly theirs: SeenLink['opened'][number]
} {
  const saw = new SeenStream()
  const mine = pair.dialler.open(bytes(10), saw)
  if (mine === undefined) throw new Error('no stream')
  pair.settle()
  const theirs = pair.acceptorSaw.opened.at(-1)
  if (theirs === undefined) throw new Error('not opened')
  return { mine, saw, theirs }
}

export { FRAME }
