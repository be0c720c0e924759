import { decryptChunk, deriveResponseKeys, encryptChunk } from 'ehbp'

/** Seal and open of one chunk of an answer as Tinfoil's `ehbp` does it: AES-256-GCM. */
export async function ehbpSealAndOpen(plaintext: Uint8Array): Promise<() => Promise<unknown>> {
  const [secret, enc, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)]
  const keys = await deriveResponseKeys(secret, enc, nonce)
  let sequence = 0
  return async () => {
    const at = sequence++
    return decryptChunk(keys, at, await encryptChunk(keys, at, plaintext))
  }
}
