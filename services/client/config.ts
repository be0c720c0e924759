import type { Policy } from '../../attestation/policy.ts'
import type { ClientOptions } from './client.ts'

/** What `bombyx proxy` runs on. */
export interface ProxyConfig extends Omit<ClientOptions, 'onEvent'> {
  readonly policy: Policy
  readonly listen: string
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array }
  readonly hostNames: readonly string[]
  readonly origins: readonly string[]
}
