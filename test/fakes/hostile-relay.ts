import type { ClientDuplexStream, ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js'
import { encodeHex } from '../../attestation/encoding.ts'
import {
  FRAME,
  FRAME_HEADER_LENGTH,
  type FrameType,
  MAX_BATCH,
  readFrames,
  writeFrameHeader
} from '../../attestation/session/frame-header.ts'
import type { BlobsHandlers } from '../../proto/gen/bombyx/v1/Blobs.ts'
import type { FindHostsResponse__Output } from '../../proto/gen/bombyx/v1/FindHostsResponse.ts'
import type { Hello } from '../../proto/gen/bombyx/v1/Hello.ts'
import type { OpenSessionEvent__Output } from '../../proto/gen/bombyx/v1/OpenSessionEvent.ts'
import type { RelayHandlers } from '../../proto/gen/bombyx/v1/Relay.ts'
import { clientLink } from '../../proto/link.ts'
import { bombyxV1, packageDefinition } from '../../proto/load.ts'
import { bindService, duplex, serverStream, startGrpcServer, unary } from '../../services/runtime/grpc.ts'
import { callStream, callUnary, connect, connectDuplex, type DialConfig } from '../../services/runtime/grpc-client.ts'

/** A frame as it travels. */
export interface RawFrame {
  readonly type: FrameType
  readonly stream: number
  readonly payload: Uint8Array
}

/** What a relay that stands between does to what passes. Whatever is not given passes as it is. */
export interface Tampering {
  readonly hosts?: (found: FindHostsResponse__Output) => FindHostsResponse__Output
  readonly blob?: (content: Uint8Array, digest: string) => Uint8Array
  readonly hello?: (message: Hello) => Hello
  /** An answer to a hello; the answers to give instead. */
  readonly answer?: (event: OpenSessionEvent__Output) => readonly OpenSessionEvent__Output[]
  /** A frame of a client; the frames to pass on instead. `reply` sends frames back to the client. */
  readonly up?: (frame: RawFrame, reply: (frame: RawFrame) => void) => readonly RawFrame[]
  /** A frame of the true relay; the frames to pass on instead. */
  readonly down?: (frame: RawFrame) => readonly RawFrame[]
}

export interface HostileRelay extends AsyncDisposable {
  readonly authority: string
  /** What it does from now on. */
  tamper(how: Tampering): void
  /** Every frame that came from clients, and from the true relay, before it was tampered with. */
  readonly sawUp: RawFrame[]
  readonly sawDown: RawFrame[]
}

/** A relay that clients dial, and that does with their traffic to a true relay as a test tells it. */
export async function startHostileRelay(
  upstream: string,
  config: { readonly dial?: DialConfig; readonly listen?: string } = {}
): Promise<HostileRelay> {
  const stack = new AsyncDisposableStack()
  const dial = config.dial ?? {}
  const relay = await connect(bombyxV1.Relay, upstream, dial)
  const blobs = await connect(bombyxV1.Blobs, upstream, dial)
  const link = stack.use(await connectDuplex<Uint8Array>(clientLink, upstream, dial))
  stack.defer(() => {
    relay.close()
    blobs.close()
  })
  let how: Tampering = {}
  const [sawUp, sawDown]: [RawFrame[], RawFrame[]] = [[], []]
  const relayHandlers: RelayHandlers = {
    FindHosts: unary(async (request) => {
      const found = await callUnary(relay, 'FindHosts', request)
      return how.hosts?.(found) ?? found
    }),
    ListModels: unary((request) => callUnary(relay, 'ListModels', request)),
    ListReferenceValues: unary((request) => callUnary(relay, 'ListReferenceValues', request)),
    GetLogConsistency: unary((request) => callUnary(relay, 'GetLogConsistency', request)),
    OpenSession: serverStream(async function* (request, call) {
      const message = how.hello?.(request) ?? request
      for await (const event of callStream(relay, 'OpenSession', message, { signal: call.signal })) {
        yield* how.answer?.(event) ?? [event]
      }
    })
  }
  const blobHandlers: BlobsHandlers = {
    GetBlob: unary(async ({ digest }) => {
      const { content } = await callUnary(blobs, 'GetBlob', { digest })
      return { content: how.blob?.(content, encodeHex(digest)) ?? content }
    })
  }
  const linkHandlers: UntypedServiceImplementation = {
    Open: duplex<Uint8Array, Uint8Array>((client) =>
      join(client, link.open(), {
        up: (frame, reply) => {
          sawUp.push(frame)
          return how.up?.(frame, reply) ?? [frame]
        },
        down: (frame) => {
          sawDown.push(frame)
          return how.down?.(frame) ?? [frame]
        }
      })
    )
  }
  const server = stack.use(
    await startGrpcServer({
      listen: config.listen ?? '127.0.0.1:0',
      reflection: packageDefinition,
      graceMs: 200,
      services: [
        bindService<RelayHandlers>(bombyxV1.Relay.service, relayHandlers),
        bindService<BlobsHandlers>(bombyxV1.Blobs.service, blobHandlers),
        bindService(clientLink, linkHandlers)
      ]
    })
  )
  return {
    authority: server.authority,
    tamper: (next) => {
      how = next
    },
    sawUp,
    sawDown,
    [Symbol.asyncDispose]: () => stack.disposeAsync()
  }
}

function join(
  client: ServerDuplexStream<Uint8Array, Uint8Array>,
  relay: ClientDuplexStream<Uint8Array, Uint8Array>,
  how: Required<Pick<Tampering, 'up' | 'down'>>
): Promise<void> {
  return new Promise((resolve) => {
    const reply = (frame: RawFrame): void => void client.write(encodeRaw([frame]))
    const end = (): void => {
      relay.cancel()
      resolve()
    }
    client.on('data', (batch: Uint8Array) => {
      for (const one of pack(parseRaw(batch).flatMap((frame) => how.up(frame, reply)))) relay.write(one)
    })
    relay.on('data', (batch: Uint8Array) => {
      for (const one of pack(parseRaw(batch).flatMap((frame) => how.down(frame)))) client.write(one)
    })
    for (const event of ['end', 'cancelled', 'error']) client.on(event, end)
    for (const event of ['end', 'error']) relay.on(event, end)
  })
}

export function parseRaw(batch: Uint8Array): RawFrame[] {
  const frames: RawFrame[] = []
  readFrames(batch, (type, stream, payload) => frames.push({ type, stream, payload: new Uint8Array(payload) }))
  return frames
}

export function encodeRaw(frames: readonly RawFrame[]): Uint8Array {
  const batch = new Uint8Array(frames.reduce((total, { payload }) => total + sizeOf(payload), 0))
  let at = 0
  for (const { type, stream, payload } of frames) {
    writeFrameHeader(batch, at, { type, stream, length: payload.byteLength })
    batch.set(payload, at + FRAME_HEADER_LENGTH)
    at += sizeOf(payload)
  }
  return batch
}

// What was made more may no longer fit one batch.
function pack(frames: readonly RawFrame[]): Uint8Array[] {
  const batches: RawFrame[][] = []
  let size = MAX_BATCH
  for (const frame of frames) {
    size += sizeOf(frame.payload)
    if (size > MAX_BATCH) {
      batches.push([])
      size = sizeOf(frame.payload)
    }
    batches.at(-1)?.push(frame)
  }
  return batches.map(encodeRaw)
}

function sizeOf(payload: Uint8Array): number {
  return FRAME_HEADER_LENGTH + payload.byteLength
}

export { FRAME }
