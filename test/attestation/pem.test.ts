import { describe, expect, test } from 'vitest'
import { decodePem, encodePem } from '../../attestation/pem.ts'
import { INTEL_SGX_ROOT } from '../../attestation/tdx/anchors.ts'
import { parseCertificateChain } from '../../attestation/x509.ts'

describe('PEM', () => {
  test('is read back, with what stands between certificates being blank', () => {
    const ders = [INTEL_SGX_ROOT, INTEL_SGX_ROOT]
    expect(decodePem(`\n${encodePem(ders)}\0`)).toEqual(ders)
    expect(parseCertificateChain(encodePem(ders)).map(({ der }) => der)).toEqual(ders)
  })

  test.each<[string, (pem: string) => string]>([
    ['without a certificate', () => ' \n'],
    ['with text before it', (pem) => `Bag Attributes\n${pem}`],
    ['with text after it', (pem) => `${pem}x`],
    ['without an end', (pem) => pem.replace('-----END CERTIFICATE-----', '')],
    ['with another character', (pem) => pem.replace('\nMI', '\n*I')],
    ['of nine certificates', (pem) => pem.repeat(9)],
    ['that is too long', (pem) => pem + ' '.repeat(65536)]
  ])('%s is refused', (_, change) => {
    expect(() => decodePem(change(encodePem([INTEL_SGX_ROOT])))).toThrow(
      expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' })
    )
  })
})
