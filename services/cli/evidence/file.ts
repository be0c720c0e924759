import { decodeBase64, decodeHex } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'

/** A bundle is a JSON object; a quote, in any of its forms, does not begin like one. */
export function isBundle(file: Uint8Array): boolean {
  return file[0] === '{'.charCodeAt(0)
}

/** Reports of devices as NVIDIA's tools write them: a list of them, or an object that has one. */
export function isDeviceEvidence(file: Uint8Array): boolean {
  const [first] = file
  if (first === '['.charCodeAt(0)) return true
  return isBundle(file) && Buffer.from(file).includes('"evidence_list"')
}

/** Quotes travel as text too. A binary one begins with its version, 3 to 5, which is no printable character. */
export function quoteBytes(file: Uint8Array): Uint8Array {
  if ((file[0] ?? 0) < 0x20) return file
  const text = Buffer.from(file).toString('latin1').replace(/\s+/g, '').replace(/^0x/, '')
  try {
    return /^[0-9a-fA-F]+$/.test(text) ? decodeHex(text) : decodeBase64(text)
  } catch (cause) {
    throw new AttestationError(
      'QUOTE_FORMAT_UNSUPPORTED',
      'neither a quote (binary, hex or base64) nor an evidence bundle (JSON)',
      { cause }
    )
  }
}
