import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Loaded into a process of a path by `--import`: on SIGUSR2 it collects garbage and writes one line of memory in use and
 * of the event loop's delay since the last time.
 */

const RESOLUTION_MS = 1

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
delays.enable()

process.on('SIGUSR2', () => void report())

async function report(): Promise<void> {
  // The histogram holds the time between two of its own ticks.
  const loopP99 = Math.max(0, delays.percentile(99) / 1000 - RESOLUTION_MS * 1000)
  for (let pass = 0; pass < 3; pass++) {
    collectGarbage()
    await sleep(20)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  process.stdout.write(`${JSON.stringify({ observed: { used: heapUsed + external, rss, loopP99 } })}\n`)
  delays.reset()
}
