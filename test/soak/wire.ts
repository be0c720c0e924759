import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A hop on loopback. Cut, every connection through it breaks at once, and new ones work; stalled, nothing passes any more. */
export interface Wire extends AsyncDisposable {
  readonly authority: string
  cut(): void
  stall(): void
}

export async function startWire(target: () => string): Promise<Wire> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const [host = '', port = ''] = target().split(':')
    const far = connect(Number(port), host)
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      sockets.add(from)
      from.once('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    authority: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    stall() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    async [Symbol.asyncDispose]() {
      cut()
      server.close()
    }
  }
}
