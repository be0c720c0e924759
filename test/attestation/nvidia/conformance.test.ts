import { describe, expect, test } from 'vitest'
import { encodeBase64, encodeHex } from '../../../attestation/encoding.ts'
import { verifyAttestationNvidia } from '../../../attestation/nvidia/conformance.ts'
import { createVirtualDevice, type VirtualDeviceOptions } from '../../../attestation/virtual/device.ts'
import {
  createVirtualDeviceEndorsements,
  type VirtualEndorsementOptions
} from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualPpcie } from '../../../attestation/virtual/ppcie.ts'
import { type Devices, HAS_VECTORS, REPORTS, readRim, reportsOf, WHERE } from './vectors.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const NONCE = new Uint8Array(32).fill(3)
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const ANCHORS = { deviceRoots: [root.deviceRoot.certificate], rimRoots: [root.rimRoot.certificate] }

type Json = { readonly [member: string]: unknown }

function caseOf(devices: Devices, members: Json = {}): Json {
  return {
    schema_version: '1',
    devices: devices.map(({ evidence, nonce }) => ({
      arch: evidence.arch,
      nonce: encodeHex(nonce),
      evidence: encodeBase64(evidence.evidence),
      certificate: encodeBase64(evidence.certificate)
    })),
    rims: [],
    now_unix: NOW.getTime() / 1000,
    ...members
  }
}

/** A case of one virtual GPU with everything that NVIDIA would say of it. */
function virtualCase(
  options: Partial<VirtualDeviceOptions> = {},
  endorsed: Partial<VirtualEndorsementOptions> = {}
): Json {
  const device = createVirtualDevice(root, { arch: 'HOPPER', ...options }, NOW)
  const { rims, ocsp } = createVirtualDeviceEndorsements(root, [device], endorsed, NOW)
  return caseOf([{ evidence: reportVirtualDevice(device, NONCE), nonce: NONCE }], {
    rims: rims.map(({ xml }) => encodeBase64(xml)),
    ocsp: ocsp.map(({ der }) => encodeBase64(der))
  })
}

function run(request: Json, anchors = ANCHORS) {
  const { exitCode, output } = verifyAttestationNvidia(JSON.stringify(request), anchors)
  const { accepted, rejection, devices } = output as {
    readonly accepted: boolean
    readonly rejection?: { readonly code: string }
    readonly devices: readonly Json[]
  }
  return { exitCode, accepted, code: rejection?.code, devices }
}

