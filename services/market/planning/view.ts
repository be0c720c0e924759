import { encodeHex } from '../../../attestation/encoding.ts'
import type { Demand } from '../accounts/demands.ts'
import type { Caller } from '../callers.ts'

/** What of a plan a caller sees. */
export interface PlanView {
  readonly seesProvider: (provider: string) => boolean
  readonly seesOrganisation: (organisation: string) => boolean
  /** By the demand's id, hex. */
  readonly organisationOf: (demandId: string) => string
}

/** An organisation sees its own demands, a provider its own hosts, the operator all. */
export function planView(caller: Caller, demands: readonly Demand[]): PlanView {
  const owners = new Map(demands.map(({ id, organisation }) => [encodeHex(id), organisation]))
  return {
    seesProvider: (provider) => caller.kind === 'operator' || (caller.kind === 'provider' && caller.name === provider),
    seesOrganisation: (name) => caller.kind === 'operator' || (caller.kind === 'organisation' && caller.name === name),
    organisationOf: (demandId) => owners.get(demandId) ?? ''
  }
}
