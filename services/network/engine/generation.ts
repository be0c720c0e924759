import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { EngineError } from './errors.ts'
import type { Knobs } from './knobs.ts'
import type { Sampling } from './sampling.ts'
import { tokenize } from './tokens.ts'

/** One token of one choice. */
export interface Step {
  readonly kind: 'reasoning' | 'content' | 'tool'
  readonly text: string
  /** Of a tool call: which, and its name on its first step. */
  readonly call?: { readonly index: number; readonly name?: string }
}

export interface Choice {
  readonly steps: readonly Step[]
  readonly finishReason: 'stop' | 'length' | 'tool_calls'
  readonly stopReason: string | null
}

export interface Generation {
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly choices: readonly Choice[]
  readonly knobs: Knobs
}

/** The connection is to be torn without an end. */
export class BrokenStream extends Error {}

export interface ToolUse {
  readonly name: string
  readonly arguments: string
}

/** What one choice says: words cut at a stop string, filled up and cut to length as asked. */
export function chooseWords(answer: string, sampling: Sampling, knobs: Knobs): Choice {
  const { text, stopReason } = cutAtStop(answer, sampling.stop)
  const words = stopReason === null ? fill(tokenize(text), fillTo(sampling, knobs)) : tokenize(text)
  const steps = [...reasoningSteps(knobs), ...words.map((word): Step => ({ kind: 'content', text: word }))]
  return cutToLength({ steps, finishReason: 'stop', stopReason }, sampling)
}

/** What one choice calls: each call's name on a step of its own, then its arguments token by token. */
export function chooseCalls(calls: readonly ToolUse[], named: boolean, sampling: Sampling): Choice {
  const steps = calls.flatMap((call, index): Step[] => [
    { kind: 'tool', text: '', call: { index, name: call.name } },
    ...tokenize(call.arguments).map((text): Step => ({ kind: 'tool', text, call: { index } }))
  ])
  return cutToLength({ steps, finishReason: named ? 'stop' : 'tool_calls', stopReason: null }, sampling)
}

export function completionTokens(generation: Generation): number {
  return generation.choices.reduce((total, choice) => total + choice.steps.length, 0)
}

export function reasoningTokens(choices: readonly Choice[]): number {
  return choices.reduce((total, { steps }) => total + steps.filter((step) => step.kind === 'reasoning').length, 0)
}

/**
 * The tokens of all choices in the order and at the pace of generation, each choice's next in turn. Ends early when
 * `signal` aborts; breaks, stalls and fails where the knobs say.
 */
export async function* generate(
  generation: Generation,
  signal: AbortSignal
): AsyncGenerator<{ readonly index: number; readonly step: Step }> {
  const { knobs, choices } = generation
  await pause(knobs.firstDelayMs, signal)
  const longest = Math.max(...choices.map(({ steps }) => steps.length))
  let count = 0
  for (let at = 0; at < longest; at++) {
    for (const [index, choice] of choices.entries()) {
      const step = choice.steps[at]
      if (step === undefined) continue
      await trouble(knobs, count++, signal)
      if (signal.aborted) return
      yield { index, step }
    }
    await pause(knobs.delayMs, signal)
  }
  await trouble(knobs, count, signal)
}

async function trouble(knobs: Knobs, count: number, signal: AbortSignal): Promise<void> {
  if (count === knobs.breakAfter) throw new BrokenStream('broken on demand')
  if (count === knobs.errorAfter) throw new EngineError(500, 'InternalServerError', 'Internal server error')
  if (count === knobs.stallAfter) await aborted(signal)
}

/** A turn of the event loop at least, so that every token leaves on its own. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) await nextTurn()
  else await sleep(ms, undefined, { signal }).catch(() => undefined)
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function cutAtStop(answer: string, stops: readonly string[]): { text: string; stopReason: string | null } {
  const found = stops
    .map((stop) => ({ stop, at: answer.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at)[0]
  return found === undefined
    ? { text: answer, stopReason: null }
    : { text: answer.slice(0, found.at), stopReason: found.stop }
}

function fillTo(sampling: Sampling, knobs: Knobs): number {
  return knobs.tokens ?? (sampling.ignoreEos ? (sampling.maxTokens ?? 0) : sampling.minTokens)
}

/** Numbers after the words, one token each, so that what is lost or out of order shows. */
function fill(words: readonly string[], target: number): readonly string[] {
  if (words.length >= target) return words
  const numbers = Array.from({ length: target - words.length }, (_, at) => ` ${at % 1000}`)
  return [...words, ...numbers]
}

function reasoningSteps(knobs: Knobs): readonly Step[] {
  return Array.from({ length: knobs.reasoning }, (_, at): Step => ({ kind: 'reasoning', text: ` (${at % 100})` }))
}

function cutToLength(choice: Choice, sampling: Sampling): Choice {
  const most = sampling.maxTokens ?? Number.POSITIVE_INFINITY
  if (choice.steps.length <= most && !(sampling.ignoreEos && choice.steps.length === most)) return choice
  return { steps: choice.steps.slice(0, most), finishReason: 'length', stopReason: null }
}