describe('verify-attestation-nvidia', () => {
  test('accepts a device whose reports and endorsements hold', () => {
    const { exitCode, accepted, devices } = run(virtualCase())
    expect([exitCode, accepted]).toEqual([0, true])
    expect(devices[0]).toMatchObject({
      ...{ arch: 'HOPPER', report_signature: 'valid', certificate_chain: 'valid', nonce: 'match', fwid: 'match' },
      measurements: { compared: 33, mismatches: [] }
    })
  })

  test.each([
    [
      'a turned signature',
      virtualCase({ faults: ['signature'] }),
      'REPORT_SIGNATURE_INVALID',
      'report_signature',
      'invalid'
    ],
    ['another nonce', virtualCase({ faults: ['other-nonce'] }), 'NONCE_MISMATCH', 'nonce', 'mismatch'],
    [
      'a cut chain',
      virtualCase({ faults: ['chain-without-root'] }),
      'DEVICE_CHAIN_INVALID',
      'certificate_chain',
      'invalid'
    ],
    ['another root', virtualCase({ strangerRoot: true }), 'DEVICE_ROOT_UNTRUSTED', 'certificate_chain', 'invalid'],
    ['a cut report', virtualCase({ faults: ['truncated'] }), 'REPORT_MALFORMED', 'report_signature', 'invalid'],
    ['other firmware', virtualCase({ fwid: 'other' }), 'FWID_MISMATCH', 'fwid', 'mismatch'],
    ['no firmware named', virtualCase({ fwid: 'absent' }), 'FWID_MISMATCH', 'fwid', 'absent'],
    ['no manifest', { ...virtualCase(), rims: [] }, 'RIM_MISSING', 'measurements', 'absent'],
    ['no answer', { ...virtualCase(), ocsp: [] }, 'OCSP_UNAVAILABLE', 'fwid', 'match'],
    ['no answers member', { ...virtualCase(), ocsp: undefined }, 'OCSP_UNAVAILABLE', 'fwid', 'match'],
    ['a revoked certificate', virtualCase({}, { statuses: { brom: 'revoked' } }), 'OCSP_REVOKED', 'fwid', 'match'],
    ['a certificate on hold', virtualCase({}, { statuses: { brom: 'hold' } }), 'OCSP_HOLD', 'fwid', 'match'],
    ['an unknown certificate', virtualCase({}, { statuses: { brom: 'unknown' } }), 'OCSP_UNAVAILABLE', 'fwid', 'match']
  ])('refuses %s', (...[, request, code, member, value]) => {
    const found = run(request)
    expect([found.exitCode, found.accepted, found.code]).toEqual([10, false, code])
    expect(found.devices[0]?.[member]).toBe(value)
  })

  test('lists every measurement that differs', () => {
    const { code, devices } = run(virtualCase({ changedMeasurements: [1, 9] }))
    expect(code).toBe('MEASUREMENT_MISMATCH')
    expect(devices[0]?.['measurements']).toMatchObject({ compared: 33, mismatches: [{ index: 1 }, { index: 9 }] })
  })

  test('says RIM_SIGNATURE_INVALID of a forged manifest, though another is missing for it', () => {
    expect(run(virtualCase({}, { rims: { vbios: { faults: ['value'] } } })).code).toBe('RIM_SIGNATURE_INVALID')
  })

  test('holds a machine to its topology, and refuses a device twice', () => {
    const machine = createVirtualPpcie(root, NOW)
    const devices = machine.map((device) => ({ evidence: reportVirtualDevice(device, NONCE), nonce: NONCE }))
    const lenient = { require_rim: false, require_ocsp: false }
    const under = (list: Devices, topology: string) => run(caseOf(list, { policy: { ...lenient, topology } })).code
    expect(under(devices, 'ppcie')).toBeUndefined()
    expect(under(devices.slice(1), 'ppcie')).toBe('TOPOLOGY_INVALID')
    expect(under(devices, 'single')).toBe('TOPOLOGY_INVALID')
    expect(under([...devices.slice(0, 1), ...devices.slice(0, 1)], 'any')).toBe('DEVICE_DUPLICATED')
    expect(under([], 'any')).toBe('TOPOLOGY_INVALID')
  })

  test('takes NVIDIA’s roots and no others, where none are given', () => {
    const { output } = verifyAttestationNvidia(JSON.stringify(virtualCase()))
    expect(output).toMatchObject({ rejection: { code: 'DEVICE_ROOT_UNTRUSTED' } })
  })

  test.each([
    ['no JSON', 'x', 30],
    ['no object', '[]', 30],
    ['another schema', JSON.stringify({ ...virtualCase(), schema_version: '2' }), 30],
    ['a nonce that is short', JSON.stringify({ ...caseOf([]), devices: [{ arch: 'HOPPER', nonce: '00' }] }), 30],
    ['evidence that is not base64', JSON.stringify({ ...virtualCase(), rims: ['*'] }), 30],
    ['no time', JSON.stringify({ ...virtualCase(), now_unix: undefined }), 30],
    ['an architecture that is not known', JSON.stringify({ ...caseOf([]), devices: [{ arch: 'AMPERE' }] }), 20],
    ['a policy member that is not known', JSON.stringify({ ...virtualCase(), policy: { strict: true } }), 20],
    ['a topology that is not known', JSON.stringify({ ...virtualCase(), policy: { topology: 'ring' } }), 20]
  ])('exits so on %s', (_, text, exitCode) => {
    expect(verifyAttestationNvidia(text).exitCode).toBe(exitCode)
  })
})

describe.skipIf(!HAS_VECTORS)(`verify-attestation-nvidia on real reports${WHERE}`, () => {
  const lenient = { require_rim: false, require_ocsp: false }
  const at = (when: string, members: Json = {}) => ({ now_unix: Date.parse(when) / 1000, ...members })
  const nvidia = (request: Json) => {
    const { exitCode, output } = verifyAttestationNvidia(JSON.stringify(request))
    return { exitCode, output: output as { readonly rejection?: Json; readonly devices: readonly Json[] } }
  }

  test.each(REPORTS.map((reports) => [reports.name, reports] as const))('%s is as its file says', (_, reports) => {
    const { exitCode, output } = nvidia(caseOf(reports.devices, at('2026-06-01', { policy: lenient })))
    expect(exitCode).toBe(reports.expect.must_reject === true ? 10 : 0)
    for (const device of output.devices) {
      if (reports.expect.report_signature !== undefined) {
        expect(device['report_signature']).toBe(reports.expect.report_signature)
      }
      expect(device).toMatchObject({ certificate_chain: 'valid', nonce: 'match' })
    }
  })

  test('the full match is accepted while its manifests’ certificates are in date, and then where that is accepted', () => {
    const { devices, expect: expected } = reportsOf('h100-545-full-match.json')
    const rims = (expected.rims ?? []).map((rim) => encodeBase64(readRim(rim)))
    const withRims = (when: string, policy: Json) => nvidia(caseOf(devices, at(when, { rims, policy })))
    const inDate = withRims('2024-06-01', { require_ocsp: false })
    expect(inDate.exitCode).toBe(0)
    expect(inDate.output.devices[0]?.['measurements']).toEqual({ compared: 33, mismatches: [] })
    expect(withRims('2026-06-01', { require_ocsp: false }).output.rejection?.['code']).toBe('RIM_EXPIRED')
    expect(withRims('2026-06-01', { require_ocsp: false, accepted_rim_cert_expired: true }).exitCode).toBe(0)
    expect(withRims('2024-06-01', {}).output.rejection?.['code']).toBe('OCSP_UNAVAILABLE')
  })
})
