import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import type { ExpectedChallenge } from './appraise.ts'
import { equalBytes, type PrivateKey } from './crypto.ts'
import { decodeHex, encodeBase64Url, encodeHex } from './encoding.ts'
import { AttestationError } from './errors.ts'
import type { JsonValue } from './jcs.ts'
import { type AppraisalResult, resultFromJson, resultToJson } from './result.ts'

/** RFC 9711 §6: what this token's claims mean. */
const EAT_PROFILE = 'tag:bombyx,2026:appraisal-result/1'
const TOKEN_TYPE = 'eat+jwt'
const MAX_TOKEN_BYTES = 1 << 19
/** A refusal has no end of its own; it is worth this long as an answer. */
const REFUSAL_LIFETIME_SECONDS = 300
const CLOCK_SKEW_SECONDS = 60

/** Who signs: its name (`iss`), its Ed25519 key, and the id that its key set knows the key by. */
export interface ResultTokenSigner {
  readonly issuer: string
  readonly keyId: string
  readonly key: PrivateKey
}

/** Whose word is taken, for which challenge, at which time. */
export interface ResultTokenExpectations {
  readonly issuer: string
  /** The issuer's JWK set (RFC 7517) as text, had from the issuer itself. */
  readonly keySet: string
  readonly challenge: ExpectedChallenge
  readonly now: Date
}

/** A JWK set (RFC 7517) as text; public keys are raw Ed25519, 32 bytes. */
export function encodeResultKeySet(
  keys: readonly { readonly keyId: string; readonly publicKey: Uint8Array }[]
): string {
  return JSON.stringify({
    keys: keys.map(({ keyId, publicKey }) => ({
      alg: 'EdDSA',
      crv: 'Ed25519',
      kid: keyId,
      kty: 'OKP',
      use: 'sig',
      x: encodeBase64Url(publicKey)
    }))
  })
}

/**
 * The result as an Entity Attestation Token (RFC 9711) in a JWT signed with EdDSA, for those who take the verifier's word.
 * The submodule carries the verdict under the names of draft-ietf-rats-ear and the whole result. `exp` is the result's
 * `notAfter`; a refusal's is five minutes after it was made.
 */
export function signResultToken(result: AppraisalResult, signer: ResultTokenSigner): Promise<string> {
  const issuedAt = unixSeconds(result.appraisedAt)
  const claims: JWTPayload = {
    eat_profile: EAT_PROFILE,
    tee: result.tee,
    submods: { host: submodule(result) },
    ...(result.nonce === null ? {} : { eat_nonce: encodeHex(result.nonce) })
  }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid: signer.keyId, typ: TOKEN_TYPE })
    .setIssuer(signer.issuer)
    .setIssuedAt(issuedAt)
    .setExpirationTime(
      result.status === 'contraindicated' ? issuedAt + REFUSAL_LIFETIME_SECONDS : unixSeconds(result.notAfter)
    )
    .sign(signer.key)
}

/**
 * The result in a token, when signature, issuer, profile, times and challenge are as expected; whoever trusts it trusts the
 * issuer. It may be a refusal: read its status. Throws `RESULT_TOKEN_INVALID`.
 */
export async function verifyResultToken(token: string, expected: ResultTokenExpectations): Promise<AppraisalResult> {
  const claims = await verifySignature(token, expected)
  if (claims['eat_profile'] !== EAT_PROFILE) throw invalid('eat_profile is not that of an appraisal result')
  if ((claims.iat ?? Infinity) > unixSeconds(expected.now) + CLOCK_SKEW_SECONDS) throw invalid('issued in the future')
  const result = readResult(claims)
  checkChallenge(claims, result, expected.challenge)
  return result
}

async function verifySignature(token: string, expected: ResultTokenExpectations): Promise<JWTPayload> {
  if (token.length > MAX_TOKEN_BYTES) throw invalid(`${token.length} bytes, at most ${MAX_TOKEN_BYTES}`)
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(JSON.parse(expected.keySet) as JSONWebKeySet), {
      algorithms: ['EdDSA'],
      issuer: expected.issuer,
      typ: TOKEN_TYPE,
      currentDate: expected.now,
      requiredClaims: ['iat', 'exp']
    })
    return payload
  } catch (cause) {
    throw invalid('signature, issuer or dates are not as expected', cause)
  }
}

function submodule(result: AppraisalResult): { readonly [member: string]: JsonValue } {
  return {
    'bombyx.result': resultToJson(result),
    'ear.appraisal-policy-id': `sha256:${encodeHex(result.policy.digest)}`,
    'ear.status': result.status
  }
}

/** The verdict stands in the token more than once, for readers of different kinds: all must read the same. */
function readResult(claims: JWTPayload): AppraisalResult {
  let result: AppraisalResult
  const submods = claims['submods'] as { readonly host?: { readonly [member: string]: JsonValue } } | undefined
  try {
    result = resultFromJson(submods?.host?.['bombyx.result'] ?? null)
  } catch (cause) {
    throw invalid('no appraisal result in it', cause)
  }
  const status = submods?.host?.['ear.status']
  if (status !== result.status || claims['tee'] !== result.tee || claims.iat !== unixSeconds(result.appraisedAt)) {
    throw invalid('its claims contradict its result')
  }
  return result
}

function checkChallenge(claims: JWTPayload, result: AppraisalResult, challenge: ExpectedChallenge): void {
  const carried = claims['eat_nonce']
  if ((carried ?? null) !== (result.nonce === null ? null : encodeHex(result.nonce))) {
    throw invalid('its nonce contradicts its result')
  }
  if (challenge.kind === 'any-fresh') return
  if (typeof carried !== 'string' || !equalBytes(decodeHex(carried), challenge.nonce)) {
    throw invalid('made for another challenge')
  }
}

function unixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

function invalid(message: string, cause?: unknown): AttestationError {
  return new AttestationError('RESULT_TOKEN_INVALID', `result token: ${message}`, { cause })
}
