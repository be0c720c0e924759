import { diffieHellman, encapsulate, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from 'node:crypto'
import {
  crypto_aead_chacha20poly1305_ietf_decrypt as decrypt,
  crypto_aead_chacha20poly1305_ietf_encrypt as encrypt
} from 'sodium-native'

/** Seals and opens with libsodium alone, into the same two buffers every time: no nonce is counted, nothing is allocated. */
export function rawSealAndOpen(plaintext: Uint8Array): () => void {
  const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2)]
  const [sealed, opened] = [new Uint8Array(plaintext.byteLength + 16), new Uint8Array(plaintext.byteLength)]
  return () => {
    encrypt(sealed, plaintext, null, null, nonce, key)
    decrypt(opened, null, sealed, null, nonce, key)
  }
}

/** What no host can do without for one accept: X25519 key generation and agreement, ML-KEM-768 encapsulation, a signature. */
export function rawAccept(): () => void {
  const { publicKey: mlKem } = generateKeyPairSync('ml-kem-768' as 'x25519')
  const { publicKey: x25519 } = generateKeyPairSync('x25519')
  const { privateKey: signing } = generateKeyPairSync('ed25519')
  const message = new Uint8Array(64)
  return () => {
    const ephemeral = generateKeyPairSync('x25519')
    diffieHellman({ privateKey: ephemeral.privateKey, publicKey: x25519 })
    encapsulate(mlKem as KeyObject)
    sign(null, message, signing)
  }
}

/** Signs and verifies with node:crypto alone, the same bytes under keys that are read once. */
export function rawSignAndVerify(message: Uint8Array): () => void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return () => {
    verify(null, message, publicKey, sign(null, message, privateKey))
  }
}

/** One verification by a P-384 key that was read, of as many bytes as a GPU's report has, in the form that is fastest. */
export function rawP384(): () => void {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const message = randomBytes(4178)
  const signature = sign('sha384', message, privateKey)
  return () => {
    if (!verify('sha384', message, publicKey, signature)) throw new Error('refused')
  }
}
