import { readFile } from 'node:fs/promises'
import { type Policy, PRODUCTION_POLICY, parsePolicy, TDX_ONLY_POLICY } from '../../attestation/policy.ts'

const NAMED: ReadonlyMap<string, Policy> = new Map([
  ['production', PRODUCTION_POLICY],
  ['tdx-only', TDX_ONLY_POLICY]
])

export const POLICY_OPTION_HELP = 'production, tdx-only, or the path of a policy document'

/** A policy by the name that it ships under, or from a file. */
export async function readPolicy(nameOrPath: string): Promise<Policy> {
  return NAMED.get(nameOrPath) ?? parsePolicy(await readFile(nameOrPath))
}
