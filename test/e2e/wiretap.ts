import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A hop on loopback that keeps every byte it carries, both ways. */
export interface Wiretap extends AsyncDisposable {
  readonly authority: string
  recorded(): Buffer
}

export async function startWiretap(target: () => string): Promise<Wiretap> {
  const pieces: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const [host = '', port = ''] = target().split(':')
    const far = connect(Number(port), host)
    for (const [from, to] of [
      [near, far],
      [far, near]
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => pieces.push(Buffer.from(data)))
      from.on('error', () => to.destroy())
      from.pipe(to)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    authority: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    recorded: () => Buffer.concat(pieces),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}
