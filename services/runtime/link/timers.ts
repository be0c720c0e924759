/** Time as a link sees it, passed in so that tests can drive it. */
export interface LinkTimers {
  /** At the end of this turn of the event loop. */
  soon(run: () => void): void
  /** Once after so many milliseconds; the answer cancels. */
  after(milliseconds: number, run: () => void): () => void
  /** Again and again; the answer cancels. */
  every(milliseconds: number, run: () => void): () => void
}

export const systemTimers: LinkTimers = {
  soon: (run) => {
    setImmediate(run)
  },
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds).unref()
    return () => clearTimeout(timer)
  },
  every: (milliseconds, run) => {
    const timer = setInterval(run, milliseconds).unref()
    return () => clearInterval(timer)
  }
}
