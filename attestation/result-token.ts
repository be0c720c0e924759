import type { PrivateKey } from './crypto.ts'
import type { AppraisalResult } from './result.ts'

/** Who signs: its name (`iss`), its Ed25519 key, and the id that the JWK set knows the key by. */
export interface ResultTokenSigner {
  readonly issuer: string
  readonly keyId: string
  readonly key: PrivateKey
}

/** A JWK set (RFC 7517) as text: what a verifier publishes. */
export function encodeResultKeySet(
  keys: readonly { readonly keyId: string; readonly publicKey: Uint8Array }[]
): string {
  throw new Error(`not yet: ${keys}`)
}

export function signResultToken(result: AppraisalResult, signer: ResultTokenSigner): Promise<string> {
  throw new Error(`not yet: ${result} ${signer}`)
}

export interface ResultTokenExpectations {
  readonly issuer: string
  /** The JWK set as text. */
  readonly keySet: string
  readonly now: Date
}

export function verifyResultToken(token: string, expected: ResultTokenExpectations): Promise<AppraisalResult> {
  throw new Error(`not yet: ${token} ${expected}`)
}
