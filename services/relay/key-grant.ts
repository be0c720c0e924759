import type { SessionCode } from '../../attestation/session/codes.ts'
import { ServiceError } from '../runtime/errors.ts'
import { checkToken, type TokenList } from '../runtime/tokens.ts'

/** What a key may do here, as long as a link or a call goes on. */
export interface KeyGrant {
  /** Of the key alone: a session is one key's. */
  readonly name: string
  /** Whose turn a request's wait is counted for. */
  readonly tenant: string
  /** The market's name for it, 16 bytes; undefined for a key of a file. */
  readonly keyId: Uint8Array | undefined
  /** Counts a request that begins, or says why it may not. */
  start(model: string): SessionCode | undefined
  serves(model: string): boolean
  /** Whether enough of a host is proven; `assurance` as `assuranceLevel` has it. */
  allows(assurance: number): boolean
  /** A host's statement of one of its requests. */
  spend(tokens: bigint, nanoton: bigint): void
}

/** Where keys come from. */
export interface KeyRing {
  /** Undefined: no key of ours. Refuses UNAVAILABLE where it cannot be known any more. */
  find(secret: string): KeyGrant | undefined
}

/** The keys of a file of hashes: each may do everything. */
export function fileKeys(tokens: TokenList): KeyRing {
  return {
    find(secret) {
      const name = checkToken(tokens, secret)
      return name === undefined ? undefined : { ...UNLIMITED, name, tenant: name }
    }
  }
}

/** Who asks, by the secret that was shown. Undefined: whoever needs no key. Refuses UNAUTHENTICATED. */
export type Admit = (secret: string | undefined) => KeyGrant | undefined

/** The first ring that knows a key decides. `keyless`: whoever shows none is served, too; without rings every secret is none. */
export function admitBy(rings: readonly KeyRing[], keyless: boolean): Admit {
  return (secret) => {
    if (keyless && (secret === undefined || rings.length === 0)) return undefined
    const grant = secret === undefined ? undefined : findKey(rings, secret)
    if (grant === undefined) throw new ServiceError('UNAUTHENTICATED', 'a valid API key is wanted')
    return grant
  }
}

function findKey(rings: readonly KeyRing[], secret: string): KeyGrant | undefined {
  for (const ring of rings) {
    const grant = ring.find(secret)
    if (grant !== undefined) return grant
  }
  return undefined
}

const UNLIMITED = {
  keyId: undefined,
  start: () => undefined,
  serves: () => true,
  allows: () => true,
  spend: () => {}
}
