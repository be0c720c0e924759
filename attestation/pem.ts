import { AttestationError } from './errors.ts'

const MAX_PEM = 64 * 1024
const MAX_CERTIFICATES = 8

/** The DER of each certificate of a PEM text; 1 to 8, with nothing but white space and NUL between. */
export function decodePem(pem: string): Uint8Array[] {
  if (pem.length > MAX_PEM) throw malformed(`PEM of ${pem.length} characters, at most ${MAX_PEM}`)
  const parts = pem.split('-----BEGIN CERTIFICATE-----')
  const [before = '', ...blocks] = parts
  if (!isBlank(before) || blocks.length === 0) throw malformed('no PEM certificates')
  if (blocks.length > MAX_CERTIFICATES) throw malformed(`${blocks.length} certificates, at most ${MAX_CERTIFICATES}`)
  return blocks.map((block) => {
    const [body = '', after, ...more] = block.split('-----END CERTIFICATE-----')
    if (after === undefined || more.length > 0 || !isBlank(after)) throw malformed('PEM framing')
    const text = body.replace(/[\r\n\t ]+/g, '')
    const der = Buffer.from(text, 'base64')
    if (der.toString('base64') !== text) throw malformed('PEM body is not base64')
    return new Uint8Array(der)
  })
}

export function encodePem(ders: readonly Uint8Array[]): string {
  return ders
    .map((der) => {
      const lines =
        Buffer.from(der)
          .toString('base64')
          .match(/.{1,64}/g) ?? []
      return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
    })
    .join('')
}

function isBlank(text: string): boolean {
  return /^[\s\0]*$/.test(text)
}

function malformed(message: string): AttestationError {
  return new AttestationError('CERTIFICATE_MALFORMED', message)
}
