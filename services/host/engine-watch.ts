import type { Engine } from './vllm.ts'

/** An engine of which it is known whether it answers. */
export interface WatchedEngine extends Engine {
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
  const note = (next: boolean): void => {
    if (next === down) return
    down = next
    changed()
  }
  let asked = false
  const ask = async (): Promise<void> => {
    if (asked) return
    asked = true
    note(!(await engine.healthy()))
    asked = false
  }
  const asking = setInterval(() => void ask(), ASK_EVERY_MS)
  return {
    get down() {
      return down
    },
    onChange: (listener) => {
      changed = listener
    },
    send: async (path, body, signal) => {
      try {
        return await engine.send(path, body, signal)
      } catch (error) {
        if (!signal.aborted) note(true)
        throw error
      }
    },
    healthy: () => engine.healthy(),
    [Symbol.asyncDispose]: async () => {
      clearInterval(asking)
      await engine[Symbol.asyncDispose]()
    }
  }
}
