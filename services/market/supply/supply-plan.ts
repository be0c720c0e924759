import { assuranceOf } from '../../../attestation/assurance.ts'
import { parseResult } from '../../../attestation/result.ts'
import type { TokenPrices } from '../placement/supply.ts'
import { gpuFacts } from '../placement/throughput.ts'
import type { AttestedFacts, KnownHost } from './offered-host.ts'

/** What a provider says of a host. */
export interface Declared {
  /** 16 bytes. */
  readonly hostId: Uint8Array
  readonly gpu: string
  readonly gpus: number
  readonly vramGib: number
  readonly uptimePermille: number
  readonly region: string
  /** Empty: whatever fits. */
  readonly models: readonly string[]
  readonly prices: TokenPrices
}

/** What the registry's appraisal says of the host's GPUs. Refuses as `parseResult` does. */
export function attestedFacts(result: Uint8Array): AttestedFacts {
  const read = parseResult(result)
  const gpus = read.devices.filter(({ arch, verification }) => arch !== 'LS10' && verification === 'verified')
  const arch = gpus[0]?.arch
  return {
    tee: read.tee,
    verdict: read.status,
    gpuArchitecture: arch === 'HOPPER' || arch === 'BLACKWELL' ? arch : undefined,
    gpus: gpus.length,
    assurance: assuranceOf(read)
  }
}

/**
 * What of a declaration the host's evidence, its agent or the board's data sheet contradicts: both values in each sentence. A host
 * without GPU evidence contradicts nothing of its GPUs.
 */
export function contradictionsOf(declared: Declared, host: KnownHost, attested: AttestedFacts): readonly string[] {
  const found: string[] = []
  const facts = gpuFacts(declared.gpu)
  if (attested.gpus > 0) {
    if (declared.gpus !== attested.gpus) found.push(`${declared.gpus} GPUs declared, ${attested.gpus} attested`)
    if (facts !== undefined && facts.architecture !== attested.gpuArchitecture) {
      found.push(`${declared.gpu} (${facts.architecture}) declared, ${attested.gpuArchitecture} attested`)
    }
  }
  if (facts !== undefined && declared.vramGib > facts.memoryGib * declared.gpus) {
    found.push(
      `${declared.vramGib} GiB declared, ${declared.gpus} × ${declared.gpu} have ${facts.memoryGib * declared.gpus}`
    )
  }
  if (declared.region !== host.region) found.push(`region "${declared.region}" declared, "${host.region}" by its agent`)
  if (declared.models.length > 0 && !declared.models.includes(host.model)) {
    found.push(`models ${declared.models.join(', ')} declared, ${host.model} attested`)
  }
  for (const kind of ['prompt', 'cached', 'completion', 'reasoning'] as const) {
    const [said, offered] = [declared.prices[kind], host.prices[kind]]
    if (said !== offered) found.push(`${kind} at ${said} nanoTON a million declared, sessions are offered ${offered}`)
  }
  return found
}
