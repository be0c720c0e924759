/** What a prompt asks of the generator: it begins with `bench chunks=N every=MS`. */
export interface AnswerWish {
  readonly stream: boolean
  readonly chunks: number
  /** Milliseconds between chunks; 0: as fast as they are taken. */
  readonly everyMs: number
  /** Usage on every chunk, as vLLM gives it when it is asked for. */
  readonly usage: boolean
}

const HEAD_BYTES = 512
const TAIL_BYTES = 512
const STAMP_DIGITS = 16
const STAMP = '0'.repeat(STAMP_DIGITS)
const PROMPT_TOKENS = 8

/** Reads the few bytes that decide, so that a request costs the generator next to nothing. */
export function readWish(body: Buffer): AnswerWish {
  const head = body.toString('latin1', 0, HEAD_BYTES)
  const tail = body.toString('latin1', Math.max(0, body.byteLength - TAIL_BYTES))
  const [, chunks = '1', every = '0'] = /bench chunks=(\d+) every=(\d+)/.exec(head) ?? []
  return {
    stream: head.includes('"stream":true'),
    chunks: Number(chunks),
    everyMs: Number(every),
    usage: tail.includes('"continuous_usage_stats":true')
  }
}

export const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
)
export const HEALTHY = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')

const WHOLE = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: 'A short answer.' }, finish_reason: 'stop' }],
  usage: usageAt(4)
})
export const WHOLE_ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${WHOLE.length}\r\n\r\n${WHOLE}`
)

const chunksMade = new Map<string, Buffer>()
const streamsMade = new Map<string, Buffer>()

/** Chunk `at` of an answer as it goes out, made once. */
export function chunkAt(at: number, usage: boolean): Buffer {
  return remember(chunksMade, `${at} ${usage}`, () => Buffer.from(httpChunk(event(at, usage))))
}

/** The same with the time in it, in microseconds of the system's monotonic clock. */
export function stampedChunk(at: number, usage: boolean): Buffer {
  const chunk = Buffer.from(chunkAt(at, usage))
  const now = process.hrtime.bigint() / 1000n
  chunk.write(now.toString().padStart(STAMP_DIGITS, '0'), chunk.indexOf(STAMP), 'latin1')
  return chunk
}

/** How an answer of so many chunks ends. */
export function endOf(chunks: number, usage: boolean): Buffer {
  return remember(chunksMade, `end ${chunks} ${usage}`, () => {
    const stop = sse({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    const total = usage ? sse({ choices: [], usage: usageAt(chunks) }) : ''
    return Buffer.from(`${httpChunk(stop)}${httpChunk(`${total}data: [DONE]\n\n`)}0\r\n\r\n`)
  })
}

/** A whole answer in one piece. */
export function wholeStream(chunks: number, usage: boolean): Buffer {
  return remember(streamsMade, `${chunks} ${usage}`, () => {
    const pieces = Array.from({ length: chunks }, (_, at) => chunkAt(at, usage))
    return Buffer.concat([...pieces, endOf(chunks, usage)])
  })
}

function event(at: number, usage: boolean): string {
  const choices = [{ index: 0, delta: { content: STAMP }, finish_reason: null }]
  return sse(usage ? { choices, usage: usageAt(at + 1) } : { choices })
}

function sse(members: object): string {
  const fields = { id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'bench', ...members }
  return `data: ${JSON.stringify(fields)}\n\n`
}

function usageAt(tokens: number): object {
  return { prompt_tokens: PROMPT_TOKENS, total_tokens: PROMPT_TOKENS + tokens, completion_tokens: tokens }
}

function httpChunk(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}

function remember(made: Map<string, Buffer>, key: string, make: () => Buffer): Buffer {
  const known = made.get(key) ?? make()
  made.set(key, known)
  return known
}
