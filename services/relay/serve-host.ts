import type { ServerDuplexStream } from '@grpc/grpc-js'
import { randomBytes } from '../../attestation/crypto.ts'
import type { HostSessionAnswer__Output } from '../../proto/gen/bombyx/v1/HostSessionAnswer.ts'
import type { HostSessionCall } from '../../proto/gen/bombyx/v1/HostSessionCall.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { LinkTimers } from '../runtime/link/timers.ts'
import type { Logger } from '../runtime/log.ts'
import { writerOf } from '../runtime/unread.ts'
import { type IdentityContext, identifyHost } from './host-identity.ts'
import { type ForwardLeft, SessionChannel } from './host-sessions.ts'
import type { LiveHost } from './live-host.ts'
import { readSessionAnswer, writeSessionCall } from './wire.ts'

export type ServeStream = ServerDuplexStream<HostSessionAnswer__Output, HostSessionCall>

export interface ServeContext extends IdentityContext {
  readonly timers: LinkTimers
  readonly logger: Logger
  /** An earlier start of the host signed these; `tell` is called once, with the market's word. */
  readonly left: (host: LiveHost, ...delivery: Parameters<ForwardLeft>) => void
}

const IDENTITY_LIMIT_MS = 10_000

/** Owns one HostSession.Serve call: proves the host, then carries hellos to it until either side ends. */
export async function serveHost(stream: ServeStream, signal: AbortSignal, context: ServeContext): Promise<void> {
  const nonce = randomBytes(32)
  stream.write(writeSessionCall({ kind: 'nonce', nonce }))
  const messages = stream[Symbol.asyncIterator]()
  const first = await firstMessage(messages, context.timers)
  const identity = readSessionAnswer(first)
  if (identity.kind !== 'identity') throw new ServiceError('PROTOCOL', 'the identity comes first')
  const claim = { digest: identity.digest, signature: identity.signature, nonce, authority: stream.getHost() }
  const host = await identifyHost(claim, context)
  const write = writerOf<HostSessionCall>(stream, () => channel.close())
  const channel: SessionChannel = new SessionChannel(host.listed.keyset.digest, (call) => write(writeSessionCall(call)))
  attach(host, channel, context)
  const end = Promise.withResolvers<void>()
  channel.whenClosed = end.resolve
  signal.addEventListener('abort', () => end.resolve(), { once: true })
  try {
    await Promise.race([receiveAll(messages, channel, (...left) => context.left(host, ...left)), end.promise])
  } finally {
    channel.close()
    if (host.sessions === channel) host.sessions = undefined
    context.table.changed(host)
  }
}

function attach(host: LiveHost, channel: SessionChannel, context: ServeContext): void {
  // A host that dials again means the new call; the old one may be half dead.
  host.sessions?.close()
  host.sessions = channel
  context.table.changed(host)
  context.logger.info('host answers hellos', { host: host.listed.hostId, model: host.model })
}

async function receiveAll(
  messages: AsyncIterator<HostSessionAnswer__Output>,
  channel: SessionChannel,
  forward: ForwardLeft
): Promise<void> {
  for (;;) {
    const step = await messages.next()
    if (step.done === true) return
    const answer = readSessionAnswer(step.value)
    if (answer.kind === 'identity') throw new ServiceError('PROTOCOL', 'a second identity')
    if (answer.kind === 'left') channel.takeLeft(answer, forward)
    else channel.receive(answer)
  }
}

async function firstMessage(
  messages: AsyncIterator<HostSessionAnswer__Output>,
  timers: LinkTimers
): Promise<HostSessionAnswer__Output> {
  const late = Promise.withResolvers<never>()
  const cancel = timers.after(IDENTITY_LIMIT_MS, () => late.reject(new ServiceError('PROTOCOL', 'no identity came')))
  try {
    const step = await Promise.race([messages.next(), late.promise])
    if (step.done === true) throw new ServiceError('PROTOCOL', 'no identity came')
    return step.value
  } finally {
    cancel()
  }
}
