import { createServer } from 'node:http'
import { Pool } from 'undici'
import { serve, setting } from '../path/serve.ts'

/** A plain reverse proxy, one hop: undici's `stream` straight into the response. */
const pool = new Pool(setting('BENCH_UPSTREAM'), { bodyTimeout: 0, headersTimeout: 0 })

serve(
  'undici proxy',
  createServer({ noDelay: true }, (request, response) => {
    const { method = 'GET', url: path = '/', headers } = request
    const { connection: _hop, host: _host, ...passed } = headers
    pool
      .stream({ method, path, headers: passed, body: request, opaque: null }, ({ statusCode, headers: answered }) => {
        const { connection: _answered, 'transfer-encoding': _coding, ...kept } = answered
        return response.writeHead(statusCode, kept)
      })
      .catch(() => response.destroy())
  })
)
