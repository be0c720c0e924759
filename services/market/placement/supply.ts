/** nanoTON a million tokens of each class, as a host declares them. */
export interface TokenPrices {
  readonly prompt: bigint
  readonly cached: bigint
  readonly completion: bigint
  readonly reasoning: bigint
}

/** A host that may be given a model. What is declared and what was attested have been compared before. */
export interface PlacementHost {
  readonly id: string
  readonly provider: string
  /** Architecture and name as attested, for example `H100`. */
  readonly gpu: string
  readonly gpus: number
  /** Of all its GPUs together. */
  readonly vramGib: number
  readonly region: string
  readonly prices: TokenPrices
  /** Models that the provider would load; `any`: whatever fits. */
  readonly models: readonly string[] | 'any'
  /** What it has loaded now. */
  readonly holds: string | undefined
  /** Unix seconds until which its attestation is good. */
  readonly notAfter: number
  /** Share of time for which it is there, 0 to 1: measured, or declared until it is. */
  readonly uptime: number
  /** How strict a policy its attestation passes; larger is stricter. */
  readonly policyLevel: number
}

/** What somebody registered that it will ask for. A plan, not a permit. */
export interface PlacementDemand {
  readonly id: string
  readonly model: string
  readonly queriesPerDay: number
  /** Averages a query. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** Queries a second at the peak over their average. */
  readonly peakFactor: number
  /** nanoTON for one average query; undefined: any. */
  readonly priceCeiling: bigint | undefined
  /** Milliseconds to the first token of an average query on an idle host; undefined: any. */
  readonly latencyCeilingMs: number | undefined
  /** Empty: any. */
  readonly region: string
  readonly policyLevel: number
}

/** What one host of a kind does with a model when it is busy: all its requests together. */
export interface Throughput {
  readonly promptTokensPerSecond: number
  readonly completionTokensPerSecond: number
  readonly vramGib: number
  /** Requests; 0: by data sheets. */
  readonly measuredBy: number
}

/** Undefined: nobody knows, and nothing is planned on a guess. */
export type ThroughputOf = (model: string, gpu: string, gpus: number) => Throughput | undefined

/** nanoTON for one query, rounded up, with nothing cached. */
export function queryPrice(prices: TokenPrices, { inputTokens, outputTokens }: QuerySize): bigint {
  const total = BigInt(inputTokens) * prices.prompt + BigInt(outputTokens) * prices.completion
  return (total + 999_999n) / 1_000_000n
}

export type QuerySize = Pick<PlacementDemand, 'inputTokens' | 'outputTokens'>

/** Queries a second that must be served at the peak. */
export function peakRate({ queriesPerDay, peakFactor }: PlacementDemand): number {
  return (queriesPerDay * peakFactor) / 86_400
}

/** Seconds of a whole host that one average query takes. */
export function hostSeconds({ inputTokens, outputTokens }: QuerySize, throughput: Throughput): number {
  return inputTokens / throughput.promptTokensPerSecond + outputTokens / throughput.completionTokensPerSecond
}
