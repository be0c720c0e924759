import { createHash, randomBytes } from 'node:crypto'
import { readPrompts } from './completions.ts'
import { type Call, checkContext, checkStatus, chooseModel } from './engine.ts'
import { badRequest } from './errors.ts'
import { readInteger, readString } from './fields.ts'
import { readJson, sendJson } from './http.ts'
import { readKnobs } from './knobs.ts'
import { tokenize } from './tokens.ts'

const DIMENSIONS = 256
const MOST_DIMENSIONS = 4096

/** POST /v1/embeddings */
export async function embeddings(call: Call): Promise<void> {
  const body = await readJson(call.request)
  const model = chooseModel(call.engine, body)
  const inputs = readPrompts(body)
  checkStatus(readKnobs(body, inputs.join('\n'), 0).status)
  const dimensions = readInteger(body, 'dimensions') ?? DIMENSIONS
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS) throw badRequest(`dimensions out of range`, 'dimensions')
  const format = readString(body, 'encoding_format') ?? 'float'
  if (format !== 'float' && format !== 'base64')
    throw badRequest(`Unknown encoding_format: ${format}`, 'encoding_format')
  const counts = inputs.map((input) => tokenize(input).length)
  for (const count of counts) checkContext(call.engine, count, 0)
  const promptTokens = counts.reduce((total, count) => total + count, 0)
  call.engine.metrics.promptTokens += promptTokens
  sendJson(call.response, {
    id: `embd-${randomBytes(16).toString('hex')}`,
    object: 'list',
    created: call.engine.created,
    model,
    data: inputs.map((input, index) => ({
      index,
      object: 'embedding',
      embedding: encode(embed(input, dimensions), format)
    })),
    usage: {
      prompt_tokens: promptTokens,
      total_tokens: promptTokens,
      completion_tokens: 0,
      prompt_tokens_details: null
    }
  })
}

/** A unit vector that only the text decides: its words' hashes added up, so that texts with words in common are near. */
export function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    const hash = createHash('sha256').update(word).digest()
    for (let at = 0; at < 8; at++) {
      const slot = hash.readUInt32LE(at * 4) % dimensions
      vector[slot] = (vector[slot] ?? 0) + ((hash[at] ?? 0) & 1 ? 1 : -1)
    }
  }
  const length = Math.hypot(...vector) || 1
  return vector.map((value) => value / length)
}

function encode(vector: Float32Array, format: 'float' | 'base64'): unknown {
  return format === 'float' ? [...vector] : Buffer.from(vector.buffer).toString('base64')
}
