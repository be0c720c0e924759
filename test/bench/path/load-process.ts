import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LoadFigures, LoadWish } from './load-wish.ts'

/** The process that asks. */
export class Load implements Disposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(): Promise<Load> {
    const module = fileURLToPath(new URL('./load.ts', import.meta.url))
    const child = fork(module, { execArgv: ['--disable-warning=ExperimentalWarning'] })
    await once(child, 'message')
    return new Load(child)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async run(wish: LoadWish): Promise<LoadFigures> {
    const answered = once(this.#child, 'message')
    this.#child.send(wish)
    const [answer] = (await answered) as [{ readonly figures?: LoadFigures; readonly failed?: string }]
    if (answer.figures === undefined) throw new Error(`${wish.url}: ${answer.failed}`)
    return answer.figures
  }

  [Symbol.dispose](): void {
    this.#child.kill()
  }
}
