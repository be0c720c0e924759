import { readFile } from 'node:fs/promises'
import { NAMED_POLICIES, type Policy, parsePolicy } from '../../../attestation/policy.ts'

export const POLICY_OPTION_HELP = 'production, tdx-only, or the path of a policy document'

/** A policy by the name that it ships under, or from a file. */
export async function readPolicy(nameOrPath: string): Promise<Policy> {
  return NAMED_POLICIES.get(nameOrPath) ?? parsePolicy(await readFile(nameOrPath))
}
