import type { Challenge } from '../../attestation/session/keyset.ts'
import type { Prices } from '../../attestation/session/leg.ts'
import type { RegistryClient } from '../../proto/gen/bombyx/v1/Registry.ts'
import { bombyxV1 } from '../../proto/load.ts'
import { callUnary, connect, type DialConfig } from '../runtime/grpc-client.ts'
import { challengeFromWire, declarationToWire, enrolmentFromWire } from './wire.ts'

/** What the provider says of the host. Nothing of it is proven. */
export interface Declaration {
  readonly prices: Prices
  readonly region: string
  readonly slots: number
  /** Account, 32 bytes; absent where nobody has to pay. */
  readonly payee?: Uint8Array | undefined
}

/** One reason of a verdict. */
export interface Finding {
  readonly code: string
  readonly claim: string
  readonly remedy: string
}

export interface Enrolment {
  /** Whether the host takes traffic now. */
  readonly listed: boolean
  readonly hostId: Uint8Array
  readonly status: string
  readonly tee: string
  readonly tcbStatus: string
  /** Unix seconds; 0 when refused. */
  readonly attestAgainAt: number
  /** Where the log has the attestation; null where there is no log. */
  readonly logIndex: number | null
  readonly findings: readonly Finding[]
}

/** The registry as the agent needs it; all throw ServiceError. */
export interface Registry {
  challenge(signal: AbortSignal): Promise<Challenge>
  enrol(bundle: Uint8Array, declaration: Declaration, signal: AbortSignal): Promise<Enrolment>
  withdraw(keysetDigest: Uint8Array, signature: Uint8Array): Promise<void>
  close(): void
}

/** An appraisal may fetch collateral on its way. */
const ENROL_DEADLINE_MS = 60_000
const WITHDRAW_DEADLINE_MS = 3_000

export async function connectRegistry(authority: string, dial: DialConfig): Promise<Registry> {
  const client: RegistryClient = await connect(bombyxV1.Registry, authority, dial)
  return {
    challenge: async (signal) => challengeFromWire(await callUnary(client, 'Challenge', {}, { signal })),
    enrol: async (bundle, declaration, signal) => {
      const request = { bundle, declaration: declarationToWire(declaration) }
      return enrolmentFromWire(await callUnary(client, 'Enrol', request, { deadlineMs: ENROL_DEADLINE_MS, signal }))
    },
    withdraw: async (keysetDigest, signature) => {
      await callUnary(client, 'Withdraw', { keysetDigest, signature }, { deadlineMs: WITHDRAW_DEADLINE_MS })
    },
    close: () => client.close()
  }
}
