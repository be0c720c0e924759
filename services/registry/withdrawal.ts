import { verifyEd25519 } from '../../attestation/crypto.ts'
import { concatBytes, encodeUtf8 } from '../../attestation/encoding.ts'
import { parseKeyset } from '../../attestation/session/keyset.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Host } from './host.ts'
import { endEvidence, planWithdrawal } from './plan.ts'
import type { Provider, RegistryStore } from './store.ts'

const LABEL = encodeUtf8('bombyx/withdraw/v1')

/** What an agent signs with its session key to take its host off the list: label ‖ keyset digest. */
function withdrawMessage(keysetDigest: Uint8Array): Uint8Array {
  return concatBytes(LABEL, keysetDigest)
}

/** Takes a provider's host off the list. The host itself must want it: a stolen enrolment token is not enough. */
export async function withdraw(
  provider: Provider,
  request: { readonly keysetDigest: Uint8Array; readonly signature: Uint8Array },
  context: { readonly store: RegistryStore; readonly now: () => Date }
): Promise<void> {
  const key = { keysetDigest: request.keysetDigest, providerId: provider.id }
  await context.store.changeHost(key, (current) => {
    if (current === undefined) throw new ServiceError('NOT_FOUND', 'no host of this provider has that keyset')
    requireSignature(current, request.signature)
    const standing = planWithdrawal(current.standing)
    if (standing.kind === current.standing.kind) return undefined
    // Its devices are free for other hosts, so the evidence that has them must not list it again.
    return { ...endEvidence(current, context.now()), standing, changedAt: context.now() }
  })
}

function requireSignature(host: Host, signature: Uint8Array): void {
  const message = withdrawMessage(host.evidence.keysetDigest)
  const { sessionKeys } = parseKeyset(host.evidence.keyset)
  if (sessionKeys.some(({ publicKey }) => verifyEd25519(publicKey, message, signature))) return
  throw new ServiceError('FORBIDDEN', 'the withdrawal is not signed by the session key of that keyset')
}
