import { type Dispatcher, Pool } from 'undici'
import { quantile } from '../statistics.ts'
import { type LoadFigures, type LoadWish, requestBody } from './load-wish.ts'
import { reportReady } from './serve.ts'

/** The application of the path figures: asks as it is told, in a process of its own, and counts what comes. */

const CONTENT = Buffer.from('"content":"')
/** Of a mark that stands in two pieces. */
const LONGEST_PART = CONTENT.byteLength - 1
const STAMP_DIGITS = 16
const MOST_SPREAD_MS = 1000
const PATH = '/v1/chat/completions'

interface Asked {
  readonly first: number
  readonly whole: number
  readonly chunks: number
}

const pools = new Map<string, Pool>()

reportReady('load', '')
process.on('message', (wish: LoadWish) => {
  run(wish).then(
    (figures) => process.send?.({ figures }),
    (error: unknown) => process.send?.({ failed: String(error) })
  )
})

async function run(wish: LoadWish): Promise<LoadFigures> {
  const pool = poolOf(wish.url)
  const body = requestBody(wish)
  const delays: number[] = []
  const asked: Asked[] = []
  const start = micros()
  let left = wish.requests
  const worker = async (at: number): Promise<void> => {
    // Paced streams start one after another, so that their chunks do not all come in one turn.
    if (wish.everyMs > 0) await sleep((at * Math.min(wish.everyMs, MOST_SPREAD_MS)) / wish.concurrency)
    while (left-- > 0) asked.push(await ask(pool, { body, wanted: wish.stream ? wish.chunks : 0, delays }))
  }
  await Promise.all(Array.from({ length: wish.concurrency }, (_, at) => worker(at)))
  return {
    first: quantile(
      asked.map(({ first }) => first),
      0.5
    ),
    whole: quantile(
      asked.map(({ whole }) => whole),
      0.5
    ),
    delay: delays.length === 0 ? 0 : quantile(delays, 0.5),
    delay95: delays.length === 0 ? 0 : quantile(delays, 0.95),
    elapsed: micros() - start,
    chunks: asked.reduce((sum, { chunks }) => sum + chunks, 0)
  }
}

interface Asking {
  readonly body: Buffer
  /** Chunks that the answer must have. */
  readonly wanted: number
  readonly delays: number[]
}

function ask(pool: Pool, { body, wanted, delays }: Asking): Promise<Asked> {
  const start = micros()
  const counter = new ChunkCounter(delays)
  let first = 0
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept: '*/*' }
    pool.dispatch({ method: 'POST', path: PATH, headers, body }, {
      onRequestStart: () => {},
      onResponseStart: (_controller, status) => {
        if (status !== 200) reject(new Error(`status ${status}`))
      },
      onResponseData: (_controller, bytes) => {
        counter.push(bytes)
        if (first === 0 && (wanted === 0 || counter.chunks > 0)) first = micros() - start
      },
      onResponseEnd: () => {
        const { chunks } = counter
        if (wanted > 0 && chunks !== wanted) reject(new Error(`${chunks} chunks of ${wanted}`))
        else resolve({ first, whole: micros() - start, chunks })
      },
      onResponseError: (_controller, error) => reject(error)
    } satisfies Dispatcher.DispatchHandler)
  })
}

/** Counts an answer's chunks as they come, and the delay of those that carry a time. */
class ChunkCounter {
  chunks = 0
  readonly #delays: number[]
  #tail: Uint8Array = new Uint8Array(0)

  constructor(delays: number[]) {
    this.#delays = delays
  }

  push(bytes: Buffer): void {
    // The mark of a chunk may stand across two pieces; its time is then left out.
    const seam = Buffer.concat([this.#tail, bytes.subarray(0, LONGEST_PART)])
    if (seam.includes(CONTENT)) this.chunks++
    this.#tail = (bytes.byteLength < LONGEST_PART ? seam : bytes).subarray(-LONGEST_PART)
    for (let at = bytes.indexOf(CONTENT); at >= 0; at = bytes.indexOf(CONTENT, at)) {
      at += CONTENT.byteLength
      this.chunks++
      const stamp = Number(bytes.toString('latin1', at, at + STAMP_DIGITS))
      if (stamp > 0) this.#delays.push(micros() - stamp)
    }
  }
}

function poolOf(url: string): Pool {
  const known = pools.get(url) ?? new Pool(url, { pipelining: 1, bodyTimeout: 0, headersTimeout: 0 })
  pools.set(url, known)
  return known
}

/** Of the system's monotonic clock, which all processes share. */
function micros(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
