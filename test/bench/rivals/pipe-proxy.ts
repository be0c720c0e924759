import { Agent, request as ask, createServer } from 'node:http'
import { serve, setting } from '../path/serve.ts'

/** A plain reverse proxy of node:http alone: pipes both ways. */
const upstream = new URL(setting('BENCH_UPSTREAM'))
const agent = new Agent({ keepAlive: true })

serve(
  'pipe proxy',
  createServer({ noDelay: true }, (request, response) => {
    const { method = 'GET', url: path = '/', headers } = request
    const { hostname, port } = upstream
    const asked = ask({ agent, hostname, port, method, path, headers }, (answer) => {
      const { connection: _answered, 'transfer-encoding': _coding, ...kept } = answer.headers
      response.writeHead(answer.statusCode ?? 502, kept)
      answer.pipe(response)
    })
    asked.on('error', () => response.destroy())
    request.pipe(asked)
  })
)
