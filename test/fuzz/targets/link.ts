import { SESSION_CODES } from '../../../attestation/session/codes.ts'
import { FRAME } from '../../../attestation/session/frame-header.ts'
import { encodeClientLinkHello, encodeRelayLinkHello } from '../../../attestation/session/link-hello.ts'
import { ServiceError } from '../../../services/runtime/errors.ts'
import { acceptLink, dialLink } from '../../../services/runtime/link/hello.ts'
import type { Link, LinkEnd } from '../../../services/runtime/link/link.ts'
import type { LinkEvents } from '../../../services/runtime/link/link-events.ts'
import { readOwnConversations } from '../../attestation/session/conversation.ts'
import { bytes } from '../../attestation/session/replay.ts'
import { encodeRaw } from '../../fakes/hostile-relay.ts'
import { ManualTimers } from '../../fakes/manual-timers.ts'
import { MemoryChannel } from '../../fakes/memory-channel.ts'
import type { FuzzTarget } from '../target.ts'

const RELAY_HELLO = encodeRelayLinkHello({ nonce: new Uint8Array(32), mostStreams: 8, mostBatchBytes: 65_536 })
/** What a link may hold for its other side, whatever that does. */
const MOST_BACKLOG = 256 * 1024

/** A link whose other side, past its HELLO, writes what it likes. */
export function linkTargets(): readonly FuzzTarget[] {
  const { link } = readOwnConversations()
  const batches = [link.relay_to_host, link.host_to_relay, link.client_to_relay, link.relay_to_client]
  const seeds = batches.flatMap(({ batch, frames }) => [bytes(batch), ...Object.values(frames).map(bytes)])
  return [
    {
      name: 'link, from its dialler',
      seeds,
      codes: SESSION_CODES,
      weight: 8,
      limitMs: 100,
      run: (input) => readAsRelay(input)
    },
    {
      name: 'link, from its relay',
      seeds,
      codes: SESSION_CODES,
      weight: 8,
      limitMs: 100,
      run: (input) => readAsDialler(input)
    }
  ]
}

function readAsRelay(input: Uint8Array): void {
  const [far, near] = MemoryChannel.pair(64)
  const timers = new ManualTimers()
  const ends: LinkEnd[] = []
  far.attach({ batch: () => {}, drain: () => {}, closed: () => {} })
  const link = acceptLink({
    channel: near,
    timers,
    maxBacklog: MOST_BACKLOG,
    maxStreams: 8,
    hello: RELAY_HELLO,
    receiveHello: () => answering(ends),
    refused: (end) => ends.push(end)
  })
  const hello = encodeRaw([{ type: FRAME.hello, stream: 0, payload: encodeClientLinkHello(new Uint8Array(0)) }])
  feed({ far, near, timers, link: () => link, ends }, hello, input)
}

function readAsDialler(input: Uint8Array): void {
  const [far, near] = MemoryChannel.pair(64)
  const timers = new ManualTimers()
  const ends: LinkEnd[] = []
  let link: Link | undefined
  far.attach({ batch: () => {}, drain: () => {}, closed: () => {} })
  dialLink({
    channel: near,
    timers,
    maxBacklog: MOST_BACKLOG,
    maxStreams: 8,
    answerHello: () => ({ hello: encodeClientLinkHello(new Uint8Array(0)), maxStreams: 8, maxBatch: 65_536 }),
    events: answering(ends)
  }).then(
    (dialled) => {
      link = dialled
    },
    () => {}
  )
  const hello = encodeRaw([{ type: FRAME.hello, stream: 0, payload: RELAY_HELLO }])
  feed({ far, near, timers, link: () => link, ends }, hello, input)
}

/** Takes every stream and answers it, so that its streams' rules are read too. */
function answering(ends: LinkEnd[]): LinkEvents {
  return {
    open: (stream) => ({
      data: (payload) => stream.consumed(payload.byteLength),
      final: () => void stream.finish(new Uint8Array(17)),
      reset: () => {}
    }),
    control: () => {},
    goaway: () => {},
    closed: (end) => ends.push(end)
  }
}

interface Ends {
  readonly far: MemoryChannel
  readonly near: MemoryChannel
  readonly timers: ManualTimers
  readonly link: () => Link | undefined
  readonly ends: LinkEnd[]
}

function feed({ far, near, timers, link, ends }: Ends, hello: Uint8Array, input: Uint8Array): void {
  for (const batch of [hello, input]) {
    far.write(batch)
    for (let turn = 0; turn < 20; turn++) {
      while (far.deliver());
      timers.endTurn()
      while (near.deliver());
    }
  }
  const backlog = link()?.backlog ?? 0
  if (backlog > MOST_BACKLOG) throw new Error(`${backlog} bytes wait on the link`)
  const { code } = ends[0] ?? {}
  far.break()
  if (code !== undefined) throw new ServiceError(code, 'the link was dropped')
}
