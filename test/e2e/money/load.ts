import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../bench/random.ts'
import { MODEL } from '../network.ts'

/** What one request does, as a seed chose it. */
export interface Wish {
  readonly stream: boolean
  readonly knobs: string
  /** Milliseconds after which the caller hangs up. */
  readonly cancelAfterMs?: number
}

export interface Asked {
  whole: number
  cancelled: number
  failed: number
  /** What must never be. */
  readonly wrongs: string[]
}

/** A request that has not ended by then has been lost by somebody. */
const MOST_MS = 60_000

export function chooseWish(random: Random): Wish {
  const [chance, tokens, delay] = [random(), 3 + Math.floor(random() * 30), Math.floor(random() * 8)]
  const knobs = `tokens=${tokens} delay_ms=${delay}`
  if (chance < 0.2) return { stream: false, knobs }
  return { stream: true, knobs, ...(chance < 0.4 && { cancelAfterMs: 10 + Math.floor(random() * 200) }) }
}

/** Asks again and again until the signal. */
export async function runWorker(url: string, random: Random, asked: Asked, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const end = await ask(url, chooseWish(random))
    if (end === 'lost') asked.wrongs.push('a request did not end')
    else asked[end]++
    // A network that refuses at once is not asked a thousand times a second.
    await sleep(end === 'whole' ? 10 : 50)
  }
}

export async function ask(url: string, wish: Wish): Promise<'whole' | 'cancelled' | 'failed' | 'lost'> {
  const lost = AbortSignal.timeout(MOST_MS)
  const hangUp = wish.cancelAfterMs === undefined ? undefined : AbortSignal.timeout(wish.cancelAfterMs)
  const messages = [{ role: 'user', content: `What spins silk? [[stand-in ${wish.knobs}]]` }]
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: MODEL, stream: wish.stream, messages }),
      signal: AbortSignal.any([lost, ...(hangUp === undefined ? [] : [hangUp])])
    })
    const text = await response.text()
    const isWhole = wish.stream ? text.includes('data: [DONE]') && !text.includes('"error"') : text.endsWith('}')
    return response.status === 200 && isWhole ? 'whole' : 'failed'
  } catch {
    if (lost.aborted) return 'lost'
    return hangUp?.aborted === true ? 'cancelled' : 'failed'
  }
}
