import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AttestationError } from '../../../attestation/errors.ts'
import { parseOcspResponse } from '../../../attestation/nvidia/ocsp.ts'
import { type OcspQuestion, verifyOcspBytes } from '../../../attestation/nvidia/ocsp-verify.ts'
import { chainRevocation, readRevocationAnswers } from '../../../attestation/nvidia/revocation.ts'
import type { Certificate } from '../../../attestation/x509.ts'
import { parseCertificateChain } from '../../../attestation/x509.ts'
import { HAS_VECTORS, readNvidia, readNvidiaText, WHERE } from './vectors.ts'

const HOUR = 3600_000

/** Answers of a responder of our own, with its clock. */
function ocspVectors() {
  const certificate = (name: string): Certificate =>
    parseCertificateChain(readNvidiaText(`ocsp/${name}.pem`))[0] as Certificate
  const producedAt = new Date(Number(readNvidiaText('ocsp/produced_at.txt')) * 1000)
  const answer = (name: string) => readNvidia(`ocsp/${name}.resp.der`)
  const about = (name: string, nonce: Uint8Array | null = null): OcspQuestion => ({
    certificate: certificate(name),
    issuer: certificate('ca'),
    nonce
  })
  return { certificate, producedAt, answer, about }
}

describe.skipIf(!HAS_VECTORS)(`OCSP answers${WHERE}`, () => {
  const { certificate, producedAt, answer, about } = HAS_VECTORS
    ? ocspVectors()
    : ({} as ReturnType<typeof ocspVectors>)
  const later = (ms: number) => new Date(producedAt.getTime() + ms)
  const refused = expect.objectContaining({ code: 'OCSP_INVALID' })

  test.each([
    ['good', 'good', 'good'],
    ['good-nononce', 'good', 'good'],
    ['good-1min', 'good', 'good'],
    ['good-no-nextupdate', 'good', 'good'],
    ['good-signed-by-ca', 'good', 'good'],
    ['hold', 'hold', 'hold'],
    ['revoked', 'revoked', 'revoked'],
    ['unknown', 'unknown', 'unknown']
  ] as const)('%s says what it is named for', (name, subject, status) => {
    const verified = verifyOcspBytes(answer(name), about(subject), producedAt)
    expect([verified.status, verified.isCurrent]).toEqual([status, true])
  })

  test.each(['good-responder-without-eku', 'good-tbs-tampered-serial'])('%s is refused', (name) => {
    expect(() => verifyOcspBytes(answer(name), about('good'), producedAt)).toThrow(refused)
  })

  test('lapse at nextUpdate, and without one after minutes', () => {
    const isCurrent = (name: string, ms: number) => verifyOcspBytes(answer(name), about('good'), later(ms)).isCurrent
    expect([isCurrent('good-1min', 60_000), isCurrent('good-1min', 61_000)]).toEqual([true, false])
    expect([isCurrent('good', 23 * HOUR), isCurrent('good', 25 * HOUR)]).toEqual([true, false])
    expect([isCurrent('good-no-nextupdate', 4 * 60_000), isCurrent('good-no-nextupdate', HOUR)]).toEqual([true, false])
  })

  test('are of no use before they were made', () => {
    expect(() => verifyOcspBytes(answer('good'), about('good'), later(-HOUR))).toThrow(refused)
  })

  test('answer the nonce that was asked with, and only that', () => {
    const { nonce } = parseOcspResponse(answer('good'))
    expect(nonce).toHaveLength(16)
    expect(verifyOcspBytes(answer('good'), about('good', nonce ?? null), producedAt).status).toBe('good')
    expect(() => verifyOcspBytes(answer('good'), about('good', new Uint8Array(16)), producedAt)).toThrow(refused)
    expect(() => verifyOcspBytes(answer('good-nononce'), about('good', new Uint8Array(16)), producedAt)).toThrow(
      refused
    )
  })

  test('are about one certificate of one issuer', () => {
    expect(() => verifyOcspBytes(answer('good'), about('revoked'), producedAt)).toThrow(refused)
    const byOther = { certificate: certificate('good'), issuer: certificate('responder'), nonce: null }
    expect(() => verifyOcspBytes(answer('good'), byOther, producedAt)).toThrow(refused)
  })

  test('never verify with a bit turned in what is signed or in the signature', () => {
    const good = answer('good')
    const { signed, signature } = parseOcspResponse(good)
    const from = signed.byteOffset - good.byteOffset
    const to = signature.byteOffset - good.byteOffset + signature.byteLength
    fc.assert(
      fc.property(fc.integer({ min: from, max: to - 1 }), fc.nat({ max: 7 }), (at, bit) => {
        const turned = Uint8Array.from(good)
        turned[at] = (turned[at] ?? 0) ^ (1 << bit)
        expect(() => verifyOcspBytes(turned, about('good'), producedAt)).toThrow(AttestationError)
      }),
      { numRuns: 200 }
    )
  })

  test.each([
    ['nothing', () => new Uint8Array()],
    ['a cut answer', () => answer('good').subarray(0, 200)],
    ['a byte more', () => Uint8Array.from([...answer('good'), 0])],
    ['a refusal of the responder', () => Uint8Array.of(0x30, 3, 0x0a, 1, 6)],
    ['too much', () => new Uint8Array(1 << 15)]
  ])('are refused as malformed: %s', (_, make) => {
    expect(() => parseOcspResponse(make())).toThrow(expect.objectContaining({ code: 'OCSP_MALFORMED' }))
  })

  describe('of a chain', () => {
    const statusOf = (subject: string, answers: readonly string[], ms: number, graceSeconds = 0) =>
      chainRevocation([certificate(subject), certificate('ca')], 0, readRevocationAnswers(answers.map(answer), []), {
        now: later(ms),
        graceSeconds,
        known: new Map()
      }).status

    test('count while they are current, and then for the grace after the last good one', () => {
      expect(statusOf('good', ['good-1min'], 0)).toBe('good')
      expect(statusOf('good', ['good-1min'], HOUR)).toBe('unavailable')
      expect(statusOf('good', ['good-1min'], HOUR, 7200)).toBe('grace')
      expect(statusOf('good', ['good-1min'], 3 * HOUR, 7200)).toBe('unavailable')
    })

    test('say nothing under another issuer, whatever is known already', () => {
      const when = { now: later(0), graceSeconds: 0, known: new Map() }
      const answers = readRevocationAnswers([answer('good-1min')], [])
      const under = (issuer: string) => chainRevocation([good, certificate(issuer)], 0, answers, when).status
      const good = certificate('good')
      expect([under('ca'), under('revoked'), under('ca')]).toEqual(['good', 'unavailable', 'good'])
    })

    test('are absent, and never good, where nobody answers or nobody may', () => {
      expect(statusOf('good', [], 0)).toBe('unavailable')
      expect(statusOf('good', ['revoked', 'hold'], 0)).toBe('unavailable')
      expect(statusOf('good', ['good-responder-without-eku', 'good-tbs-tampered-serial'], 0)).toBe('unavailable')
      expect(readRevocationAnswers([Uint8Array.of(1, 2, 3)], [Uint8Array.of(4)])).toMatchObject({ crls: [] })
    })

    test.each(['revoked', 'hold', 'unknown'] as const)('say %s as itself, lapsed or not', (status) => {
      expect(statusOf(status, [status], 0)).toBe(status)
      expect(statusOf(status, [status], 48 * HOUR, 7200)).toBe(status)
    })
  })
})
