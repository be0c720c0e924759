import { readFile } from 'node:fs/promises'
import { NAMED_POLICIES, type Policy, parsePolicy } from '../../attestation/policy.ts'
import { codeOf, ServiceError } from '../runtime/errors.ts'

/** The policy that a configuration names: one of those that ship, or a document by its path. */
export async function openPolicy(choice: string): Promise<Policy> {
  const named = NAMED_POLICIES.get(choice)
  if (named !== undefined) return named
  try {
    return parsePolicy(new Uint8Array(await readFile(choice)))
  } catch (cause) {
    const reason = codeOf(cause) !== undefined && cause instanceof Error ? cause.message : 'cannot be read'
    throw new ServiceError('CONFIG_INVALID', `policy ${choice}: ${reason}`, { cause })
  }
}
