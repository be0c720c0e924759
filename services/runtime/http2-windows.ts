import { subscribe } from 'node:diagnostics_channel'
import type { Http2Session, Http2Stream } from 'node:http2'

/** Bytes that a peer may have on the way to this process, over a connection and on each call of it. */
const WINDOW = 4 * 1024 * 1024

const widened = new WeakSet<Http2Session>()
let subscribed = false

/**
 * Widens the receive windows of every HTTP/2 server of this process with a connection's first call. Without, a sender
 * waits a round trip for every 64 KiB, and grpc-js takes no such option for servers.
 */
export function widenServerWindows(): void {
  if (subscribed) return
  subscribed = true
  subscribe('http2.server.stream.created', (message) => widen((message as { readonly stream: Http2Stream }).stream))
}

function widen({ session }: Http2Stream): void {
  if (session === undefined || session.destroyed || widened.has(session)) return
  widened.add(session)
  session.settings({ initialWindowSize: WINDOW })
  session.setLocalWindowSize(WINDOW)
}
