import type { SessionCode } from '../../attestation/session/codes.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Call } from '../runtime/grpc.ts'
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

/** The first ring that knows a key decides; undefined without any ring. */
export function joinRings(rings: readonly KeyRing[]): KeyRing | undefined {
  if (rings.length === 0) return undefined
  return {
    find(secret) {
      for (const ring of rings) {
        const grant = ring.find(secret)
        if (grant !== undefined) return grant
      }
      return undefined
    }
  }
}

/** Undefined where no keys are configured, which only loopback allows. Refuses UNAUTHENTICATED. */
export function authoriseKey(keys: KeyRing | undefined, { bearer }: Pick<Call, 'bearer'>): KeyGrant | undefined {
  if (keys === undefined) return undefined
  const grant = bearer === undefined ? undefined : keys.find(bearer)
  if (grant === undefined) throw new ServiceError('UNAUTHENTICATED', 'a valid API key is wanted')
  return grant
}

const UNLIMITED = {
  keyId: undefined,
  start: () => undefined,
  serves: () => true,
  allows: () => true,
  spend: () => {}
}
