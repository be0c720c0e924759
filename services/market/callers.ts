import { ServiceError } from '../runtime/errors.ts'
import { type Call, unary } from '../runtime/grpc.ts'
import { checkToken, hashToken, type TokenList } from '../runtime/tokens.ts'
import type { AccountStore } from './accounts/store.ts'
import type { WalletStore } from './supply/wallet-store.ts'

/** Who calls. */
export type Caller =
  | { readonly kind: 'operator' }
  | { readonly kind: 'organisation'; readonly name: string }
  | { readonly kind: 'provider'; readonly name: string }

export interface CallerContext {
  /** Of the operator; undefined: whoever shows no token, which is then on loopback. */
  readonly operatorTokens: TokenList | undefined
  readonly accounts: Pick<AccountStore, 'findKey'>
  readonly wallets: Pick<WalletStore, 'findLogin'>
  /** Asks the registry whose enrolment token it is; refuses UNAUTHENTICATED. */
  readonly identify: (enrolmentToken: string) => Promise<string>
  readonly now: () => Date
}

/** Refuses UNAUTHENTICATED. */
export async function identifyCaller({ bearer }: Pick<Call, 'bearer'>, context: CallerContext): Promise<Caller> {
  const { operatorTokens, accounts, wallets, identify, now } = context
  if (bearer === undefined) {
    if (operatorTokens === undefined) return { kind: 'operator' }
    throw new ServiceError('UNAUTHENTICATED', 'a bearer token is wanted')
  }
  if (operatorTokens !== undefined && checkToken(operatorTokens, bearer) !== undefined) return { kind: 'operator' }
  if (bearer.startsWith('bombyx-enrol-')) return { kind: 'provider', name: await identify(bearer) }
  const login = await wallets.findLogin(hashToken(bearer), now())
  if (login !== undefined) return { kind: 'provider', name: login }
  const key = await accounts.findKey({ hash: hashToken(bearer) })
  if (key === undefined || key.revokedAt !== undefined) {
    throw new ServiceError('UNAUTHENTICATED', 'no key, login or token that is good')
  }
  return { kind: 'organisation', name: key.organisation }
}

export function requireOperator(caller: Caller): void {
  if (caller.kind !== 'operator') throw new ServiceError('FORBIDDEN', 'for the operator')
}

/** Nothing else names somebody, and PostgreSQL takes no NUL. */
const ONE_WORD = /^[!-~]{0,64}$/

/** Whose things the caller may see; empty: everybody's. */
export function organisationScope(caller: Caller, wanted: string): string {
  if (!ONE_WORD.test(wanted)) throw new ServiceError('ARGUMENT_INVALID', 'an organisation is named by one word')
  if (caller.kind === 'operator') return wanted
  if (caller.kind !== 'organisation') throw new ServiceError('FORBIDDEN', 'for organisations')
  if (wanted !== '' && wanted !== caller.name) throw new ServiceError('FORBIDDEN', `this key is of ${caller.name}`)
  return caller.name
}

/** Undefined: every provider's. */
export function providerScope(caller: Caller, wanted = ''): string | undefined {
  if (!ONE_WORD.test(wanted)) throw new ServiceError('ARGUMENT_INVALID', 'a provider is named by one word')
  if (caller.kind === 'organisation') throw new ServiceError('FORBIDDEN', 'for providers')
  if (caller.kind === 'operator') return wanted === '' ? undefined : wanted
  if (wanted !== '' && wanted !== caller.name) throw new ServiceError('FORBIDDEN', `this token is of ${caller.name}`)
  return caller.name
}

/** A handler that is told who calls. */
export function called<Request, Response>(
  context: CallerContext,
  handler: (request: Request, caller: Caller, call: Call) => Promise<Response>
) {
  return unary<Request, Response>(async (request, call) => handler(request, await identifyCaller(call, context), call))
}
