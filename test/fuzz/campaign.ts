import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { ContractError } from '../../contracts/errors.ts'
import { codeOf } from '../../services/runtime/errors.ts'
import { inputsFor } from './inputs.ts'
import type { FuzzReport, FuzzTarget } from './target.ts'

export interface CampaignWish {
  readonly inputs: number
  readonly seed: number
  readonly progress?: (name: string, done: number, of: number) => void
}

/** What may be left in memory after a target's inputs; garbage is collected before it is measured. */
const MOST_KEPT = 48 * 1024 * 1024
/** What the process may have grown by while it read them. */
const MOST_PEAK = 512 * 1024 * 1024
const STEP = 256

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Gives each target its share of the inputs, one after another. */
export async function runCampaign(targets: readonly FuzzTarget[], wish: CampaignWish): Promise<readonly FuzzReport[]> {
  const total = targets.reduce((sum, { weight }) => sum + weight, 0)
  const reports: FuzzReport[] = []
  for (const target of targets) {
    const inputs = Math.ceil((wish.inputs * target.weight) / total)
    reports.push(await fuzz(target, { ...wish, inputs }))
  }
  return reports
}

/** Reads so many inputs, each twice: the second answer must be the first. */
export async function fuzz(target: FuzzTarget, { inputs, seed, progress }: CampaignWish): Promise<FuzzReport> {
  const refusals = new Map<string, number>()
  let [read, accepted, slowestMs] = [0, 0, 0]
  collectGarbage()
  const before = process.memoryUsage()
  let peak = before.rss
  const property = fc.asyncProperty(inputsFor(target), async (input) => {
    const started = performance.now()
    const outcome = await outcomeOf(target, input)
    const elapsed = performance.now() - started
    const again = await outcomeOf(target, input)
    if (again !== outcome) throw new Error(`the code changed from ${outcome} to ${again}`)
    // Wall time is another's too on a busy machine: what looks slow is measured again, in CPU.
    const cost = elapsed > target.limitMs / 4 ? await cheapest(target, input) : elapsed
    if (cost > target.limitMs) throw new Error(`took ${cost.toFixed(0)} ms, at most ${target.limitMs}`)
    slowestMs = Math.max(slowestMs, cost)
    if (outcome === ACCEPTED) accepted++
    else refusals.set(outcome, (refusals.get(outcome) ?? 0) + 1)
    if (++read % STEP === 0) {
      peak = Math.max(peak, process.memoryUsage.rss())
      progress?.(target.name, read, inputs)
    }
  })
  const run = await fc.check(property, { numRuns: inputs, seed, interruptAfterTimeLimit: 3_600_000 })
  collectGarbage()
  const keptBytes = heldBytes() - heldOf(before)
  const peakGrowthBytes = peak - before.rss
  const failure = run.failed ? describeFailure(run) : memoryFailure(keptBytes, peakGrowthBytes)
  const counted = { name: target.name, inputs: read, accepted, refusals, slowestMs, peakGrowthBytes, keptBytes }
  return failure === undefined ? counted : { ...counted, failure }
}

const ACCEPTED = 'accepted'

async function outcomeOf(target: FuzzTarget, input: Uint8Array): Promise<string> {
  try {
    await target.run(input)
    return ACCEPTED
  } catch (error) {
    const code = error instanceof ContractError ? error.code : codeOf(error)
    if (code === undefined) throw error
    if (!target.codes.includes(code)) throw new Error(`${code} is no code of ${target.name}`, { cause: error })
    return code
  }
}

/** The least CPU of three readings, in milliseconds. */
async function cheapest(target: FuzzTarget, input: Uint8Array): Promise<number> {
  let least = Infinity
  for (let time = 0; time < 3; time++) {
    const before = process.threadCpuUsage()
    await outcomeOf(target, input)
    const { user, system } = process.threadCpuUsage(before)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

function heldBytes(): number {
  return heldOf(process.memoryUsage())
}

function heldOf({ heapUsed, external }: NodeJS.MemoryUsage): number {
  return heapUsed + external
}

function memoryFailure(kept: number, peak: number): string | undefined {
  if (kept > MOST_KEPT) return `${mebibytes(kept)} are held after the last input, at most ${mebibytes(MOST_KEPT)}`
  if (peak > MOST_PEAK) return `grew by ${mebibytes(peak)}, at most ${mebibytes(MOST_PEAK)}`
  return undefined
}

function describeFailure(run: fc.RunDetails<[Uint8Array]>): string {
  const [input] = run.counterexample ?? []
  const cause = run.errorInstance instanceof Error ? (run.errorInstance.stack ?? '') : String(run.errorInstance)
  const hex = Buffer.from(input ?? []).toString('hex')
  const shown = hex.length > 2_000 ? `${hex.slice(0, 2_000)}… (${hex.length / 2} bytes)` : hex
  return `${cause}\nseed ${run.seed}, path ${run.counterexamplePath}\ninput ${shown}`
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`
}
