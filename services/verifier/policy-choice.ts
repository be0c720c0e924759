import { readFile } from 'node:fs/promises'
import { type Policy, PRODUCTION_POLICY, parsePolicy, TDX_ONLY_POLICY } from '../../attestation/policy.ts'
import { codeOf, ServiceError } from '../runtime/errors.ts'

/** The policy that a configuration names: one of those that ship, or a document by its path. */
export async function openPolicy(choice: string): Promise<Policy> {
  if (choice === 'production') return PRODUCTION_POLICY
  if (choice === 'tdx-only') return TDX_ONLY_POLICY
  try {
    return parsePolicy(new Uint8Array(await readFile(choice)))
  } catch (cause) {
    const reason = codeOf(cause) !== undefined && cause instanceof Error ? cause.message : 'cannot be read'
    throw new ServiceError('CONFIG_INVALID', `policy ${choice}: ${reason}`, { cause })
  }
}
