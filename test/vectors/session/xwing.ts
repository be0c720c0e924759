import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { concatBytes } from '../../../attestation/encoding.ts'

const ML_KEM_768_SEED_PKCS8 = Buffer.from('3054020100300b060960864801650304040204428040', 'hex')
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** The public key of an X-Wing seed (draft-connolly-cfrg-xwing-kem §5.2), by Node's primitives and not by the library. */
export function xwingPublicKey(seed: Uint8Array): Uint8Array {
  const expanded = createHash('shake256', { outputLength: 96 }).update(seed).digest()
  return concatBytes(
    publicBytes(Buffer.concat([ML_KEM_768_SEED_PKCS8, expanded.subarray(0, 64)]), 1184),
    publicBytes(Buffer.concat([X25519_PKCS8, expanded.subarray(64)]), 32)
  )
}

function publicBytes(pkcs8: Buffer, length: number): Uint8Array {
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  return new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-length))
}
