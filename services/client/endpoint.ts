import type { BombyxClient } from './client.ts'

export interface EndpointOptions {
  readonly client: BombyxClient
  /** `host:port`; loopback only, unless TLS is given. */
  readonly listen: string
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array }
  /** Names that `Host` may carry beside loopback's own. */
  readonly hostNames?: readonly string[]
  /** Origins whose pages may call; none by default. */
  readonly origins?: readonly string[]
}

export interface Endpoint extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string
}

/** Serves the OpenAI API over HTTP on this machine; every inference route goes through the client, sealed. */
export function startEndpoint(_options: EndpointOptions): Promise<Endpoint> {
  throw new TypeError('the endpoint is being built')
}
