import { sha256 } from '../crypto.ts'
import { concatBytes, encodeHex, encodeUtf8, uint32 } from '../encoding.ts'

/**
 * What an enrolment's nonce commits to: random bytes and a recent TON masterchain block. Without a beacon `network`,
 * `seqno`, `rootHash` and `genUtime` are all zero.
 */
export interface Challenge {
  /** 32 bytes. */
  readonly random: Uint8Array
  /** TON's global id: -239 mainnet, -3 testnet, 0 none. */
  readonly network: number
  readonly seqno: number
  /** 32 bytes. */
  readonly rootHash: Uint8Array
  /** Unix seconds of the block. */
  readonly genUtime: number
}

const CHALLENGE_LABEL = encodeUtf8('bombyx/challenge/v1')
const GPU_NONCE_LABEL = encodeUtf8('bombyx/gpu-nonce/v1')

/** The preimage of the nonce: label ‖ random ‖ i32 network ‖ u32 seqno ‖ root hash ‖ u32 gen_utime. */
export function encodeChallenge(challenge: Challenge): Uint8Array {
  if (challenge.random.byteLength !== 32) throw new TypeError('a challenge has 32 random bytes')
  if (challenge.rootHash.byteLength !== 32) throw new TypeError('a root hash is 32 bytes')
  if (challenge.network !== (challenge.network | 0)) throw new TypeError(`${challenge.network} does not fit 32 bits`)
  return concatBytes(
    CHALLENGE_LABEL,
    challenge.random,
    uint32(challenge.network >>> 0),
    uint32(challenge.seqno),
    challenge.rootHash,
    uint32(challenge.genUtime)
  )
}

export function challengeNonce(challenge: Challenge): Uint8Array {
  return sha256(encodeChallenge(challenge))
}

/** The statement that REPORT_DATA hashes: ACI's, in exactly this order and without white space. */
export function reportDataStatement(keysetDigest: Uint8Array, nonce: Uint8Array): Uint8Array {
  const [digest, hex] = [encodeHex(keysetDigest), encodeHex(nonce)]
  return encodeUtf8(`{"keyset_digest":"sha256:${digest}","nonce":"${hex}","purpose":"aci.report_data.v1"}`)
}

/** The 64 bytes of a quote's REPORT_DATA for this keyset and nonce. */
export function reportData(keysetDigest: Uint8Array, nonce: Uint8Array): Uint8Array {
  return concatBytes(sha256(reportDataStatement(keysetDigest, nonce)), new Uint8Array(32))
}

/** The nonce that the report of each GPU and NVSwitch of the keyset carries. */
export function gpuNonce(keysetDigest: Uint8Array, nonce: Uint8Array): Uint8Array {
  return sha256(GPU_NONCE_LABEL, keysetDigest, nonce)
}
