import { hmacSha256 } from '../crypto.ts'
import { encodeBase64Url, encodeUtf8, lengthPrefixed } from '../encoding.ts'

/** Whose requests share a prefix cache: one session's, or all of a paying tenant's that asked for it. */
export type CacheScope =
  | { readonly kind: 'session'; readonly tenant: Uint8Array; readonly sessionId: Uint8Array }
  | { readonly kind: 'tenant'; readonly tenant: Uint8Array }

const TENANT_SCOPE = encodeUtf8('tenant')

/** The engine's `cache_salt`, 43 characters; `guestKey` is 32 random bytes of this guest. */
export function cacheSalt(guestKey: Uint8Array, scope: CacheScope): string {
  const owner = scope.kind === 'tenant' ? TENANT_SCOPE : scope.sessionId
  return encodeBase64Url(hmacSha256(guestKey, lengthPrefixed(scope.tenant), lengthPrefixed(owner)))
}
