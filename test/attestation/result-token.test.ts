import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { appraiseBundle } from '../../attestation/appraise.ts'
import { ed25519PublicBytes, generateEd25519, hmacSha256 } from '../../attestation/crypto.ts'
import { encodeBase64Url, encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { TDX_ONLY_POLICY, virtualPolicy } from '../../attestation/policy.ts'
import {
  encodeResultKeySet,
  type ResultTokenExpectations,
  signResultToken,
  verifyResultToken
} from '../../attestation/result-token.ts'
import { createEvidence, createLabRoot, NOW, readEvidence } from '../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const evidence = readEvidence(await createEvidence(root))
const { result } = appraiseBundle(evidence, virtualPolicy(root.root.certificate), NOW)
const refused = appraiseBundle(evidence, TDX_ONLY_POLICY, NOW).result
const [key, otherKey] = [generateEd25519(), generateEd25519()]
const signer = { issuer: 'https://verifier.example', keyId: 'v1', key }
const publicKey = ed25519PublicBytes(key)
const token = await signResultToken(result, signer)
const expected: ResultTokenExpectations = {
  issuer: signer.issuer,
  keySet: encodeResultKeySet([{ keyId: 'v1', publicKey }]),
  challenge: { kind: 'expected', nonce: evidence.bundle.nonce },
  now: NOW
}

const ec = await generateKeyPair('ES256', { extractable: true })
const es256 = await new SignJWT(decodeJwt(token))
  .setProtectedHeader({ alg: 'ES256', kid: 'e1', typ: 'eat+jwt' })
  .sign(ec.privateKey)
const es256KeySet = JSON.stringify({ keys: [{ ...(await exportJWK(ec.publicKey)), kid: 'e1', use: 'sig' }] })

/** A token with the right signature over other claims. */
function resigned(claims: object, header: object = {}, by = key): Promise<string> {
  return new SignJWT({ ...decodeJwt(token), ...claims })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'v1', typ: 'eat+jwt', ...header })
    .sign(by)
}

function later(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000)
}

describe('a result token', () => {
  it('carries the result to whoever trusts its issuer', async () => {
    expect(await verifyResultToken(token, expected)).toEqual(result)
    expect(await verifyResultToken(token, { ...expected, challenge: { kind: 'any-fresh' } })).toEqual(result)
  })

  it('carries a refusal too, for five minutes', async () => {
    const refusal = await signResultToken(refused, signer)
    expect((await verifyResultToken(refusal, { ...expected, now: later(299) })).status).toBe('contraindicated')
    await expect(verifyResultToken(refusal, { ...expected, now: later(300) })).rejects.toThrow()
  })

  it('is an EAT that says what TEE it speaks of, and lapses with the result', () => {
    const claims = decodeJwt(token)
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', kid: 'v1', typ: 'eat+jwt' })
    expect(claims['tee']).toBe('virtual')
    expect(claims['eat_nonce']).toBe(encodeHex(evidence.bundle.nonce))
    expect(claims.exp).toBe(result.notAfter.getTime() / 1000)
    expect(claims['submods']).toMatchObject({ host: { 'ear.status': 'affirming' } })
  })

  const header = encodeBase64Url(encodeUtf8('{"alg":"none","typ":"eat+jwt"}'))
  const hs256 = encodeBase64Url(encodeUtf8('{"alg":"HS256","kid":"v1","typ":"eat+jwt"}'))
  const [, payload = '', signature = ''] = token.split('.')
  const forged: readonly (readonly [string, string | Promise<string>, Partial<ResultTokenExpectations>])[] = [
    ['another key', resigned({}, {}, otherKey), {}],
    ['no signature', `${header}.${payload}.`, {}],
    [
      'a MAC keyed with the public key',
      `${hs256}.${payload}.${encodeBase64Url(hmacSha256(publicKey, encodeUtf8(`${hs256}.${payload}`)))}`,
      {}
    ],
    ['a header changed', `${hs256}.${payload}.${signature}`, {}],
    ['another type', resigned({}, { typ: 'JWT' }), {}],
    ['another issuer', token, { issuer: 'https://other.example' }],
    ['a key set without its key', token, { keySet: encodeResultKeySet([]) }],
    [
      'a key set with another key of its id',
      token,
      { keySet: encodeResultKeySet([{ keyId: 'v1', publicKey: ed25519PublicBytes(otherKey) }]) }
    ],
    ['a key set that is not JSON', token, { keySet: 'keys' }],
    ['an algorithm other than EdDSA, though the key set has its key', es256, { keySet: es256KeySet }],
    ['an end that has come', token, { now: result.notAfter }],
    ['a beginning yet to come', token, { now: later(-61) }],
    ['no end', resigned({ exp: undefined }), {}],
    ['no beginning', resigned({ iat: undefined }), {}],
    ['another profile', resigned({ eat_profile: 'tag:example.org,2026:other' }), {}],
    ['another challenge', token, { challenge: { kind: 'expected', nonce: new Uint8Array(32) } }],
    [
      'a nonce that is not the one in its result',
      resigned({ eat_nonce: '00'.repeat(32) }),
      { challenge: { kind: 'expected', nonce: new Uint8Array(32) } }
    ],
    ['a nonce that is a list', resigned({ eat_nonce: [encodeHex(evidence.bundle.nonce)] }), {}],
    ['no nonce where one was given out', resigned({ eat_nonce: undefined }), {}],
    ['tdx over a virtual result', resigned({ tee: 'tdx' }), {}],
    [
      'a status better than its result',
      resigned({ submods: { host: { ...submodule(), 'ear.status': 'warning' } } }),
      {}
    ],
    ['no result', resigned({ submods: {} }), {}],
    ['no submodules', resigned({ submods: undefined }), {}],
    ['a result that nobody knows', resigned({ submods: { host: { ...submodule(), 'bombyx.result': { v: 2 } } } }), {}],
    ['more than 512 KiB', 'a'.repeat((1 << 19) + 1), {}],
    ['nothing', '', {}]
  ]
  it.each(forged)('is refused with %s', async (_, made, changed) => {
    await expect(verifyResultToken(await made, { ...expected, ...changed })).rejects.toMatchObject({
      code: 'RESULT_TOKEN_INVALID'
    })
  })
})

function submodule(): object {
  return (decodeJwt(token)['submods'] as { host: object }).host
}
