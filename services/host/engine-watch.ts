import { type EngineFacts, UNKNOWN_ENGINE } from './engine-facts.ts'
import type { Engine } from './vllm.ts'

/** An engine of which it is known whether it answers, and how it was started. */
export interface WatchedEngine extends Engine {
  /** As it said when it was last found healthy after a start. */
  readonly known: EngineFacts
  /** It did not answer when it was last asked; the host has no free slot meanwhile. */
  readonly down: boolean
  /** Tells one listener whenever `down` has changed. */
  onChange(listener: () => void): void
}

const ASK_EVERY_MS = 2_000

/** Asks the engine for its health every two seconds, and notices at once when it gives no answer to a request. */
export function watchEngine(engine: Engine): WatchedEngine {
  let down = false
  let changed = (): void => {}
  let known: EngineFacts | undefined
  const note = (next: boolean): void => {
    // It may come back started otherwise.
    if (next) known = undefined
    if (next === down) return
    down = next
    changed()
  }
  const healthy = async (): Promise<boolean> => {
    const well = await engine.healthy()
    if (well) known ??= await engine.facts()
    return well
  }
  let asked = false
  const ask = async (): Promise<void> => {
    if (asked) return
    asked = true
    note(!(await healthy()))
    asked = false
  }
  const asking = setInterval(() => void ask(), ASK_EVERY_MS)
  return {
    get down() {
      return down
    },
    get known() {
      return known ?? UNKNOWN_ENGINE
    },
    onChange: (listener) => {
      changed = listener
    },
    send: async (request, signal) => {
      try {
        return await engine.send(request, signal)
      } catch (error) {
        if (!signal.aborted) note(true)
        throw error
      }
    },
    healthy,
    facts: () => engine.facts(),
    [Symbol.asyncDispose]: async () => {
      clearInterval(asking)
      await engine[Symbol.asyncDispose]()
    }
  }
}
