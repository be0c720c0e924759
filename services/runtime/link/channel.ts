import { type ClientDuplexStream, type ServerDuplexStream, status } from '@grpc/grpc-js'

/** What a channel tells the link that owns it. */
export interface ChannelEvents {
  batch(frames: Uint8Array): void
  /** `write` may go on. */
  drain(): void
  /** Once, last: the other side ended (no error), or the channel broke. */
  closed(error?: Error): void
}

/** An ordered, reliable duplex of batches: a gRPC call, or a pair in memory in tests. */
export interface BatchChannel {
  attach(events: ChannelEvents): void
  /** False: write no more before `drain`. */
  write(batch: Uint8Array): boolean
  /** Ends this side after what was written. */
  end(): void
  /** Breaks the channel now. */
  destroy(): void
}

type LinkCall = ClientDuplexStream<Uint8Array, Uint8Array> | ServerDuplexStream<Uint8Array, Uint8Array>

/** A channel over one `Open` call of proto/link.ts, either side of it. */
export function callChannel(call: LinkCall): BatchChannel {
  return {
    attach: (events) => attachCall(call, events),
    write: (batch) => call.write(batch),
    end: () => {
      call.end()
    },
    destroy: () => {
      if ('cancel' in call) call.cancel()
      else call.emit('error', { code: status.UNAVAILABLE, details: 'the link was given up' })
    }
  }
}

function attachCall(call: LinkCall, events: ChannelEvents): void {
  let closed = false
  const close = (error?: Error): void => {
    if (closed) return
    closed = true
    events.closed(error)
  }
  // grpc-js hands out Buffers, whose `slice` copies nothing: from here on they are plain bytes.
  call.on('data', ({ buffer, byteOffset, byteLength }: Uint8Array) =>
    events.batch(new Uint8Array(buffer, byteOffset, byteLength))
  )
  call.on('drain', () => events.drain())
  call.on('error', (error: Error) => close(error))
  call.on('cancelled', () => close(new Error('the other side cancelled the link')))
  call.on('end', () => {
    call.end()
    close()
  })
  call.on('close', () => close())
}
