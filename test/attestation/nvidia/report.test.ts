import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../../attestation/encoding.ts'
import { AttestationError } from '../../../attestation/errors.ts'
import { verifyDevice } from '../../../attestation/nvidia/device.ts'
import { opaqueNumber, opaqueText, parseOpaqueData } from '../../../attestation/nvidia/opaque.ts'
import { parseDeviceReport } from '../../../attestation/nvidia/report.ts'
import { isOlder } from '../../../attestation/nvidia/versions.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const NONCE = new Uint8Array(32).fill(7)
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const evidence = reportVirtualDevice(createVirtualDevice(root, { arch: 'HOPPER' }, NOW), NONCE)
const report = evidence.evidence
/** Where the response begins, and its measurement record. */
const RESPONSE = 37
const RECORD = RESPONSE + 8

const malformed = expect.objectContaining({ code: 'REPORT_MALFORMED' })

function changed(at: number, value: number): Uint8Array {
  const bytes = Uint8Array.from(report)
  bytes[at] = value
  return bytes
}

describe('a device’s report', () => {
  test('is read to its last byte', () => {
    const { request, response, signed, signature } = parseDeviceReport(report)
    expect(request.nonce).toEqual(NONCE)
    expect(response.blocks).toHaveLength(64)
    expect(concatBytes(signed, signature)).toEqual(report)
  })

  test.each([
    ['another SPDM version in the request', changed(0, 0x12)],
    ['another request', changed(1, 0xe1)],
    ['a request that asks for no signature', changed(2, 0)],
    ['a request for one measurement', changed(3, 1)],
    ['another slot', changed(36, 1)],
    ['another SPDM version in the response', changed(RESPONSE, 0x10)],
    ['another response', changed(RESPONSE + 1, 0x61)],
    ['another number of blocks', changed(RESPONSE + 4, 63)],
    ['no blocks', changed(RESPONSE + 4, 0)],
    ['a longer record than there is', changed(RESPONSE + 7, 1)],
    ['measurement 0', changed(RECORD, 0)],
    ['a measurement twice', changed(RECORD, 2)],
    ['a measurement of another form', changed(RECORD + 1, 2)],
    ['a block of another size than its value', changed(RECORD + 2, 50)],
    ['a byte after the signature', concatBytes(report, Uint8Array.of(0))],
    ['nothing', new Uint8Array()],
    ['too much', new Uint8Array((1 << 16) + 1)]
  ])('is refused with %s', (_, bytes) => {
    expect(() => parseDeviceReport(bytes)).toThrow(malformed)
  })

  test('is refused at every other length', () => {
    fc.assert(
      fc.property(fc.nat({ max: report.byteLength - 1 }), (length) => {
        expect(() => parseDeviceReport(report.subarray(0, length))).toThrow(malformed)
      })
    )
  })

  test('never verifies with a bit turned anywhere in it', () => {
    const verify = (bytes: Uint8Array) =>
      verifyDevice({ ...evidence, evidence: bytes }, NONCE, [root.deviceRoot.certificate], NOW)
    expect(verify(report).driverVersion).toBeDefined()
    fc.assert(
      fc.property(fc.nat({ max: report.byteLength - 1 }), fc.nat({ max: 7 }), (at, bit) => {
        expect(() => verify(changed(at, (report[at] ?? 0) ^ (1 << bit)))).toThrow(AttestationError)
      }),
      { numRuns: 300 }
    )
  })
})

describe('opaque fields', () => {
  test('are told by type, and absent is not a value', () => {
    const fields = parseOpaqueData(Uint8Array.of(36, 0, 2, 0, 2, 0, 3, 0, 4, 0, 53, 46, 49, 0))
    expect(opaqueNumber(fields, 'featureFlag')).toBe(2)
    expect(opaqueText(fields, 'driverVersion')).toBe('5.1')
    expect(opaqueNumber(fields, 'protectedPcieStatus')).toBeUndefined()
    expect(opaqueText(fields, 'vbiosVersion')).toBeUndefined()
  })

  test.each([
    ['a type twice', Uint8Array.of(36, 0, 1, 0, 1, 36, 0, 1, 0, 2)],
    ['a length past the end', Uint8Array.of(36, 0, 2, 0, 1)],
    ['half a header', Uint8Array.of(36, 0, 2)]
  ])('are refused: %s', (_, bytes) => {
    expect(() => parseOpaqueData(bytes)).toThrow(malformed)
  })

  test('are refused in another form than their own', () => {
    const fields = parseOpaqueData(Uint8Array.of(36, 0, 5, 0, 1, 0, 0, 0, 0, 3, 0, 3, 0, 53, 0, 53))
    expect(() => opaqueNumber(fields, 'featureFlag')).toThrow(malformed)
    expect(() => opaqueText(fields, 'driverVersion')).toThrow(malformed)
  })
})

describe('versions', () => {
  test.each([
    ['550.90.07', '550.144.03', 'driver', true],
    ['550.144.03', '550.90.07', 'driver', false],
    ['550.90.07', '550.90.07', 'driver', false],
    ['575.32', '575.32.1', 'driver', true],
    ['590.12', '590', 'driver', false],
    ['96.00.5E.00.01', '96.00.74', 'vbios', true],
    ['96.00.9F.00.01', '96.00.A5.00.01', 'vbios', true],
    ['97.00.00.00.00', '96.FF.FF.FF.FF', 'vbios', false]
  ] as const)('%s beside %s, of a %s', (version, than, kind, older) => {
    expect(isOlder(version, than, kind)).toBe(older)
  })
})
