import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the engine does with a request; `GET /health` is answered 200 but by `unhealthy`. */
export type EngineScript =
  | 'echo'
  | 'pieces'
  | 'hangs up'
  | 'garbage'
  | 'breaks'
  | 'stalls'
  | 'stalls in its answer'
  | 'unhealthy'

export interface ScriptedEngine extends AsyncDisposable {
  readonly url: string
  /** Requests whose caller hung up before their answer was whole. */
  readonly hungUp: number
}

type Script = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void

const SCRIPTS: Record<EngineScript, Script> = {
  echo: async (request, response) => {
    const { method, url, headers } = request
    let body = ''
    for await (const part of request) body += String(part)
    response.writeHead(200, { 'content-type': 'Application/JSON; charset=utf-8' })
    response.end(JSON.stringify({ method, url, headers, body }))
  },
  pieces: (_, response) => {
    response.write('one')
    setTimeout(() => response.end('two'), 20)
  },
  'hangs up': (request) => void request.socket.destroy(),
  garbage: (request) => void request.socket.end('this is not HTTP\r\n\r\n'),
  breaks: (request, response) => {
    response.write('part of an answer')
    setTimeout(() => request.socket.destroy(), 20)
  },
  stalls: () => {},
  'stalls in its answer': (_, response) => void response.write('part of an answer'),
  unhealthy: (_, response) => void response.writeHead(500).end()
}

/** An engine that does one thing: what vLLM would only do by accident. */
export async function startScriptedEngine(script: EngineScript): Promise<ScriptedEngine> {
  let hungUp = 0
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) hungUp++
    })
    if (request.url === '/health' && script !== 'unhealthy') response.end()
    else void SCRIPTS[script](request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    get hungUp() {
      return hungUp
    },
    [Symbol.asyncDispose]: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}
