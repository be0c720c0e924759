import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })

/** Seal and open in one context of `@hpke/core`: X25519 without ML-KEM, AES-128-GCM through WebCrypto. */
export async function hpkeCoreSealAndOpen(plaintext: Uint8Array): Promise<() => Promise<unknown>> {
  const { publicKey, privateKey } = await suite.kem.generateKeyPair()
  const sender = await suite.createSenderContext({ recipientPublicKey: publicKey })
  const recipient = await suite.createRecipientContext({ recipientKey: privateKey, enc: sender.enc })
  const bytes = exactly(plaintext)
  return async () => recipient.open(await sender.seal(bytes))
}

/** One encapsulation and export of `@hpke/core`: the part of an accept that it has. */
export async function hpkeCoreEncapsulate(): Promise<() => Promise<unknown>> {
  const { publicKey } = await suite.kem.generateKeyPair()
  const context = exactly(new Uint8Array(32))
  return async () => (await suite.createSenderContext({ recipientPublicKey: publicKey })).export(context, 32)
}

function exactly(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}
