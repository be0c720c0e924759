import { randomBytes } from 'node:crypto'
import { STAND_IN } from './answer.ts'
import { type Call, checkStatus, chooseModel } from './engine.ts'
import { badRequest, EngineError } from './errors.ts'
import { chooseWords, completionTokens, type Generation, generate } from './generation.ts'
import { readForm } from './http.ts'
import { readKnobs } from './knobs.ts'
import { readSampling } from './sampling.ts'
import { serveGeneration } from './serve.ts'
import { tokenize } from './tokens.ts'

type Task = 'transcribe' | 'translate'

const MOST_FILE_BYTES = 25 * 1024 * 1024
/** Of 16 kHz mono, two bytes a sample: what a recording is taken for, whatever it is. */
const BYTES_PER_SECOND = 32_000
const TOKENS_PER_SECOND = 50
const TRUE = /^(?:true|1|on|yes|t|y)$/i

/** POST /v1/audio/transcriptions and /v1/audio/translations: tells how much was heard, not what. */
export function hear(task: Task): (call: Call) => Promise<void> {
  return async (call) => {
    const form = await readForm(call.request)
    const recording = recordingOf(form)
    const fields = Object.fromEntries([...form].filter(([, value]) => typeof value === 'string'))
    const model = chooseModel(call.engine, fields)
    const knobs = readKnobs({}, String(fields['prompt'] ?? ''), call.engine.config.tokenDelayMs)
    checkStatus(knobs.status)
    const seconds = recording.size / BYTES_PER_SECOND
    const sampling = readSampling({ max_completion_tokens: limitOf(fields['max_completion_tokens']) }, undefined)
    const words = `${STAND_IN} This recording (${recording.name}) has ${recording.size} bytes.`
    const generation: Generation = {
      promptTokens: Math.ceil(seconds * TOKENS_PER_SECOND) + tokenize(String(fields['prompt'] ?? '')).length,
      cachedTokens: 0,
      choices: [chooseWords(words, sampling, knobs)],
      knobs
    }
    const id = `${task === 'transcribe' ? 'trsc' : 'trsl'}-${randomBytes(8).toString('hex')}`
    const frame = { id, object: `${OBJECTS[task]}.chunk`, created: call.engine.created, model }
    await serveGeneration(call, generation, {
      stream: isTrue(fields['stream']),
      whole: () => wholeAnswer(generation, fields, task, seconds),
      events: (signal) => events(frame, generation, isTrue(fields['stream_include_usage']), signal),
      failure: (error) => `data: ${JSON.stringify(error.body)}\n\n`,
      end: 'data: [DONE]\n\n'
    })
  }
}

const OBJECTS: Readonly<Record<Task, string>> = { transcribe: 'transcription', translate: 'translation' }

function recordingOf(form: FormData): File {
  const file = form.get('file')
  if (!(file instanceof File)) {
    throw new EngineError(422, 'Unprocessable Entity', "Expected 'file' to be a file-like object, not 'str'.", 'file')
  }
  if (file.size > MOST_FILE_BYTES) throw badRequest('Maximum file size exceeded', 'audio_filesize_mb')
  return file
}

function isTrue(field: unknown): boolean {
  return TRUE.test(String(field ?? ''))
}

function limitOf(field: unknown): number | undefined {
  return field === undefined ? undefined : Number(field)
}

interface Fields {
  readonly [name: string]: unknown
}

function wholeAnswer(generation: Generation, fields: Fields, task: Task, duration: number): object {
  const text = (generation.choices[0]?.steps ?? []).map((step) => step.text).join('')
  if (fields['response_format'] === 'verbose_json') {
    return { duration, language: fields['language'] ?? 'en', text, segments: [], words: null }
  }
  return task === 'translate' ? { text } : { text, usage: { type: 'duration', seconds: Math.ceil(duration) } }
}

async function* events(
  frame: object,
  generation: Generation,
  usageWished: boolean,
  signal: AbortSignal
): AsyncGenerator<string> {
  const last = (generation.choices[0]?.steps.length ?? 0) - 1
  let count = 0
  for await (const { step } of generate(generation, signal)) {
    const finish = count++ === last ? { finish_reason: generation.choices[0]?.finishReason, stop_reason: null } : {}
    yield `data: ${JSON.stringify({ ...frame, choices: [{ delta: { content: step.text }, ...finish }] })}\n\n`
  }
  if (signal.aborted || !usageWished) return
  const [prompt_tokens, completion_tokens] = [generation.promptTokens, completionTokens(generation)]
  const usage = { prompt_tokens, total_tokens: prompt_tokens + completion_tokens, completion_tokens }
  yield `data: ${JSON.stringify({ ...frame, choices: [], usage })}\n\n`
}
