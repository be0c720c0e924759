import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface Observed {
  /** Bytes of V8's heap and outside it, after collecting garbage. */
  readonly used: number
  readonly rss: number
  /** Microseconds, 99th percentile since the last look. */
  readonly loopP99: number
}

/** The environment that loads the observer into a process. */
export const OBSERVED_ENV = { NODE_OPTIONS: `--import=${fileURLToPath(new URL('./observe.ts', import.meta.url))}` }

const LIMIT_MS = 10_000

/** Looks into processes that were started with `OBSERVED_ENV` and whose lines come to `onLine`. */
export class Observer {
  readonly #seen = new Map<string, Observed>()

  readonly onLine = (name: string, line: string): void => {
    if (!line.startsWith('{"observed":')) return
    this.#seen.set(name, (JSON.parse(line) as { readonly observed: Observed }).observed)
  }

  async look({ name, pid }: { readonly name: string; readonly pid: number }): Promise<Observed> {
    this.#seen.delete(name)
    process.kill(pid, 'SIGUSR2')
    for (const end = performance.now() + LIMIT_MS; performance.now() < end; ) {
      const observed = this.#seen.get(name)
      if (observed !== undefined) return observed
      await sleep(10)
    }
    throw new Error(`${name} does not answer`)
  }
}
