import type { Assurance } from '../../../attestation/assurance.ts'
import type { TokenPrices } from '../placement/supply.ts'

/** A host as the registry's directory lists it. */
export interface OfferedHost {
  /** Given by the registry, 16 bytes. */
  readonly id: Uint8Array
  readonly provider: string
  readonly keysetDigest: Uint8Array
  readonly model: string
  readonly weights: Uint8Array
  /** The registry's appraisal, as it came. */
  readonly result: Uint8Array
  readonly region: string
  readonly slots: number
  /** What its agent offers sessions at. */
  readonly prices: TokenPrices
  readonly notAfter: Date
}

/** One that the market has heard of. */
export interface KnownHost extends OfferedHost {
  readonly listed: boolean
  /** 0 to 1, of the minutes below. */
  readonly uptime: number
  /** In which the market could hear the directory, since it first heard of the host. */
  readonly minutesSeen: number
}

export type DirectoryChange =
  | { readonly kind: 'listed'; readonly host: OfferedHost }
  | { readonly kind: 'delisted'; readonly keysetDigest: Uint8Array }
  | { readonly kind: 'snapshot-end' }

/** What evidence proves of a host. */
export interface AttestedFacts {
  readonly tee: string
  readonly verdict: string
  /** NVIDIA's name of the architecture; undefined where no GPU is proven. */
  readonly gpuArchitecture: 'HOPPER' | 'BLACKWELL' | undefined
  readonly gpus: number
  readonly assurance: Assurance
}
