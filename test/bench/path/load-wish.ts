/** What the load process does at one address. */
export interface LoadWish {
  readonly url: string
  readonly model: string
  readonly stream: boolean
  readonly requests: number
  /** How many at once. */
  readonly concurrency: number
  /** Of each answer. */
  readonly chunks: number
  readonly everyMs: number
  /** The prompt's length beside the few words for the engine. */
  readonly promptBytes: number
}

/** Medians and such of all requests, in microseconds. */
export interface LoadFigures {
  /** Until the first chunk of content. */
  readonly first: number
  /** Until the answer's end. */
  readonly whole: number
  /** From the engine's writing a chunk to its arrival; 0 where chunks carry no time. */
  readonly delay: number
  readonly delay95: number
  readonly elapsed: number
  readonly chunks: number
}

/** A load whose fields are those of a short request asked one after another, but for what is given. */
export function loadWish(url: string, model: string, fields: Partial<LoadWish>): LoadWish {
  return { url, model, stream: true, requests: 1, concurrency: 1, chunks: 1, everyMs: 0, promptBytes: 0, ...fields }
}

export function requestBody({ model, stream, chunks, everyMs, promptBytes }: LoadWish): Buffer {
  const content = `bench chunks=${chunks} every=${everyMs} ${'a'.repeat(promptBytes)}`
  return Buffer.from(JSON.stringify({ model, stream, messages: [{ role: 'user', content }] }))
}
