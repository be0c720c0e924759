import type { SessionCode } from '../../../attestation/session/codes.ts'
import { FRAME, type FrameType, readFrames } from '../../../attestation/session/frame-header.ts'
import { BatchWriter } from './batch-writer.ts'
import { BrokenRule } from './broken-rule.ts'
import type { BatchChannel } from './channel.ts'
import { Heartbeat } from './heartbeat.ts'
import type { ControlType, LinkEnd, LinkEvents } from './link-events.ts'
import { codePayload, readOptionalCode } from './payloads.ts'
import { LinkStream, type StreamEvents } from './stream.ts'
import type { LinkTimers } from './timers.ts'

export type { ControlType, LinkEnd, LinkEvents } from './link-events.ts'

const HELLO_TIMEOUT_MS = 10_000
const END_TIMEOUT_MS = 2_000
const LAST_ID = 0xffff_ffff
const PING_LENGTH = 8

export interface LinkOptions {
  readonly channel: BatchChannel
  /** Who dialled opens odd streams, the other side even ones. */
  readonly dialler: boolean
  readonly timers: LinkTimers
  /** Most streams that the other side may have open. */
  readonly maxStreams: number
  /** Bytes that may wait for a side that reads slowly; it loses the link beyond. */
  readonly maxBacklog: number
  /** The other side's first frame. Answers who gets the link's events; what it throws drops the link. */
  hello(link: Link, payload: Uint8Array): LinkEvents
  /** The link ended before any HELLO was taken. */
  refused?(end: LinkEnd): void
}

/**
 * One side of a standing link of `bombyx-link/1`; `dialLink` and `acceptLink` make it. Frames leave in batches at the
 * end of the turn, or when the channel drains.
 */
export class Link implements AsyncDisposable {
  readonly #options: LinkOptions
  readonly #writer = new BatchWriter()
  readonly #streams = new Map<number, LinkStream>()
  readonly #whenClosed = Promise.withResolvers<void>()
  readonly #heartbeat: Heartbeat
  readonly #cancelHello: () => void
  readonly #receive = (type: FrameType, id: number, payload: Uint8Array): void => this.#dispatch(type, id, payload)
  #events: LinkEvents | undefined
  #nextId: number
  #lastPeerId = 0
  #peerStreams = 0
  #openLimit = Number.POSITIVE_INFINITY
  #pong: Uint8Array | undefined
  #scheduled = false
  #blocked = false
  #leaving = false
  #ending = false
  #heardCode: SessionCode | undefined
  #end: LinkEnd | undefined

