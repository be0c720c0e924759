import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Hands the message on to the chain; the answer comes when the chain has given it. */
export type Forward = () => Promise<Buffer>

/** A JSON-RPC endpoint before a chain's own. */
export interface ChainGate extends AsyncDisposable {
  readonly endpoint: string
  /** Has the next external message in hand; whoever sent it is cut off when that ends. */
  catchNext(hand: (forward: Forward) => Promise<unknown>): void
}

export async function startChainGate(endpoint: string): Promise<ChainGate> {
  let hand: ((forward: Forward) => Promise<unknown>) | undefined
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray())
    const forward = async (): Promise<Buffer> => {
      const headers = { 'content-type': 'application/json' }
      return Buffer.from(await (await fetch(endpoint, { method: 'POST', headers, body })).arrayBuffer())
    }
    const caught = body.includes('"sendBoc') ? hand : undefined
    if (caught === undefined) return void response.end(await forward())
    hand = undefined
    await caught(forward)
    response.destroy()
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}${new URL(endpoint).pathname}`,
    catchNext(next) {
      hand = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    }
  }
}
