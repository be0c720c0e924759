import { createServer, type Socket } from 'node:net'
import {
  type AnswerWish,
  endOf,
  HEALTHY,
  readWish,
  STREAM_HEAD,
  stampedChunk,
  WHOLE_ANSWER,
  wholeStream
} from './engine-answers.ts'
import { serve } from './serve.ts'

/**
 * The engine of the path figures: HTTP/1.1 by hand over plain sockets, answers made beforehand, each event a chunk of
 * the transfer coding as vLLM sends it. It speaks as much HTTP as the proxies here do, and is no server for others.
 */

const PIECE = 32 * 1024
const END_OF_HEAD = Buffer.from('\r\n\r\n')

serve(
  'engine',
  createServer({ noDelay: true }, (socket) => new Connection(socket))
)

class Connection {
  readonly #socket: Socket
  #parts: Buffer[] = []
  #held = 0
  #wanted = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', () => socket.destroy())
  }

  /** One request at a time: nobody here pipelines. */
  #read(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#held += bytes.byteLength
    if (this.#held < this.#wanted) return
    const request = this.#parts.length === 1 ? bytes : Buffer.concat(this.#parts)
    this.#parts = [request]
    const headEnd = request.indexOf(END_OF_HEAD)
    if (headEnd < 0) return
    const head = request.toString('latin1', 0, headEnd)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    this.#wanted = headEnd + END_OF_HEAD.byteLength + length
    if (this.#held < this.#wanted) return
    this.#parts = []
    this.#held = 0
    this.#wanted = 0
    if (head.startsWith('GET')) this.#socket.write(HEALTHY)
    else this.#answer(readWish(request.subarray(headEnd + END_OF_HEAD.byteLength)))
  }

  #answer(wish: AnswerWish): void {
    if (!wish.stream) this.#socket.write(WHOLE_ANSWER)
    else if (wish.everyMs === 0) this.#pour(Buffer.concat([STREAM_HEAD, wholeStream(wish.chunks, wish.usage)]), 0)
    else this.#pace(wish)
  }

  #pour(bytes: Buffer, from: number): void {
    let at = from
    while (at < bytes.byteLength && !this.#socket.destroyed) {
      const room = this.#socket.write(bytes.subarray(at, at + PIECE))
      at += PIECE
      if (room) continue
      this.#socket.once('drain', () => this.#pour(bytes, at))
      return
    }
  }

  #pace({ chunks, everyMs, usage }: AnswerWish): void {
    let at = 0
    this.#socket.write(STREAM_HEAD)
    const ticking = setInterval(() => {
      if (this.#socket.destroyed) return clearInterval(ticking)
      this.#socket.write(stampedChunk(at++, usage))
      if (at < chunks) return
      clearInterval(ticking)
      this.#socket.write(endOf(chunks, usage))
    }, everyMs)
  }
}
