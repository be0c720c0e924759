import { equalBytes, verifyEd25519 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { linkHelloMessage } from '../../attestation/session/link-hello.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { HostTable } from './host-table.ts'
import type { ListedHost } from './listed-host.ts'
import type { LiveHost } from './live-host.ts'

/** What a host says when it dials: who it is, and its session key's signature over our nonce. */
export interface HostClaim {
  readonly digest: Uint8Array
  readonly signature: Uint8Array
  readonly nonce: Uint8Array
  /** The relay's authority as the host dialled it, by its call's word. */
  readonly authority: string
}

export interface IdentityContext {
  readonly table: HostTable
  /** Authorities that are this relay's. */
  readonly authorities: ReadonlySet<string>
  /** Unix seconds. */
  readonly now: () => number
  readonly whenListed: (digest: string) => Promise<LiveHost | undefined>
}

/**
 * The host behind a claim: it must be listed (one that enrolled a moment ago gets some time for the directory to tell),
 * in date, and hold its session key. The authority must be ours, so that another relay cannot pass a host's proof on.
 * Refuses with FORBIDDEN, KEYSET_CHANGED or UNAUTHENTICATED.
 */
export async function identifyHost(claim: HostClaim, context: IdentityContext): Promise<LiveHost> {
  if (!context.authorities.has(claim.authority)) {
    throw new ServiceError('FORBIDDEN', `${claim.authority} is not this relay's authority`)
  }
  const digest = encodeHex(claim.digest)
  const isGone = context.table.reasonGone(digest) !== undefined
  const host = context.table.find(digest) ?? (isGone ? undefined : await context.whenListed(digest))
  if (host === undefined || host.leaving || context.now() >= host.notAfter) {
    throw new ServiceError('KEYSET_CHANGED', `keyset ${digest} is not listed`)
  }
  if (!holdsKey(claim, host.listed)) throw new ServiceError('UNAUTHENTICATED', 'the host does not hold its session key')
  return host
}

function holdsKey(claim: HostClaim, { keyset }: ListedHost): boolean {
  const [key, ...others] = keyset.sessionKeys
  if (key === undefined || others.length > 0 || !equalBytes(keyset.digest, claim.digest)) return false
  return verifyEd25519(key.publicKey, linkHelloMessage(claim.authority, claim.digest, claim.nonce), claim.signature)
}
