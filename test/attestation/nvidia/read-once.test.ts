import { describe, expect, test } from 'vitest'
import { generateEc } from '../../../attestation/crypto.ts'
import { decodeHex } from '../../../attestation/encoding.ts'
import type { AttestationError } from '../../../attestation/errors.ts'
import { assessDevices, type DevicesEvidence } from '../../../attestation/nvidia/assess.ts'
import { authenticateDevice } from '../../../attestation/nvidia/chain.ts'
import { parseOcspResponse } from '../../../attestation/nvidia/ocsp.ts'
import { verifyOcsp } from '../../../attestation/nvidia/ocsp-verify.ts'
import { PRODUCTION_POLICY } from '../../../attestation/policy.ts'
import { createVirtualCrl } from '../../../attestation/virtual/crl.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { createDeviceCertificate } from '../../../attestation/virtual/device-certificates.ts'
import { createVirtualDeviceEndorsements } from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { createVirtualOcsp } from '../../../attestation/virtual/ocsp.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const LATER = new Date('2026-11-24T12:00:00Z')
const NONCE = new Uint8Array(32).fill(3)
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const other = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const device = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
const evidence = reportVirtualDevice(device, NONCE)
const endorsed = createVirtualDeviceEndorsements(root, [device], {}, NOW)
const [rims, ocsp] = [endorsed.rims.map(({ xml }) => xml), endorsed.ocsp.map(({ der }) => der)]
const rules = {
  ...PRODUCTION_POLICY.devices,
  deviceRoots: [root.deviceRoot.certificate],
  rimRoots: [root.rimRoot.certificate],
  topology: 'single'
} as const

function codesOf(given: Partial<DevicesEvidence>, under: Partial<typeof rules> = {}): readonly string[] {
  const all = { devices: [{ evidence, nonce: NONCE }], rims, ocsp, crls: [], ...given }
  const { devices, referenceFaults } = assessDevices(all, { ...rules, ...under }, NOW)
  return [...referenceFaults, ...devices.flatMap(({ faults }) => faults)].map(({ code }) => code)
}

describe('endorsements that were read before', () => {
  test('do not hide a CRL that comes with them later', () => {
    const { chain } = authenticateDevice(evidence.certificate, 'HOPPER', rules.deviceRoots)
    const dates = { thisUpdate: NOW, nextUpdate: LATER }
    const revoking = createVirtualCrl(root.gh100Identity, [decodeHex(chain[2].serialNumber)], dates)
    const none = createVirtualCrl(root.gh100Identity, [], dates)
    const codes = [[], [revoking], [none]].map((crls) => codesOf({ crls }))
    expect(codes).toEqual([[], ['OCSP_REVOKED'], []])
  })

  test('are nothing under other roots', () => {
    expect(codesOf({})).toEqual([])
    expect(codesOf({}, { rimRoots: [other.rimRoot.certificate] })).toContain('RIM_CHAIN_INVALID')
    expect(codesOf({}, { deviceRoots: [other.deviceRoot.certificate] })).toEqual(['DEVICE_ROOT_UNTRUSTED'])
    expect(codesOf({})).toEqual([])
  })

  test('are nothing with other certificates than those that came with them', () => {
    const { chain } = authenticateDevice(evidence.certificate, 'HOPPER', rules.deviceRoots)
    const [, , certificate, issuer] = chain
    const responderKey = generateEc('P-384')
    const fields = {
      issuer: root.gh100Identity,
      responderKey,
      status: 'good',
      thisUpdate: NOW,
      nextUpdate: LATER
    } as const
    const serialNumber = decodeHex(certificate.serialNumber)
    const made = { ...fields, serialNumber, nonce: new Uint8Array(0), faults: [] }
    const response = parseOcspResponse(createVirtualOcsp(made))
    const lapsed = createDeviceCertificate(
      {
        subject: { commonName: 'Bombyx Virtual OCSP Responder' },
        role: 'responder',
        key: responderKey,
        serialNumber: Uint8Array.of(0x40),
        notBefore: new Date(NOW.getTime() - 2_000),
        notAfter: new Date(NOW.getTime() - 1_000)
      },
      root.gh100Identity
    )
    const outcome = (certificates: readonly Uint8Array[]): string => {
      try {
        return verifyOcsp({ ...response, certificates }, { certificate, issuer, nonce: null }, NOW).status
      } catch (error) {
        return (error as AttestationError).code
      }
    }
    // Neither hides the other: whoever hands an answer on chooses what comes with it.
    const given = [[lapsed], response.certificates, [], [lapsed], response.certificates]
    expect(given.map(outcome)).toEqual(['OCSP_INVALID', 'good', 'OCSP_INVALID', 'OCSP_INVALID', 'good'])
  })
})
