import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../bench/random.ts'
import { MODEL } from './world.ts'

export type Outcome = 'complete' | 'error' | 'cancelled'

/** What one request does, as a seed chose it. */
export interface Wish {
  readonly kind: 'stream' | 'whole' | 'long prompt' | 'slow reader' | 'cancelled' | 'engine breaks' | 'engine fails'
  readonly knobs: string
  readonly stream: boolean
  readonly promptWords: number
  /** Milliseconds after which the caller hangs up. */
  readonly cancelAfterMs?: number
  /** Milliseconds between two reads. */
  readonly readEveryMs?: number
  /** The answer cannot be whole. */
  readonly broken?: boolean
}

export interface LoadTotals {
  readonly outcomes: Record<Outcome, number>
  readonly kinds: Map<string, number>
  /** What must never be. */
  readonly wrongs: string[]
}

/** A request that has not ended by then has been lost by somebody. */
const MOST_MS = 60_000

export function chooseWish(random: Random): Wish {
  const number = (most: number): number => Math.floor(random() * most)
  const [chance, tokens, delay] = [random(), 5 + number(60), number(12)]
  const plain = { knobs: `tokens=${tokens} delay_ms=${delay}`, stream: true, promptWords: 5 + number(50) }
  if (chance < 0.4) return { ...plain, kind: 'stream' }
  if (chance < 0.55) return { ...plain, kind: 'whole', stream: false }
  if (chance < 0.62) return { ...plain, kind: 'long prompt', promptWords: 20_000 + number(30_000) }
  if (chance < 0.7)
    return {
      ...plain,
      kind: 'slow reader',
      knobs: `tokens=${2_000 + number(3_000)} delay_ms=0`,
      readEveryMs: 1 + number(40)
    }
  if (chance < 0.82) return { ...plain, kind: 'cancelled', cancelAfterMs: number(600) }
  if (chance < 0.92)
    return { ...plain, kind: 'engine breaks', knobs: `${plain.knobs} break_after=${number(5)}`, broken: true }
  const fault = random() < 0.5 ? 'error_after=3' : 'status=500'
  return { ...plain, kind: 'engine fails', knobs: `${plain.knobs} ${fault}` }
}

/** Asks again and again until the signal; each request ends in one outcome, or is a wrong. */
export async function runWorker(url: string, random: Random, totals: LoadTotals, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const wish = chooseWish(random)
    totals.kinds.set(wish.kind, (totals.kinds.get(wish.kind) ?? 0) + 1)
    const lost = new AbortController()
    const timer = setTimeout(() => lost.abort(new Error('lost')), MOST_MS)
    const outcome = await ask(url, wish, lost.signal)
    clearTimeout(timer)
    if (lost.signal.aborted) totals.wrongs.push(`a request did not end: ${JSON.stringify(wish)}`)
    if (outcome === 'complete' && wish.broken === true)
      totals.wrongs.push(`a broken answer passed for whole: ${wish.knobs}`)
    totals.outcomes[outcome]++
    // A network that refuses at once is not asked a thousand times a second.
    if (outcome === 'error') await sleep(50)
  }
}

async function ask(url: string, wish: Wish, lost: AbortSignal): Promise<Outcome> {
  const hangUp = new AbortController()
  const timer = wish.cancelAfterMs === undefined ? undefined : setTimeout(() => hangUp.abort(), wish.cancelAfterMs)
  const content = `${'silk '.repeat(wish.promptWords)}[[stand-in ${wish.knobs}]]`
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, stream: wish.stream, messages: [{ role: 'user', content }] }),
      signal: AbortSignal.any([hangUp.signal, lost])
    })
    const end = await readAnswer(response, wish.readEveryMs ?? 0)
    return response.status === 200 && isWhole(end, wish) ? 'complete' : 'error'
  } catch {
    return hangUp.signal.aborted ? 'cancelled' : 'error'
  } finally {
    clearTimeout(timer)
  }
}

/** The last bytes of the answer: enough to see whether it is whole. */
async function readAnswer(response: Response, readEveryMs: number): Promise<string> {
  let end = ''
  if (response.body === null) return end
  const decoder = new TextDecoder('latin1')
  for await (const chunk of response.body) {
    end = (end + decoder.decode(chunk)).slice(-4_096)
    if (readEveryMs > 0) await sleep(readEveryMs)
  }
  return end
}

function isWhole(end: string, wish: Wish): boolean {
  if (end.includes('"error"')) return false
  return wish.stream ? end.includes('data: [DONE]') : end.trimEnd().endsWith('}')
}
