import OpenAI from 'openai'
import { afterAll, beforeAll } from 'vitest'
import { type EngineService, startEngine } from '../../../../services/network/engine/start.ts'

export const MODEL = 'test/model'

export interface RunningEngine {
  readonly url: string
  readonly openai: OpenAI
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>
  /** Parsed without a type: what is read of it is what the test checks. */
  // biome-ignore lint/suspicious/noExplicitAny: as JSON.parse gives it
  postJson(path: string, body: unknown): Promise<any>
}

/** An engine for all tests of a file; to be read in tests, not while the file loads. */
export function runningEngine(): RunningEngine {
  let engine: EngineService
  beforeAll(async () => {
    engine = await startEngine({ listen: '127.0.0.1:0', models: [MODEL], maxModelLength: 4096, tokenDelayMs: 0 })
  })
  afterAll(() => engine[Symbol.asyncDispose]())
  const post: RunningEngine['post'] = (path, body, init = {}) => {
    const headers = { 'content-type': 'application/json' }
    return fetch(engine.url + path, { method: 'POST', headers, body: JSON.stringify(body), ...init })
  }
  return {
    get url() {
      return engine.url
    },
    get openai() {
      return new OpenAI({ baseURL: `${engine.url}/v1`, apiKey: 'none', maxRetries: 0 })
    },
    post,
    postJson: async (path, body) => JSON.parse(await (await post(path, body)).text())
  }
}
