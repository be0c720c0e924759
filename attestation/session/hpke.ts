import { AEAD_EXPORT_ONLY, CipherSuite, KDF_HKDF_SHA256, KEM_MLKEM768_X25519, type Key } from 'hpke'
import { hpkeInfo, SECRET_CONTEXT } from './key-schedule.ts'

export const XWING_PUBLIC_KEY_LENGTH = 1216
export const XWING_ENC_LENGTH = 1120
const SECRET_LENGTH = 32

/** RFC 9180 with KEM X-Wing 0x647A (draft-ietf-hpke-pq), HKDF-SHA256 and no AEAD: the protocol takes exports alone. */
const suite = new CipherSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_EXPORT_ONLY)

/** A client's ephemeral key, which serves one hello. The library holds the private half; dispose drops it. */
export class EphemeralKey implements Disposable {
  readonly publicKey: Uint8Array
  #privateKey: Key | undefined

  private constructor(publicKey: Uint8Array, privateKey: Key) {
    this.publicKey = publicKey
    this.#privateKey = privateKey
  }

  static async generate(): Promise<EphemeralKey> {
    const pair = await suite.GenerateKeyPair()
    return new EphemeralKey(await suite.SerializePublicKey(pair.publicKey), pair.privateKey)
  }

  /** For published vectors: a key that others know. `publicKey` must be that of the 32-byte X-Wing `seed`. */
  static async dangerouslyFromSeed(seed: Uint8Array, publicKey: Uint8Array): Promise<EphemeralKey> {
    return new EphemeralKey(publicKey, await suite.DeserializePrivateKey(seed))
  }

  /** `ss` of the host that sent `enc`. Throws the library's error for one that cannot be decapsulated. */
  receive(enc: Uint8Array, th0: Uint8Array): Promise<Uint8Array> {
    if (this.#privateKey === undefined) throw new TypeError('the ephemeral key is erased')
    return suite.ReceiveExport(this.#privateKey, enc, SECRET_CONTEXT, SECRET_LENGTH, { info: hpkeInfo(th0) })
  }

  [Symbol.dispose](): void {
    this.#privateKey = undefined
  }
}

/** A fresh `ss` for a client's public key, and the `enc` that carries it. Throws the library's error for a bad key. */
export async function encapsulate(
  clientPublicKey: Uint8Array,
  th0: Uint8Array
): Promise<{ readonly enc: Uint8Array; readonly ss: Uint8Array }> {
  const publicKey = await suite.DeserializePublicKey(clientPublicKey)
  const sent = await suite.SendExport(publicKey, SECRET_CONTEXT, SECRET_LENGTH, { info: hpkeInfo(th0) })
  return { enc: sent.encapsulatedSecret, ss: sent.exportedSecret }
}
