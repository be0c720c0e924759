import { erase, hkdfExpand, hkdfExtract, sha256 } from '../crypto.ts'
import { concatBytes, encodeUtf8, lengthPrefixed } from '../encoding.ts'
import { CHUNK_KEYS_LENGTH } from './chunk-stream.ts'

/** Every label of the protocol that keys, hashes and signatures are made under. */
const LABEL = {
  hello: encodeUtf8('bombyx/session-hello/v1'),
  payer: encodeUtf8('bombyx/session-payer/v1'),
  hpkeInfo: encodeUtf8('bombyx/session/v1'),
  secret: encodeUtf8('bombyx/session-secret/v1'),
  accept: encodeUtf8('bombyx/session-accept/v1'),
  tenant: encodeUtf8('bombyx/tenant/v1'),
  request: encodeUtf8('bombyx/request/v1'),
  requestWrap: encodeUtf8('bombyx/request-wrap/v1'),
  requestBody: encodeUtf8('bombyx/request-body/v1'),
  response: encodeUtf8('bombyx/response/v1'),
  responseBody: encodeUtf8('bombyx/response-body/v1')
} as const

/** The exporter context of the HPKE export that gives `ss`. */
export const SECRET_CONTEXT: Uint8Array = LABEL.secret

/** th0: the hello's transcript hash. */
export function helloHash(hello: Uint8Array): Uint8Array {
  return sha256(LABEL.hello, lengthPrefixed(hello))
}

export function sessionIdOf(th0: Uint8Array): Uint8Array {
  return th0.slice(0, 16)
}

/** What the payer's voucher key signs. */
export function payerMessage(th0: Uint8Array): Uint8Array {
  return concatBytes(LABEL.payer, th0)
}

export function hpkeInfo(th0: Uint8Array): Uint8Array {
  return concatBytes(LABEL.hpkeInfo, th0)
}

/** th1: the transcript hash of a hello and one host's accept. */
export function acceptHash(th0: Uint8Array, accept: Uint8Array): Uint8Array {
  return sha256(LABEL.accept, th0, lengthPrefixed(accept))
}

/** What the host's session key signs. */
export function acceptMessage(th1: Uint8Array): Uint8Array {
  return concatBytes(LABEL.accept, th1)
}

/** The 32-byte secret of one leg; `ss` is the HPKE export. */
export function legSecret(th1: Uint8Array, ss: Uint8Array): Uint8Array {
  return hkdfExtract(th1, ss)
}

/** The pseudonym of whoever pays, else of the session: never a relay's word. */
export function tenantPseudonym(voucherKeyOrSessionId: Uint8Array): Uint8Array {
  return sha256(LABEL.tenant, voucherKeyOrSessionId).slice(0, 16)
}

/** thm: the hash that binds a request's keys to its meta. */
export function metaHash(metaBytes: Uint8Array): Uint8Array {
  return sha256(LABEL.request, lengthPrefixed(metaBytes))
}

/** The key that wraps a request's dek for one leg. */
export function wrapKey(leg: Uint8Array, thm: Uint8Array): Uint8Array {
  return hkdfExpand(leg, concatBytes(LABEL.requestWrap, thm), 32)
}

/** k ‖ iv of the request's chunks. */
export function requestKeys(thm: Uint8Array, dek: Uint8Array): Uint8Array {
  return expandOnce(hkdfExtract(thm, dek), LABEL.requestBody)
}

/** The key of one leg's answer, so that another leg can neither read nor forge it. */
export function replyKey(leg: Uint8Array, thm: Uint8Array): Uint8Array {
  return hkdfExpand(leg, concatBytes(LABEL.response, thm), 32)
}

/** What an answer's chunk keys are bound to. */
export interface ResponseBinding {
  readonly thm: Uint8Array
  /** The 32 bytes that came with ACCEPT. */
  readonly salt: Uint8Array
  /** The answering keyset's. */
  readonly digest: Uint8Array
  /** SHA-256 of the request's sealed chunks, each length-prefixed. */
  readonly requestHash: Uint8Array
}

/** k ‖ iv of the answer's chunks. */
export function responseKeys(reply: Uint8Array, binding: ResponseBinding): Uint8Array {
  const prk = hkdfExtract(concatBytes(binding.thm, binding.salt), reply)
  const info = concatBytes(LABEL.responseBody, binding.digest, binding.requestHash)
  return expandOnce(prk, info)
}

/** k ‖ iv from a key that nothing else is made from, and that is erased. */
function expandOnce(prk: Uint8Array, info: Uint8Array): Uint8Array {
  const keys = hkdfExpand(prk, info, CHUNK_KEYS_LENGTH)
  erase(prk)
  return keys
}
