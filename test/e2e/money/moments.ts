/** What a kill can come right after. */
export const MOMENTS = [
  'delivery',
  'statement stored',
  'voucher written',
  'voucher stored',
  'voucher given',
  'claim stored',
  'block written',
  'claim settled'
] as const
export type Moment = (typeof MOMENTS)[number]

/** Who waits for a moment hears of the next one. */
export class Moments {
  readonly #waiting = new Map<Moment, PromiseWithResolvers<void>>()

  tell(moment: Moment): void {
    this.#waiting.get(moment)?.resolve()
    this.#waiting.delete(moment)
  }

  /** Resolves with whether it came within the limit. */
  async next(moment: Moment, limitMs: number): Promise<boolean> {
    const waiting = this.#waiting.get(moment) ?? Promise.withResolvers<void>()
    this.#waiting.set(moment, waiting)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), limitMs)
    })
    return Promise.race([waiting.promise.then(() => true), late]).finally(() => clearTimeout(timer))
  }
}
