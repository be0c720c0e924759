/** One thing that reads bytes which an attacker may have written. */
export interface FuzzTarget {
  readonly name: string
  /** Valid inputs, which are changed a little: what is read first must not hide what is read last. */
  readonly seeds: readonly Uint8Array[]
  /** The codes it may refuse with; anything else that is thrown is a bug. */
  readonly codes: readonly string[]
  /** Of the inputs of a whole run, its share beside the others' weights. */
  readonly weight: number
  /** JSON seeds are changed as documents too. */
  readonly json?: boolean
  /** Milliseconds of CPU that no input may take. */
  readonly limitMs: number
  /** Reads it; whatever is accepted it also checks as far as it can (one reading for one writing). */
  run(input: Uint8Array): void | Promise<void>
}

/** What came of a target's inputs. */
export interface FuzzReport {
  readonly name: string
  readonly inputs: number
  readonly accepted: number
  readonly refusals: ReadonlyMap<string, number>
  readonly slowestMs: number
  readonly peakGrowthBytes: number
  readonly keptBytes: number
  /** What went wrong, with the input that shows it. */
  readonly failure?: string
}
