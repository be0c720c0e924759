import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../../runtime/listen.ts'
import { checkToken, type TokenList } from '../../runtime/tokens.ts'

/** Who may use the endpoint. */
export interface GuardRules {
  /** Names that `Host` may carry beside loopback's own, without port. */
  readonly hostNames: readonly string[]
  /** Origins whose pages may call: `https://app.example`. */
  readonly origins: readonly string[]
  readonly tokens: TokenList | undefined
}

export interface GuardRefusal {
  readonly status: 401 | 403
  readonly code: 'host_not_allowed' | 'origin_not_allowed' | 'invalid_api_key'
  readonly message: string
}

/**
 * Refuses what a web page in the owner's browser could send: another name in `Host` (DNS rebinding), and a page of
 * another origin, asked for or not. Then a missing token where tokens are wanted.
 */
export function refuseCaller(headers: IncomingMessage['headers'], rules: GuardRules): GuardRefusal | undefined {
  if (!allowsHost(headers.host, rules.hostNames)) {
    return { status: 403, code: 'host_not_allowed', message: 'this Host is not a name of the endpoint' }
  }
  if (!allowsOrigin(headers, rules.origins)) {
    return { status: 403, code: 'origin_not_allowed', message: 'pages of this origin may not call the endpoint' }
  }
  if (rules.tokens !== undefined && checkToken(rules.tokens, bearer(headers.authorization)) === undefined) {
    return { status: 401, code: 'invalid_api_key', message: 'an API key of this endpoint is wanted' }
  }
  return undefined
}

function allowsHost(host: string | undefined, names: readonly string[]): boolean {
  const name = host?.match(/^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/)
  const plain = (name?.[1] ?? name?.[2])?.toLowerCase()
  return plain !== undefined && (isLoopback(plain) || names.includes(plain))
}

// Browsers send Origin with every cross-origin request that can carry a body, and Sec-Fetch-Site with the others.
function allowsOrigin(headers: IncomingMessage['headers'], origins: readonly string[]): boolean {
  const { origin } = headers
  if (origin !== undefined) return origins.includes(origin)
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'none' || site === 'same-origin'
}

function bearer(authorization: string | undefined): string {
  return authorization?.match(/^Bearer (.+)$/i)?.[1] ?? ''
}
