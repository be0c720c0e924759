import type { BombyxClient } from './client.ts'
import type { ProxyConfig } from './config.ts'
import type { ClientEventListener } from './events.ts'

export interface ProxyService extends AsyncDisposable {
  readonly url: string
  readonly client: BombyxClient
}

/** The client and its local endpoint, composed. */
export function startProxy(
  _config: ProxyConfig,
  _context?: { readonly onEvent?: ClientEventListener }
): Promise<ProxyService> {
  throw new TypeError('the proxy is being built')
}