  constructor(options: LinkOptions) {
    this.#options = options
    this.#nextId = options.dialler ? 1 : 2
    this.#heartbeat = new Heartbeat(options.timers, {
      ping: () => this.send(FRAME.ping, 0, new Uint8Array(PING_LENGTH)),
      dead: () => this.#abandon(new Error('nothing was heard on the link for 45 s'))
    })
    this.#cancelHello = options.timers.after(HELLO_TIMEOUT_MS, () => this.#fail(new BrokenRule('no HELLO came')))
    options.channel.attach({
      batch: (frames) => this.#receiveBatch(frames),
      drain: () => {
        this.#blocked = false
        this.#flush()
      },
      closed: (error) => this.#finish(error === undefined ? {} : { error })
    })
  }

  /** Streams open on this link, whoever opened them. */
  get streams(): number {
    return this.#streams.size
  }

  /** Bytes that wait for the channel. */
  get backlog(): number {
    return this.#writer.queued
  }

  get closed(): boolean {
    return this.#end !== undefined
  }

  /** Whether `open` makes a stream now. */
  get takesStreams(): boolean {
    if (this.#leaving || this.#ending || this.#end !== undefined || this.#events === undefined) return false
    return this.#streams.size - this.#peerStreams < this.#openLimit && this.#nextId <= LAST_ID
  }

  /** What the other side's HELLO allows this one. */
  limit(limits: { readonly maxStreams: number; readonly maxBatch: number }): void {
    this.#openLimit = limits.maxStreams
    this.#writer.limit = limits.maxBatch
  }

  /** Opens a stream with the payload of an OPEN; undefined when the link takes no more (ask for another link). */
  open(payload: Uint8Array, events: StreamEvents): LinkStream | undefined {
    if (!this.takesStreams) return undefined
    const stream = new LinkStream(this, this.#nextId, true)
    this.#nextId += 2
    stream.bind(events)
    this.#streams.set(stream.id, stream)
    this.send(FRAME.open, stream.id, payload)
    return stream
  }

  /** Sends SLOTS, USAGE or ACK, or the own HELLO. */
  control(type: ControlType | typeof FRAME.hello, payload: Uint8Array): void {
    this.send(type, 0, payload)
  }

  /** Takes and opens no new streams; those that run may finish, and then the dialler closes the link. */
  goaway(code?: SessionCode): void {
    if (this.#leaving || this.#end !== undefined) return
    this.#leaving = true
    this.send(FRAME.goaway, 0, codePayload(code))
    this.#drainedWhenLeaving()
  }

  /** Drops the link at once: GOAWAY with the code, and every stream is reset HOST_LOST on both sides. */
  drop(code: SessionCode, reason: string): void {
    this.#fail(new BrokenRule(reason, code))
  }

  /** Sends what waits and ends the link; what still runs is lost. */
  async close(): Promise<void> {
    if (this.#end === undefined && !this.#ending) {
      this.#ending = true
      this.#options.timers.after(END_TIMEOUT_MS, () => this.#abandon())
      this.#flush()
    }
    await this.#whenClosed.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** For streams. */
  send(type: FrameType, stream: number, payload: Uint8Array): void {
    if (this.#end !== undefined) return
    this.#writer.append(type, stream, payload)
    if (this.#writer.queued > this.#options.maxBacklog) {
      this.#fail(new BrokenRule(`${this.#writer.queued} bytes wait for a side that does not read`, 'TOO_LARGE'))
      return
    }
    this.#schedule()
  }

  /** For streams: over. */
  forget(stream: LinkStream): void {
    if (!this.#streams.delete(stream.id)) return
    if (!this.#isOwn(stream.id)) this.#peerStreams--
    this.#drainedWhenLeaving()
  }

  #isOwn(id: number): boolean {
    return (id & 1) === (this.#nextId & 1)
  }

  #schedule(): void {
    if (this.#scheduled || this.#blocked) return
    this.#scheduled = true
    this.#options.timers.soon(() => {
      this.#scheduled = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#end !== undefined) return
    if (!this.#blocked && this.#pong !== undefined) {
      this.#writer.append(FRAME.pong, 0, this.#pong)
      this.#pong = undefined
    }
    while (!this.#blocked) {
      const batch = this.#writer.take()
      if (batch === undefined) break
      this.#blocked = !this.#options.channel.write(batch)
    }
    if (this.#ending && this.#writer.queued === 0) this.#options.channel.end()
  }

  #receiveBatch(frames: Uint8Array): void {
    if (this.#end !== undefined) return
    this.#heartbeat.heard()
    try {
      readFrames(frames, this.#receive)
    } catch (error) {
      this.#fail(error instanceof BrokenRule ? error : new BrokenRule('a frame was refused', 'PROTOCOL', error))
    }
  }

  #dispatch(type: FrameType, id: number, payload: Uint8Array): void {
    if (this.#end !== undefined) return
    if (this.#events === undefined) this.#receiveHello(type, id, payload)
    else if (id === 0) this.#receiveControl(type, payload)
    else if (type === FRAME.open) this.#receiveOpen(id, payload)
    else if (type < FRAME.open || type > FRAME.accept) throw new BrokenRule(`frame type ${type} on a stream`)
    // Frames cross: what is on its way for a stream that has ended is no fault.
    else this.#streams.get(id)?.receive(type, payload)
  }

  #receiveHello(type: FrameType, id: number, payload: Uint8Array): void {
    if (type === FRAME.goaway && id === 0) {
      this.#heardCode = readOptionalCode(payload)
      return
    }
    if (type !== FRAME.hello || id !== 0) throw new BrokenRule('HELLO comes first')
    this.#cancelHello()
    this.#events = this.#options.hello(this, payload)
  }

  #receiveControl(type: FrameType, payload: Uint8Array): void {
    switch (type) {
      case FRAME.slots:
      case FRAME.usage:
      case FRAME.ack:
        this.#events?.control(type, payload)
        return
      case FRAME.ping:
        if (payload.byteLength !== PING_LENGTH) throw new BrokenRule('PING is 8 bytes')
        // Only the last is answered: pings in quick succession queue nothing.
        this.#pong = payload.slice()
        this.#schedule()
        return
      case FRAME.pong:
        return
      case FRAME.goaway:
        this.#receiveGoaway(payload)
        return
      default:
        throw new BrokenRule(`frame type ${type} on stream 0`)
    }
  }

  #receiveGoaway(payload: Uint8Array): void {
    this.#heardCode = readOptionalCode(payload)
    this.#leaving = true
    this.#events?.goaway(this.#heardCode)
    this.#drainedWhenLeaving()
  }

  #receiveOpen(id: number, payload: Uint8Array): void {
    if (this.#isOwn(id) || id <= this.#lastPeerId) throw new BrokenRule(`OPEN with id ${id}, used or not its own`)
    if (this.#peerStreams >= this.#options.maxStreams) throw new BrokenRule('more streams than allowed', 'TOO_LARGE')
    this.#lastPeerId = id
    this.#peerStreams++
    const stream = new LinkStream(this, id, false)
    this.#streams.set(id, stream)
    const answer = this.#leaving ? 'HOST_LOST' : this.#events?.open(stream, payload)
    if (typeof answer === 'string') stream.reset(answer)
    else if (answer !== undefined) stream.bind(answer)
  }

  #drainedWhenLeaving(): void {
    if (!this.#leaving || this.#streams.size > 0 || this.#end !== undefined) return
    if (this.#events?.drained !== undefined) this.#events.drained()
    else if (this.#options.dialler) void this.close()
  }

  /** Says GOAWAY past everything that waits, and ends. */
  #fail(rule: BrokenRule): void {
    if (this.#end !== undefined) return
    this.#writer.clear()
    this.#writer.append(FRAME.goaway, 0, codePayload(rule.code))
    const goodbye = this.#writer.take()
    if (goodbye !== undefined) this.#options.channel.write(goodbye)
    this.#options.channel.end()
    this.#options.timers.after(END_TIMEOUT_MS, () => this.#options.channel.destroy())
    this.#finish({ code: rule.code, error: rule })
  }

  #abandon(error?: Error): void {
    if (this.#end !== undefined) return
    this.#finish(error === undefined ? {} : { error })
    this.#options.channel.destroy()
  }

  #finish(end: LinkEnd): void {
    if (this.#end !== undefined) return
    this.#end = this.#heardCode === undefined ? end : { code: this.#heardCode, ...end }
    this.#heartbeat.stop()
    this.#cancelHello()
    this.#writer.clear()
    for (const stream of [...this.#streams.values()]) stream.lose('HOST_LOST')
    if (this.#events === undefined) this.#options.refused?.(this.#end)
    else this.#events.closed(this.#end)
    this.#whenClosed.resolve()
  }
}
